/** From the definitions before the first release to these and back: nobody's AWS changes, no spec is written. */
import { expect } from "chai";
import { type Fixture, QUICK, startFixture, sweeps, until } from "../operator/fixture.ts";
import { startOperator } from "../sandbox/operator.ts";
import { documentedCommands } from "./documented.ts";

const PREVIOUS = "test/config/previous";
const policy = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" }],
};

/** One of each shape that the previous definitions knew. */
const objects: Readonly<Record<string, object>> = {
  "of-own-role": {
    role: {
      managedPolicies: ["AmazonS3ReadOnlyAccess"],
      inlinePolicies: [{ name: "read", document: policy }],
      tags: { team: "payments" },
      trustScope: "Namespace",
    },
    tags: { stage: "test" },
  },
  "of-a-role-by-arn": { roleArn: "arn:aws:iam::111122223333:role/team/shared" },
  "of-a-session-policy": {
    role: { trustScope: "Cluster" },
    sessionTags: "Disabled",
    sessionPolicy: policy,
    deletionPolicy: "Retain",
  },
};

describe("upgrading", function () {
  this.timeout(600_000);
  let it_: Fixture;
  const established = () =>
    it_.sandbox.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=120s");
  const applyPrevious = async () => {
    await it_.sandbox.kubectl("apply", "--server-side", "-f", PREVIOUS);
    await established();
  };
  const upgrade = async () => {
    for (const command of documentedCommands("Upgrade")) await it_.sandbox.kubectl(...command);
    await established();
  };
  const start = async () => {
    it_.operator = await startOperator({ ...it_.sandbox.environment, ...QUICK });
  };
  const settled = async () => {
    for (const name of Object.keys(objects)) await it_.untilReady(name, "True Reconciled");
    await sweeps(it_);
  };
  const generations = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.keys(objects).map(
          async (name) => [name, (await it_.get(name))?.metadata.generation] as const,
        ),
      ),
    );
  const fieldsOf = async (name: string) => {
    const object = await it_.get(name);
    return [...Object.keys(object?.spec ?? {}), ...Object.keys(object?.status ?? {})];
  };

  before(async () => {
    it_ = await startFixture();
    await it_.operator.stop();
    it_.sandbox.aws.putRole({ name: "shared", path: "/team/" });
    await applyPrevious();
    await start();
    for (const [name, spec] of Object.entries(objects)) await it_.apply(name, spec);
    await settled();
    await it_.operator.stop();
  });
  after(async () => {
    await upgrade();
    await it_.stop();
  });

  it("begins with what only the previous definitions know", async () => {
    const fields = await fieldsOf("of-own-role");
    expect(fields).to.not.include("podRestart").and.to.not.include("pods");
  });

  it("keeps objects Ready, with no write to AWS and none to a spec", async () => {
    const before = { aws: it_.sandbox.aws.state(), generations: await generations() };
    it_.sandbox.aws.resetCalls();
    await upgrade();
    await start();
    await settled();
    expect(it_.effects()).to.deep.equal({});
    expect(it_.sandbox.aws.state().roles).to.deep.equal(before.aws.roles);
    expect(it_.sandbox.aws.state().associations).to.deep.equal(before.aws.associations);
    expect(await generations()).to.deep.equal(before.generations);
    expect(await fieldsOf("of-own-role")).to.include.members(["podRestart", "pods"]);
  });

  it("and going back ignores fields that are not known: objects can be read, edited and deleted", async () => {
    await it_.apply("of-own-role", { ...objects["of-own-role"], podRestart: "Never" });
    await settled();
    await it_.operator.stop();
    await applyPrevious();
    it_.sandbox.aws.resetCalls();
    // It serves an object by the definition that it has heard of last, and says no word when it has.
    await until("the API server serves the previous definitions", async () => {
      const fields = await fieldsOf("of-own-role");
      return !fields.includes("podRestart") && !fields.includes("pods");
    });
    await start();
    await settled();
    expect(it_.effects()).to.deep.equal({});
    const names = Object.keys(objects);
    const here = ["-n", it_.namespace];
    await it_.sandbox.kubectl("label", ...names.map((name) => `pia/${name}`), "seen=yes", ...here);
    await it_.sandbox.kubectl("delete", "pia", ...names, ...here, "--timeout=90s");
    const left = it_.sandbox.aws.state().associations;
    expect(left.map(({ serviceAccount }) => serviceAccount)).to.deep.equal(["of-a-session-policy"]);
  });
});
