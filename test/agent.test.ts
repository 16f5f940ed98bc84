/** Whether the cluster has the Pod Identity agent: what was found, and what every association then says. */
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { Agent } from "../src/agent.ts";
import { createLog } from "../src/engine/log.ts";
import { agentDaemonSet } from "../src/kube/agent.ts";
import { type AgentEvidence, agentCondition } from "../src/plan/agent.ts";

const nothing: AgentEvidence = { isAutoMode: false, addonStatus: undefined, daemonSet: undefined };

describe("the Pod Identity agent", () => {
  const rows: [string, Partial<AgentEvidence>, string][] = [
    ["is built into EKS Auto Mode", { isAutoMode: true }, "True AgentRunning"],
    ["runs as an add-on", { addonStatus: "ACTIVE" }, "True AgentRunning"],
    ["runs while its add-on is updated", { addonStatus: "UPDATING" }, "True AgentRunning"],
    ["is not there while EKS installs it", { addonStatus: "CREATING" }, "False AgentMissing"],
    ["is not there when that failed", { addonStatus: "CREATE_FAILED" }, "False AgentMissing"],
    ["goes with its add-on", { addonStatus: "DELETING" }, "False AgentMissing"],
    ["runs as somebody's DaemonSet", { daemonSet: "kube-system/agent" }, "True AgentRunning"],
    [
      "runs as somebody's DaemonSet, though EKS may not be asked",
      { addonStatus: "unknown", daemonSet: "kube-system/agent" },
      "True AgentRunning",
    ],
    ["is nowhere", {}, "False AgentMissing"],
    ["may be a DaemonSet that cannot be seen", { daemonSet: "unknown" }, "Unknown AgentUnknown"],
    ["may be an add-on that cannot be seen", { addonStatus: "unknown" }, "Unknown AgentUnknown"],
  ];
  for (const [what, found, expected] of rows) {
    it(what, () => {
      const { type, status, reason } = agentCondition({ ...nothing, ...found });
      expect([type, `${status} ${reason}`]).to.deep.equal(["AgentReady", expected]);
    });
  }

  it("that is missing comes with what to do", () =>
    expect(agentCondition(nothing).message).to.contain("config/samples/agent.yaml"));
});

describe("the look for the agent", () => {
  let addon: () => Promise<string | undefined>;
  let changes = 0;
  const agent = () =>
    new Agent({
      isAutoMode: false,
      addonStatus: () => addon(),
      daemonSet: async () => undefined,
      onChange: () => {
        changes += 1;
      },
      log: createLog("error"),
    });

  beforeEach(() => {
    changes = 0;
    addon = async () => undefined;
  });

  it("tells when what is said changes, and not before objects have said anything", async () => {
    const look = agent();
    expect(look.condition).to.equal(undefined);
    await look.look();
    await look.look();
    expect([look.condition?.reason, changes]).to.deep.equal(["AgentMissing", 0]);
    addon = async () => "ACTIVE";
    await look.look();
    expect([look.condition?.reason, changes]).to.deep.equal(["AgentRunning", 1]);
  });

  it("keeps what was said when it cannot be found out this time", async () => {
    const look = agent();
    addon = async () => "ACTIVE";
    await look.look();
    addon = () => Promise.reject(new Error("outage"));
    await look.look();
    expect([look.condition?.reason, changes]).to.deep.equal(["AgentRunning", 0]);
  });

  it("believes the look that began last, however late the one before is answered", async () => {
    const look = agent();
    const { promise: late, resolve: answer } = Promise.withResolvers<undefined>();
    const answers = [late, Promise.resolve("ACTIVE")];
    addon = async () => answers.shift();
    const looks = [look.look(), look.look()];
    await turn();
    answer(undefined);
    await Promise.all(looks);
    expect([look.condition?.reason, changes]).to.deep.equal(["AgentRunning", 1]);
  });

  it("says that it does not know where it never could find out", async () => {
    const look = agent();
    addon = () => Promise.reject(new Error("outage"));
    await look.look();
    expect(look.condition?.reason).to.equal("AgentUnknown");
  });
});

describe("a Pod Identity agent that somebody else installed", () => {
  const found = (answer: object) => {
    let asked = "";
    const json = async <T>({ path }: { readonly path: string }) => {
      asked = path;
      return answer as T;
    };
    return agentDaemonSet({ transport: { json } }).then((name) => ({ name, asked }));
  };

  it("is found by its label, in whatever namespace", async () => {
    const { name, asked } = await found({
      items: [{ metadata: { namespace: "agents", name: "agent" } }],
    });
    expect(name).to.equal("agents/agent");
    expect(decodeURIComponent(asked)).to.contain("app.kubernetes.io/name=eks-pod-identity-agent");
  });

  for (const answer of [{ items: [] }, { items: null }, {}]) {
    it(`is not there where the API server answers ${JSON.stringify(answer)}`, async () =>
      expect((await found(answer)).name).to.equal(undefined));
  }
});
