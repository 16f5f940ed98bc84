/** What cannot be ends with a reason on the object, and with zero writes to AWS. */
import { expect } from "chai";
import { type Fixture, startFixture, sweeps, until } from "./fixture.ts";

const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
const inline = (document: unknown) => ({ role: { inlinePolicies: [{ name: "p", document }] } });
const policy = (changed: object, version: unknown = "2012-10-17") =>
  inline({ Version: version, Statement: [{ ...statement, ...changed }] });

function nested(depth: number): unknown {
  let value: unknown = "x";
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}

describe("a PodIdentityAssociation that cannot be", function () {
  this.timeout(60_000);
  let it_: Fixture;
  let number = 0;
  before(async () => {
    it_ = await startFixture();
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  const condition = async (name: string, type = "Ready") =>
    (await it_.get(name))?.status?.conditions?.find((one) => one.type === type);

  const specs: [string, object, string, string][] = [
    [
      "names a role of another account",
      { roleArn: "arn:aws:iam::999988887777:role/x" },
      "RoleAccountMismatch",
      "targetRoleArn",
    ],
    [
      "names a role of another partition",
      { roleArn: "arn:aws-cn:iam::111122223333:role/x" },
      "RolePartitionMismatch",
      "${AWS::Partition}",
    ],
    [
      "names a role that does not exist",
      { roleArn: "arn:aws:iam::111122223333:role/none" },
      "RoleNotFound",
      "create it",
    ],
    [
      "wants a managed policy that AWS does not have",
      { role: { managedPolicies: ["AmazonS3ReadOnly"] } },
      "ManagedPolicyNotFound",
      "AmazonS3ReadOnlyAccess",
    ],
    [
      "wants a policy of its account that does not exist",
      { role: { managedPolicies: ["arn:aws:iam::${AWS::AccountId}:policy/team/none"] } },
      "ManagedPolicyNotFound",
      "policy/team/none",
    ],
    [
      "wants a policy of another account",
      { role: { managedPolicies: ["arn:aws:iam::999988887777:policy/x"] } },
      "ManagedPolicyNotFound",
      "${AWS::AccountId}",
    ],
    [
      "has a policy with a version that IAM does not know",
      policy({}, "2012-01-01"),
      "PolicyInvalid",
      "2012-10-17",
    ],
    [
      "has an account id that YAML took for a number",
      policy({ Condition: { StringEquals: { "aws:ResourceAccount": 1402433619 } } }),
      "PolicyInvalid",
      "quotes",
    ],
    [
      "allows with NotAction",
      inline({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", NotAction: "s3:*", Resource: "*" }],
      }),
      "PolicyInvalid",
      "NotAction",
    ],
    [
      "allows with NotResource",
      inline({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "s3:*", NotResource: "*" }],
      }),
      "PolicyInvalid",
      "NotResource",
    ],
    ["has a Principal in its policy", policy({ Principal: "*" }), "PolicyInvalid", "Principal"],
    [
      "has inline policies over 10,240 characters together",
      inline({ Version: "2012-10-17", Statement: Array.from({ length: 150 }, () => statement) }),
      "PolicyTooLarge",
      "10240",
    ],
    ["has a document nested 500 deep", policy({ Condition: nested(500) }), "PolicyInvalid", "deep"],
    [
      "has a document of a megabyte",
      policy({ Resource: Array.from({ length: 30_000 }, (_, i) => `arn:aws:s3:::bucket-${i}/*`) }),
      "PolicyInvalid",
      "elements",
    ],
    [
      "has a placeholder that nobody knows",
      policy({ Resource: "arn:aws:s3:::${AWS::StackName}/*" }),
      "PlaceholderUnknown",
      "${AWS::AccountId}",
    ],
  ];
  for (const [situation, spec, reason, says] of specs) {
    it(`because it ${situation}: ${reason}, 0 AWS writes`, async () => {
      number += 1;
      const name = `refused-${number}`;
      await it_.sandbox.controlPlane.kubectl(["create", "-f", "-"], {
        stdin: JSON.stringify({
          apiVersion: "podidentity.io/v1alpha1",
          kind: "PodIdentityAssociation",
          metadata: { namespace: it_.namespace, name },
          spec: { serviceAccountName: name, ...spec },
        }),
      });
      await it_.untilReady(name, `False ${reason}`);
      expect((await condition(name))?.message).to.contain(says);
      expect((await condition(name, "Stalled"))?.status).to.equal("True");
      expect(it_.effects()).to.deep.equal({});
      await it_.sandbox.kubectl("delete", "pia", name, "-n", it_.namespace, "--timeout=10s");
      expect(it_.effects()).to.deep.equal({});
    });
  }

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
    await it_.sandbox.kubectl("delete", "pia", "famous", "-n", it_.namespace, "--timeout=10s");
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
    await it_.sandbox.kubectl("delete", "pia", "loser", "-n", it_.namespace, "--timeout=10s");
    expect(it_.effects()).to.deep.equal({});
  });

  it("because the operator lacks a permission: names the action, fails alone, and others go on", async () => {
    it_.sandbox.aws.configure({ deniedActions: ["iam:PutRolePolicy"] });
    await it_.apply("denied", policy({}));
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
