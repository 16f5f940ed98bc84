/** Leaving, by the very commands of docs/uninstall.md. */
import { expect } from "chai";
import { stringify } from "yaml";
import {
  type Fixture,
  guardrail,
  OPEN_ROLES,
  QUICK,
  startFixture,
  sweeps,
  until,
} from "../operator/fixture.ts";
import { startOperator } from "../sandbox/operator.ts";
import { documentedCommands } from "./documented.ts";

describe("uninstalling, as the documentation says it,", function () {
  this.timeout(600_000);
  let it_: Fixture;
  const aws = () => it_.sandbox.aws.state();
  const run = async (commands: readonly (readonly string[])[]) => {
    for (const command of commands) await it_.sandbox.kubectl(...command);
  };
  const applyDefinitions = async () => {
    await run(documentedCommands("Upgrade"));
    const established = ["--for=condition=Established", "crd", "--all", "--timeout=120s"];
    await it_.sandbox.kubectl("wait", ...established);
  };
  /** An object, one that keeps what it has, one of a template, and one of an annotation; their names. */
  const install = async (kept: string) => {
    await applyDefinitions();
    it_.operator = await startOperator({ ...it_.sandbox.environment, ...QUICK });
    it_.sandbox.aws.putRole({ name: "shared", path: "/team/" });
    const { namespace } = it_;
    const roleArn = "arn:aws:iam::111122223333:role/team/shared";
    await it_.sandbox.apply(
      stringify(
        guardrail(`leaving-${namespace}`, {
          namespaceSelector: { matchNames: [namespace] },
          serviceAccounts: ["*"],
          existingRoles: { allowedArns: ["arn:**:iam::**:role/**"] },
          managedRoles: OPEN_ROLES,
          annotations: ["PodIdentity"],
        }),
      ),
    );
    await it_.apply("own", { role: {} });
    await it_.apply(kept, { role: {}, deletionPolicy: "Retain" });
    await it_.sandbox.apply(
      stringify({
        apiVersion: "podidentity.io/v1alpha1",
        kind: "ClusterPodIdentityAssociation",
        metadata: { name: "of-template" },
        spec: {
          namespaceSelector: { matchNames: [namespace] },
          serviceAccountName: "of-template",
          role: {},
        },
      }),
    );
    await it_.sandbox.apply(
      stringify({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { namespace, name: "noted", annotations: { "podidentity.io/role": roleArn } },
      }),
    );
    const names = ["own", kept, "of-template", "sa-noted"];
    for (const name of names) await it_.untilReady(name, "True Reconciled");
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
    return names;
  };
  before(async () => {
    it_ = await startFixture({ guardrails: [] });
    await it_.operator.stop();
  });
  after(async () => {
    await applyDefinitions();
    await it_.stop();
  });

  it("leaves everything in AWS", async () => {
    await install("kept");
    const before = aws();
    await run(documentedCommands("Leave everything in AWS"));
    await it_.operator.stop();
    expect(it_.effects()).to.deep.equal({});
    expect(aws().associations).to.deep.equal(before.associations);
    expect(aws().roles).to.deep.equal(before.roles);
  });

  it("takes everything out of AWS but what is kept or was never ours", async () => {
    await install("kept");
    await run(documentedCommands("Take everything out of AWS"));
    await it_.operator.stop();
    const kept = aws().associations.map(({ serviceAccount }) => serviceAccount);
    expect(kept).to.deep.equal(["kept"]);
    expect(aws().roles.map(({ name }) => name)).to.have.length(2);
    expect(aws().roles.map(({ name }) => name)).to.include("shared");
  });

  it("works without an operator, object by object", async () => {
    const names = await install("kept-again");
    await it_.operator.kill();
    const before = aws();
    const [deletion = []] = documentedCommands("Leave everything in AWS");
    await it_.sandbox.kubectl(...deletion, "--wait=false");
    const commands = documentedCommands("The operator is gone already");
    for (const name of names) {
      const fill = (word: string) => ({ NAME: name, NAMESPACE: it_.namespace })[word] ?? word;
      await run(commands.map((command) => command.map(fill)));
    }
    await until("the definitions are gone", async () => {
      const left = await it_.sandbox.kubectl("get", "crd", "-o", "name");
      return !left.includes("podidentity.io");
    });
    expect(aws().associations).to.deep.equal(before.associations);
  });
});
