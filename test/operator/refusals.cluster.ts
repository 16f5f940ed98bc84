/** What cannot be ends with a reason on the object, and with zero writes to AWS. */
import { expect } from "chai";
import { type Fixture, startFixture, sweeps, until } from "./fixture.ts";

const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
const inline = {
  role: {
    inlinePolicies: [{ name: "p", document: { Version: "2012-10-17", Statement: [statement] } }],
  },
};

describe("a PodIdentityAssociation that cannot be", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture();
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  const condition = async (name: string, type = "Ready") =>
    (await it_.get(name))?.status?.conditions?.find((one) => one.type === type);

  it("because its role does not exist yet becomes Ready within a sweep after it does", async () => {
    await it_.apply("early", { roleArn: "arn:aws:iam::111122223333:role/late" });
    await it_.untilReady("early", "False RoleNotFound");
    it_.sandbox.aws.putRole({ name: "late" });
    await it_.untilReady("early", "True Reconciled");
  });

  it("because its role is one for EC2 says which statement is missing, as JSON to paste", async () => {
    const trustPolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
      ],
    });
    it_.sandbox.aws.putRole({ name: "ec2", trustPolicy });
    it_.sandbox.aws.resetCalls();
    await it_.apply("ec2", { roleArn: "arn:aws:iam::111122223333:role/ec2" });
    await it_.untilReady("ec2", "False TrustPolicyInvalid");
    const json = /\{.*\}/.exec((await condition("ec2"))?.message ?? "")?.[0] ?? "";
    expect(JSON.parse(json)).to.deep.equal({
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    });
    expect(it_.effects()).to.deep.equal({});
  });

  it("because somebody else associated the ServiceAccount: names id and tags, touches nothing, heals when it is gone", async () => {
    const { associationId } = it_.sandbox.aws.putAssociation({
      clusterName: "demo",
      namespace: it_.namespace,
      serviceAccount: "taken",
      roleArn: "arn:aws:iam::111122223333:role/late",
      tags: { by: "terraform" },
    });
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
    await it_.apply("taken", { role: {} });
    await it_.untilReady("taken", "False AssociationConflict");
    expect((await condition("taken"))?.message)
      .to.contain(associationId)
      .and.contain("by=terraform");
    expect(it_.effects()).to.deep.equal({});
    it_.sandbox.aws.deleteAssociation({ cluster: "demo", id: associationId });
    await it_.untilReady("taken", "True Reconciled");
  });

  it("because an add-on owns the association: names the add-on", async () => {
    const ownerArn = "arn:aws:eks:us-west-2:111122223333:addon/demo/vpc-cni/1";
    it_.sandbox.aws.putAssociation({
      clusterName: "demo",
      namespace: it_.namespace,
      serviceAccount: "addon",
      roleArn: "arn:aws:iam::111122223333:role/late",
      ownerArn,
    });
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
    await it_.apply("addon", { role: {} });
    await it_.untilReady("addon", "False AssociationOwnedByAddon");
    expect((await condition("addon"))?.message).to.contain(ownerArn);
    expect(it_.effects()).to.deep.equal({});
  });

  it("because a role of the name is somebody else's: untouched, also when the object goes", async () => {
    it_.sandbox.aws.putRole({ name: "famous", path: "/podidentity/" });
    it_.sandbox.aws.resetCalls();
    await it_.apply("famous", { role: { name: "famous" } });
    await it_.untilReady("famous", "False RoleNameConflict");
    await it_.sandbox.kubectl("delete", "pia", "famous", "-n", it_.namespace, "--timeout=90s");
    expect(it_.effects()).to.deep.equal({});
    expect(it_.sandbox.aws.state().roles.map(({ name }) => name)).to.contain("famous");
  });

  it("because the role is another installation's: says whose", async () => {
    const tags = {
      "podidentity.io/owner": "arn:aws:eks:us-west-2:111122223333:cluster/demo",
      "podidentity.io/installation": "other",
      "podidentity.io/resource": `${it_.namespace}/theirs`,
    };
    it_.sandbox.aws.putRole({ name: "theirs", path: "/podidentity/", tags });
    it_.sandbox.aws.resetCalls();
    await it_.apply("theirs", { role: { name: "theirs" } });
    await it_.untilReady("theirs", "False RoleNotOwned");
    expect((await condition("theirs"))?.message).to.contain('"other"');
    expect(it_.effects()).to.deep.equal({});
  });

  it("because another object has the ServiceAccount: says which; deleting the loser deletes nothing", async () => {
    await it_.apply("winner", { role: {} });
    await it_.untilReady("winner", "True Reconciled");
    it_.sandbox.aws.resetCalls();
    await it_.apply("loser", { serviceAccountName: "winner", role: {} });
    await it_.untilReady("loser", "False DuplicateClaim");
    expect((await condition("loser"))?.message).to.contain(`${it_.namespace}/winner`);
    expect(it_.effects()).to.deep.equal({});
    await it_.sandbox.kubectl("delete", "pia", "loser", "-n", it_.namespace, "--timeout=90s");
    expect(it_.effects()).to.deep.equal({});
  });

  it("because the operator lacks a permission: names the action, fails alone, and others go on", async () => {
    it_.sandbox.aws.configure({ deniedActions: ["iam:PutRolePolicy"] });
    await it_.apply("denied", inline);
    await it_.untilReady("denied", "False AccessDenied");
    expect((await condition("denied"))?.message).to.contain("iam:PutRolePolicy");
    await it_.apply("fine", { role: {} });
    await it_.untilReady("fine", "True Reconciled");
    it_.sandbox.aws.configure({ deniedActions: [] });
    await it_.sandbox.kubectl(
      "annotate",
      "pia",
      "denied",
      "-n",
      it_.namespace,
      "podidentity.io/reconcile-at=now",
    );
    await it_.untilReady("denied", "True Reconciled");
  });

  it("because a quota is reached: says so with the way out, and others go on", async () => {
    const roles = it_.sandbox.aws.state().roles.length;
    it_.sandbox.aws.configure({ quotas: { rolesPerAccount: roles } });
    await it_.apply("over-quota", { role: {} });
    await it_.untilReady("over-quota", "False QuotaExceeded");
    await it_.apply("no-role-needed", { roleArn: "arn:aws:iam::111122223333:role/late" });
    await it_.untilReady("no-role-needed", "True Reconciled");
    it_.sandbox.aws.configure({ quotas: { rolesPerAccount: 1000 } });
  });

  it("because the role sits in an instance profile is deleted as far as possible, and says what holds it", async () => {
    await it_.apply("held", { role: {} });
    const { status } = await it_.untilReady("held", "True Reconciled");
    it_.sandbox.aws.addFault({
      operation: "DeleteRole",
      when: "before",
      answer: {
        code: "DeleteConflict",
        status: 409,
        message: "Cannot delete entity, must remove roles from instance profile first.",
      },
    });
    await it_.sandbox.kubectl("delete", "pia", "held", "-n", it_.namespace, "--wait=false");
    await it_.untilReady("held", "False DeleteBlocked");
    expect((await condition("held"))?.message).to.contain(status?.roleName);
    expect(
      it_.sandbox.aws.state().associations.some(({ serviceAccount }) => serviceAccount === "held"),
    ).to.equal(false);
    it_.sandbox.aws.clearFaults();
    await it_.sandbox.kubectl(
      "annotate",
      "pia",
      "held",
      "-n",
      it_.namespace,
      "podidentity.io/reconcile-at=now",
    );
    await until("it is gone", async () => (await it_.get("held")) === undefined);
  });
});
