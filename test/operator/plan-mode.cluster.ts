/** Looking before leaping: mode Plan, OPERATOR_MODE=Plan and MANAGE_ROLES=false. */
import { expect } from "chai";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { type Fixture, startFixture, sweeps, until } from "./fixture.ts";

const document = (Action: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "arn:aws:s3:::bucket/*" }],
});
const rich = {
  role: {
    description: "reads",
    managedPolicies: ["AmazonS3ReadOnlyAccess"],
    inlinePolicies: [{ name: "read", document: document("s3:GetObject") }],
    tags: { tier: "web" },
  },
  tags: { team: "payments" },
};
const changed = {
  role: {
    description: "writes",
    inlinePolicies: [{ name: "write", document: document("s3:PutObject") }],
    trustScope: "Namespace",
  },
  targetRoleArn: "arn:aws:iam::444455556666:role/target",
};

const CHANGES = /^(Create|Update|Delete|Put|Attach|Detach|Tag|Untag)/;

const ready = ({ status }: PodIdentityAssociation) =>
  status?.conditions?.find(({ type }) => type === "Ready");

/** Changing calls as mode Plan shows them; the SDK's own idempotency token is left out. */
function callsOf({ sandbox }: Fixture): readonly object[] {
  return sandbox.aws
    .calls()
    .filter(({ operation }) => CHANGES.test(operation))
    .map(({ service, operation, parameters }) => {
      return { call: `${service}:${operation}`, parameters: withoutDocuments(parameters) };
    });
}

/** The call log keeps neither documents nor tokens. */
function withoutDocuments(parameters: Readonly<Record<string, unknown>>): object {
  const { clientRequestToken: _, PolicyDocument: __, ...rest } = parameters;
  const { AssumeRolePolicyDocument: ___, ...kept } = rest;
  return kept;
}

/** Numbers travel as text in IAM's protocol. */
const asText = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one) => (typeof one === "number" ? String(one) : one)));

function planOf({ status }: PodIdentityAssociation): readonly object[] {
  return (status?.plannedActions ?? []).map(({ call, parameters }) => ({
    call,
    parameters: withoutDocuments(parameters),
  }));
}

describe("mode Plan", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture();
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  it("shows every call for a new object and makes none; switched to Apply, exactly those are made", async () => {
    await it_.apply("new", { ...rich, mode: "Plan" });
    const planned = await it_.untilReady("new", "Unknown Planned");
    expect(planned.metadata.finalizers ?? []).to.deep.equal([]);
    expect(ready(planned)?.message).to.contain("4 calls");
    expect(planned.status?.plannedActions?.map(({ description }) => description)).to.deep.equal([
      planned.status?.plannedActions?.[0]?.description,
      `attach arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess to role ${roleNameIn(planned)}`,
      `put inline policy read on role ${roleNameIn(planned)}`,
      `associate ServiceAccount new with arn:aws:iam::111122223333:role/podidentity/${roleNameIn(planned)}`,
    ]);
    it_.sandbox.aws.resetCalls();
    await sweeps(it_, 3);
    expect(it_.sandbox.aws.calls({ operation: "GetRole" })).to.deep.equal([]);
    await it_.apply("new", { ...rich, mode: "Apply" });
    const applied = await it_.untilReady("new", "True Reconciled");
    expect(applied.status?.plannedActions).to.equal(undefined);
    expect(asText(callsOf(it_))).to.deep.equal(asText(planOf(planned)));
    const [create, , put] = planned.status?.plannedActions ?? [];
    const made = it_.sandbox.aws.state().roles.find(({ name }) => name === roleNameIn(planned));
    expect(made?.trustPolicy).to.equal(create?.parameters["AssumeRolePolicyDocument"]);
    expect(made?.inlinePolicies["read"]).to.equal(put?.parameters["PolicyDocument"]);
  });

  it("shows a change the same way, and that nothing is to be done once it is done", async () => {
    await it_.apply("new", { ...changed, mode: "Plan" });
    const planned = await it_.untilReady("new", "Unknown Planned");
    expect(planned.status?.associationId).to.not.equal(undefined);
    await sweeps(it_);
    expect(it_.effects()).to.deep.equal({});
    await it_.apply("new", { ...changed, mode: "Apply" });
    await it_.untilReady("new", "True Reconciled");
    expect(asText(callsOf(it_))).to.deep.equal(asText(planOf(planned)));
    await it_.apply("new", { ...changed, mode: "Plan" });
    await until("the plan is empty", async () => {
      const { status } = (await it_.get("new")) ?? {};
      return status?.plannedActions?.length === 0;
    });
    await it_.untilReady("new", "True Reconciled");
  });

  it("says what is in the way instead of a plan that could not be carried out", async () => {
    await it_.apply("hopeless", { role: { managedPolicies: ["NoSuchThing"] }, mode: "Plan" });
    await it_.untilReady("hopeless", "False ManagedPolicyNotFound");
  });

  it("leaves no document in Events or logs", async () => {
    expect(await it_.events("new")).to.not.contain("s3:PutObject");
    expect(it_.operator.lines.filter((line) => /s3:(Put|Get)Object/.test(line))).to.deep.equal([]);
  });

  it("goes away with all it made before when the object is deleted", async () => {
    await it_.sandbox.kubectl("delete", "pia", "--all", "-n", it_.namespace, "--timeout=90s");
    const { roles, associations } = it_.sandbox.aws.state();
    expect([...roles, ...associations]).to.deep.equal([]);
  });
});

function roleNameIn({ status }: PodIdentityAssociation): string {
  return String(status?.plannedActions?.[0]?.parameters["RoleName"]);
}

describe("an operator that only looks (OPERATOR_MODE=Plan)", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture({ env: { OPERATOR_MODE: "Plan" } });
  });
  after(() => it_.stop());

  it("plans whatever the object says, and writes nothing to AWS", async () => {
    await it_.apply("looked-at", rich);
    const planned = await it_.untilReady("looked-at", "Unknown Planned");
    expect(planOf(planned)).to.have.length(4);
    expect(it_.effects()).to.deep.equal({});
  });

  it("does not delete what an object made, either, until it may", async () => {
    await it_.operator.stop();
    const { startOperator } = await import("../sandbox/operator.ts");
    it_.operator = await startOperator({ ...it_.sandbox.environment });
    await it_.untilReady("looked-at", "True Reconciled");
    await it_.operator.stop();
    it_.operator = await startOperator({ ...it_.sandbox.environment, OPERATOR_MODE: "Plan" });
    it_.sandbox.aws.resetCalls();
    const remove = ["delete", "pia", "looked-at", "-n", it_.namespace, "--wait=false"];
    await it_.sandbox.kubectl(...remove);
    await it_.untilReady("looked-at", "False Planned");
    expect(it_.effects()).to.deep.equal({});
  });

  it("lets go of what is to be retained, without a call", async () => {
    await it_.sandbox.kubectl(
      ...["patch", "pia", "looked-at", "-n", it_.namespace, "--type=merge"],
      ...["-p", '{"spec":{"deletionPolicy":"Retain"}}'],
    );
    await until("it is gone", async () => (await it_.get("looked-at")) === undefined);
    expect(it_.effects()).to.deep.equal({});
  });
});

describe("an operator without roles (MANAGE_ROLES=false)", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture({ env: { MANAGE_ROLES: "false" } });
  });
  after(() => it_.stop());

  it("refuses spec.role without a call", async () => {
    await it_.apply("wants-role", { role: {} });
    await it_.untilReady("wants-role", "False ManagedRolesDisabled");
    expect(it_.effects()).to.deep.equal({});
  });

  it("associates roles that exist, and writes nothing to IAM, in life and death", async () => {
    it_.sandbox.aws.putRole({ name: "theirs" });
    await it_.apply("has-role", { roleArn: "arn:aws:iam::111122223333:role/theirs" });
    await it_.untilReady("has-role", "True Reconciled");
    await it_.sandbox.kubectl("delete", "pia", "has-role", "-n", it_.namespace, "--timeout=90s");
    expect(it_.effects()).to.deep.equal({
      "eks:CreatePodIdentityAssociation": 1,
      "eks:DeletePodIdentityAssociation": 1,
    });
  });
});
