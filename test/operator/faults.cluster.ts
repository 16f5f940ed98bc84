/** Nothing lost, nothing twice: the operator, AWS and the API server stop and come back at bad moments. */
import { expect } from "chai";
import { readiness, startOperator } from "../sandbox/operator.ts";
import {
  type Fixture,
  manifest,
  openGuardrail,
  QUICK,
  startFixture,
  sweeps,
  until,
} from "./fixture.ts";

const document = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" }],
};
const spec = { role: { inlinePolicies: [{ name: "read", document }] } };
const KIND = "PodIdentityAssociation";

describe("the operator", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture();
  });
  after(() => it_.stop());

  const start = async () => {
    it_.operator = await startOperator({ ...it_.sandbox.environment, ...QUICK });
  };
  const applyMany = (prefix: string, count: number) =>
    it_.sandbox.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: Array.from({ length: count }, (_, n) =>
          manifest(it_.namespace, `${prefix}-${n}`, spec),
        ),
      }),
    );
  const allReady = async (prefix: string, count: number) => {
    const columns =
      "-o=custom-columns=:.metadata.name,:.status.conditions[?(@.type=='Ready')].status";
    const listed = await it_.sandbox.kubectl(
      "get",
      "pia",
      "-n",
      it_.namespace,
      "--no-headers",
      columns,
    );
    return (
      listed.split("\n").filter((line) => line.startsWith(`${prefix}-`) && line.endsWith("True"))
        .length === count
    );
  };

  it("killed in the middle of creating 100 objects goes on: one create of each kind took effect per object", async () => {
    it_.sandbox.aws.resetCalls();
    it_.sandbox.aws.configure({ latencyMs: 20 });
    // From the 41st on: whatever kubectl takes for the rest of the list, they stay half made.
    const fault = it_.sandbox.aws.addFault({
      operation: "PutRolePolicy",
      when: "after",
      skip: 40,
      answer: "hang",
    });
    await applyMany("many", 100);
    await it_.sandbox.aws.untilHit({ id: fault, hits: 1 });
    await it_.operator.kill();
    it_.sandbox.aws.clearFaults();
    expect(await allReady("many", 100)).to.equal(false);
    await start();
    await until("all are Ready", () => allReady("many", 100));
    it_.sandbox.aws.configure({ latencyMs: 0 });
    const { "iam:CreateRole": roles, "eks:CreatePodIdentityAssociation": associations } =
      it_.effects();
    expect({ roles, associations }).to.deep.equal({ roles: 100, associations: 100 });
    expect(it_.sandbox.aws.state().roles).to.have.length(100);
    expect(it_.sandbox.aws.state().associations).to.have.length(100);
  });

  it("stopped and started with all in sync asks AWS for pages only, and writes nothing anywhere", async () => {
    // What was looked at before the pods were listed is looked at once more.
    await sweeps(it_);
    await it_.operator.stop();
    const before = await it_.sandbox.kubectl(
      "get",
      "pia",
      "-n",
      it_.namespace,
      "-o=custom-columns=:.metadata.name,:.metadata.resourceVersion",
    );
    it_.sandbox.aws.resetCalls();
    // Sweeps at their production pace: only what a start needs is counted.
    it_.operator = await startOperator(it_.sandbox.environment);
    await until("it has looked at all objects", async () => {
      const metrics = await (await fetch(`${it_.operator.probes}/metrics`)).text();
      const numberOf = (series: string) =>
        Number(new RegExp(`^podidentity_${series} (\\d+)$`, "m").exec(metrics)?.[1]);
      const [settled, ...open] = [
        `reconciles_total{controller="${KIND}",reason="",outcome="settled"}`,
        `queue_length{controller="${KIND}"}`,
        `reconciles_running{controller="${KIND}"}`,
      ].map(numberOf);
      // Some twice: before and after their pods were listed.
      return settled !== undefined && settled >= 100 && open.every((count) => count === 0);
    });
    const operations = it_.sandbox.aws.calls().map(({ operation }) => operation);
    expect(operations).to.have.members([
      "DescribeCluster",
      // Whether the Pod Identity agent is there: once, whatever the number of objects.
      "DescribeAddon",
      "ListPodIdentityAssociations",
      "GetAccountAuthorizationDetails",
    ]);
    const after = await it_.sandbox.kubectl(
      "get",
      "pia",
      "-n",
      it_.namespace,
      "-o=custom-columns=:.metadata.name,:.metadata.resourceVersion",
    );
    expect(after).to.equal(before);
    await it_.operator.stop();
    await start();
  });

  it("whose objects come back from a backup without status finds all of it again: 0 creates, 0 deletes", async () => {
    await it_.operator.kill();
    for (const n of [0, 1, 2]) {
      await it_.sandbox.kubectl(
        "patch",
        "pia",
        `many-${n}`,
        "-n",
        it_.namespace,
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":null}}',
      );
      await it_.sandbox.kubectl("delete", "pia", `many-${n}`, "-n", it_.namespace);
    }
    it_.sandbox.aws.resetCalls();
    await applyMany("many", 3);
    await start();
    await until("all are Ready", () => allReady("many", 100));
    await sweeps(it_);
    expect(it_.effects()).to.deep.equal({});
  });

  it("that never hears the answer to a create finds what it made", async () => {
    for (const operation of ["CreateRole", "CreatePodIdentityAssociation"]) {
      it_.sandbox.aws.resetCalls();
      it_.sandbox.aws.addFault({ operation, when: "after", times: 2, answer: "reset" });
      await it_.apply(`lost-${operation.toLowerCase()}`, spec);
      await it_.untilReady(`lost-${operation.toLowerCase()}`, "True Reconciled");
      expect(it_.effects()[`${operation === "CreateRole" ? "iam" : "eks"}:${operation}`]).to.equal(
        1,
      );
    }
    it_.sandbox.aws.clearFaults();
  });

  it("waits while EKS does not see a new role, without hurry, and says so", async () => {
    it_.sandbox.aws.configure({ roleToEksLagMs: 600_000 });
    it_.sandbox.aws.resetCalls();
    await it_.apply("hidden", spec);
    const waiting = await it_.untilReady("hidden", "False RolePropagating");
    expect(
      waiting.status?.conditions?.map(({ type, status }) => `${type}=${status}`),
    ).to.include.members(["Reconciling=True", "RoleReady=True", "AssociationReady=False"]);
    const tries = () => it_.sandbox.aws.calls({ operation: "CreatePodIdentityAssociation" });
    await until("it has tried again", () => tries().length >= 2);
    it_.sandbox.aws.configure({ roleToEksLagMs: 0 });
    await it_.untilReady("hidden", "True Reconciled");
    const [refusedAt = 0, triedAt = 0, ...later] = tries().map(({ at }) => at);
    // 3 s, by a timer of another process.
    expect(triedAt - refusedAt).to.be.at.least(2_900);
    expect(later).to.not.deep.equal([]);
    expect(it_.effects()).to.deep.equal({
      "iam:CreateRole": 1,
      "iam:PutRolePolicy": 1,
      "eks:CreatePodIdentityAssociation": 1,
    });
  });

  it("backs off while AWS is down, touches nothing that exists, and goes on by itself", async () => {
    const before = it_.sandbox.aws.arns();
    it_.sandbox.aws.addFault({
      when: "before",
      answer: { code: "ServiceUnavailableException", status: 503, message: "down" },
    });
    await it_.apply("outage", spec);
    await it_.untilReady("outage", "False AWSUnavailable");
    expect(it_.sandbox.aws.arns()).to.deep.equal(before);
    it_.sandbox.aws.clearFaults();
    await it_.untilReady("outage", "True Reconciled");
  });

  it("deletes associations while IAM throttles everything, and the roles afterwards", async () => {
    await it_.apply("throttled", spec);
    await it_.untilReady("throttled", "True Reconciled");
    it_.sandbox.aws.addFault({
      service: "iam",
      when: "before",
      answer: { code: "Throttling", status: 400, message: "Rate exceeded" },
    });
    await it_.sandbox.kubectl("delete", "pia", "throttled", "-n", it_.namespace, "--wait=false");
    await until(
      "the association is gone",
      () =>
        !it_.sandbox.aws
          .state()
          .associations.some(({ serviceAccount }) => serviceAccount === "throttled"),
    );
    await it_.untilReady("throttled", "False Throttled");
    it_.sandbox.aws.clearFaults();
    await until("the object is gone", async () => (await it_.get("throttled")) === undefined);
  });

  it("loses its API server, is not ready meanwhile, deletes nothing, and sees afterwards what it missed", async () => {
    const before = it_.sandbox.aws.arns();
    const { apiServer } = it_.sandbox.controlPlane;
    await apiServer.kill();
    const seen = () => readiness(it_.operator.probes);
    await until("it is not ready", async () => {
      const { ready, why } = await seen();
      return !ready && why.includes("connection to the API server");
    });
    await apiServer.start();
    await until("it is ready again", async () => (await seen()).ready);
    await it_.apply("afterwards", spec);
    await it_.untilReady("afterwards", "True Reconciled");
    expect(it_.sandbox.aws.arns()).to.include.members([...before]);
  });

  it("away while a namespace is deleted cleans AWS up when it returns", async () => {
    await it_.sandbox.kubectl("create", "namespace", "short-lived");
    await it_.sandbox.apply(JSON.stringify(openGuardrail("short-lived", "short-lived")));
    await it_.sandbox.apply(JSON.stringify(manifest("short-lived", "reader", spec)));
    await it_.sandbox.kubectl(
      "wait",
      "--for=condition=Ready",
      "pia/reader",
      "-n",
      "short-lived",
      "--timeout=90s",
    );
    await it_.operator.stop();
    await it_.sandbox.kubectl("delete", "namespace", "short-lived", "--wait=false");
    await start();
    await it_.sandbox.kubectl("wait", "--for=delete", "namespace/short-lived", "--timeout=90s");
    expect(
      it_.sandbox.aws.state().associations.some(({ namespace }) => namespace === "short-lived"),
    ).to.equal(false);
    expect(
      it_.sandbox.aws.state().roles.some(({ name }) => name.startsWith("short-lived")),
    ).to.equal(false);
  });

  it("logs no policy, token or key, whatever happened", () => {
    const secret = /s3:GetObject|Bearer |Authorization|AKIA|"Statement"/;
    expect(it_.operator.lines.filter((line) => secret.test(line))).to.deep.equal([]);
  });
});
