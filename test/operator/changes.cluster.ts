/** Changes of mind, at good moments and bad ones: what is left in AWS is what the last spec wants. */
import { expect } from "chai";
import { type Fixture, manifest, startFixture, sweeps, until } from "./fixture.ts";

describe("a PodIdentityAssociation whose owner changes his mind", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture({ env: { DESCRIBE_ROTATION: "1" } });
  });
  after(() => it_.stop());

  const roleNames = () =>
    it_.sandbox.aws
      .state()
      .roles.map(({ name }) => name)
      .sort();
  const associationOf = (serviceAccount: string) =>
    it_.sandbox.aws.state().associations.find((one) => one.serviceAccount === serviceAccount);
  const remove = (name: string) =>
    it_.sandbox.kubectl("delete", "pia", name, "-n", it_.namespace, "--timeout=90s");
  const message = async (name: string) =>
    (await it_.get(name))?.status?.conditions?.find(({ type }) => type === "Ready")?.message;

  it("renames its role twice while EKS does not see any of them: one role is left", async () => {
    await it_.apply("fickle", { role: { name: "first" } });
    await it_.untilReady("fickle", "True Reconciled");
    it_.sandbox.aws.configure({ roleToEksLagMs: 600_000 });
    await it_.apply("fickle", { role: { name: "second" } });
    await until("the second role is made", () => roleNames().includes("second"));
    await it_.apply("fickle", { role: { name: "third" } });
    await until("the third role is made", () => roleNames().includes("third"));
    await it_.apply("fickle", { role: { name: "first" } });
    await until("only the first is left", () => roleNames().join() === "first");
    it_.sandbox.aws.configure({ roleToEksLagMs: 0 });
    await it_.untilReady("fickle", "True Reconciled");
    expect((await it_.get("fickle"))?.status?.previousRoleName).to.equal(undefined);
    await remove("fickle");
    expect(roleNames()).to.deep.equal([]);
  });

  it("goes from a named role to one that cannot be, and away: nothing is left", async () => {
    await it_.apply("undecided", { role: { name: "custom" } });
    await it_.untilReady("undecided", "True Reconciled");
    await it_.apply("undecided", { roleArn: "arn:aws:iam::999988887777:role/x" });
    await it_.untilReady("undecided", "False RoleAccountMismatch");
    await remove("undecided");
    expect(roleNames()).to.deep.equal([]);
  });

  it("hands its role over by naming it as roleArn: deleting the object leaves the role", async () => {
    await it_.apply("giver", { role: { name: "handed-over" } });
    const { status } = await it_.untilReady("giver", "True Reconciled");
    await it_.apply("giver", { roleArn: status?.roleArn });
    await until(
      "it is only referred to",
      async () => JSON.stringify((await it_.get("giver"))?.status).includes("RoleReferenced"),
      () => it_.operator.lines.slice(-4).join("\n"),
    );
    const tags = () => it_.sandbox.aws.state().roles[0]?.tags ?? {};
    await until("it is released", () => !("podidentity.io/owner" in tags()));
    expect(tags()).to.have.property("podidentity.io/retained-from");
    it_.sandbox.aws.putRole({ name: "another" });
    await it_.apply("giver", { roleArn: "arn:aws:iam::111122223333:role/another" });
    await until(
      "it names another",
      () => associationOf("giver")?.roleArn.endsWith("another") === true,
    );
    await remove("giver");
    expect(roleNames()).to.deep.equal(["another", "handed-over"]);
    it_.sandbox.aws.deleteRole({ name: "another" });
    it_.sandbox.aws.deleteRole({ name: "handed-over" });
  });

  it("goes while another object names its role: the association goes, the role waits, and says for whom", async () => {
    await it_.apply("owner", { role: {} });
    const { status } = await it_.untilReady("owner", "True Reconciled");
    await it_.apply("user", { roleArn: status?.roleArn });
    await it_.untilReady("user", "True Reconciled");
    await it_.sandbox.kubectl("delete", "pia", "owner", "-n", it_.namespace, "--wait=false");
    await it_.untilReady("owner", "False RoleInUse");
    expect(await message("owner")).to.contain(`${it_.namespace}/user`);
    expect(associationOf("owner")).to.equal(undefined);
    expect((await it_.get("owner"))?.status?.associationId).to.equal(undefined);
    expect(roleNames()).to.deep.equal([status?.roleName]);
    await remove("user");
    await until("the role is gone", () => roleNames().length === 0);
  });

  it("renames a role that another object names: the old one stays for that object", async () => {
    await it_.apply("lender", { role: { name: "lent" } });
    const { status } = await it_.untilReady("lender", "True Reconciled");
    await it_.apply("borrower", { roleArn: status?.roleArn });
    await it_.untilReady("borrower", "True Reconciled");
    await it_.apply("lender", { role: { name: "renamed" } });
    await until(
      "the association is moved",
      () => associationOf("lender")?.roleArn.endsWith("renamed") === true,
    );
    await it_.untilReady("lender", "True Reconciled");
    expect(roleNames()).to.deep.equal(["lent", "renamed"]);
    await remove("borrower");
    await remove("lender");
    expect(roleNames()).to.deep.equal([]);
  });

  it("renames a role while the account has no place for one more: the old one keeps its policies", async () => {
    const managedPolicies = ["AmazonS3ReadOnlyAccess"];
    await it_.apply("cramped", { role: { name: "old", managedPolicies } });
    await it_.untilReady("cramped", "True Reconciled");
    it_.sandbox.aws.configure({ quotas: { rolesPerAccount: 1 } });
    await it_.apply("cramped", { role: { name: "new", managedPolicies } });
    await it_.untilReady("cramped", "False QuotaExceeded");
    expect(
      it_.sandbox.aws
        .state()
        .roles.map(({ name, managedPolicyArns }) => [name, managedPolicyArns.length]),
    ).to.deep.equal([["old", 1]]);
    it_.sandbox.aws.configure({ quotas: { rolesPerAccount: 1000 } });
    await remove("cramped");
    expect(roleNames()).to.deep.equal([]);
  });

  it("goes while IAM does not show the role yet: nothing is left", async () => {
    it_.sandbox.aws.configure({ iamReadLagMs: 600_000, roleToEksLagMs: 600_000 });
    await it_.apply("hasty", { role: {} });
    await it_.untilReady("hasty", "False RolePropagating");
    await it_.sandbox.kubectl("delete", "pia", "hasty", "-n", it_.namespace, "--wait=false");
    await until(
      "it waits for IAM",
      async () => (await message("hasty"))?.includes("IAM does not show role") === true,
    );
    it_.sandbox.aws.configure({ iamReadLagMs: 0, roleToEksLagMs: 0 });
    await until("it is gone", async () => (await it_.get("hasty")) === undefined);
    expect(roleNames()).to.deep.equal([]);
  });

  it("replaces the object of a ServiceAccount by another that names its role", async () => {
    await it_.apply("outgoing", { serviceAccountName: "stays", role: { name: "stays" } });
    const { status } = await it_.untilReady("outgoing", "True Reconciled");
    await it_.apply("incoming", { serviceAccountName: "stays", roleArn: status?.roleArn });
    await it_.untilReady("incoming", "False DuplicateClaim");
    await it_.sandbox.kubectl("delete", "pia", "outgoing", "-n", it_.namespace, "--wait=false");
    await it_.untilReady("incoming", "True Reconciled");
    await it_.untilReady("outgoing", "False RoleInUse");
    await remove("incoming");
    await until("the role is gone", () => roleNames().length === 0);
  });

  it("retains while AWS throttles for a moment: the tags are released all the same", async () => {
    await it_.apply("patient", { role: {}, deletionPolicy: "Retain" });
    const { status } = await it_.untilReady("patient", "True Reconciled");
    it_.sandbox.aws.addFault({
      operation: "DescribePodIdentityAssociation",
      when: "before",
      answer: { code: "ThrottlingException", status: 429, message: "Rate exceeded" },
    });
    await it_.sandbox.kubectl("delete", "pia", "patient", "-n", it_.namespace, "--wait=false");
    await it_.untilReady("patient", "False Throttled");
    it_.sandbox.aws.clearFaults();
    await until("it is gone", async () => (await it_.get("patient")) === undefined);
    expect(associationOf("patient")?.tags).not.to.have.property("podidentity.io/owner");
    expect(associationOf("patient")?.tags).to.have.property("podidentity.io/retained-from");
    it_.sandbox.aws.deleteAssociation({ cluster: "demo", id: status?.associationId ?? "" });
    it_.sandbox.aws.deleteRole({ name: status?.roleName ?? "" });
  });

  it("replaces a policy although the role has no place for one more", async () => {
    it_.sandbox.aws.configure({ quotas: { managedPoliciesPerRole: 1 } });
    await it_.apply("full", { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } });
    await it_.untilReady("full", "True Reconciled");
    await it_.apply("full", { role: { managedPolicies: ["AmazonSQSReadOnlyAccess"] } });
    await until(
      "the policy is replaced",
      () =>
        it_.sandbox.aws.state().roles[0]?.managedPolicyArns.join() ===
        "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess",
    );
    await it_.untilReady("full", "True Reconciled");
    it_.sandbox.aws.configure({ quotas: { managedPoliciesPerRole: 10 } });
    await remove("full");
  });

  it("makes two objects for one ServiceAccount at once: the older one gets it, the other makes nothing", async () => {
    await it_.sandbox.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: ["a-twin", "b-twin"].map((name) =>
          manifest(it_.namespace, name, { serviceAccountName: "twin", role: {} }),
        ),
      }),
    );
    await it_.untilReady("a-twin", "True Reconciled");
    await it_.untilReady("b-twin", "False DuplicateClaim");
    expect(await message("b-twin")).to.contain(`${it_.namespace}/a-twin`);
    expect(roleNames()).to.have.length(1);
    await remove("a-twin");
    await it_.untilReady("b-twin", "True Reconciled");
    await remove("b-twin");
  });

  it("finds what somebody else set on the association, which only Describe shows, and clears it", async () => {
    await it_.apply("altered", { role: {} });
    await it_.untilReady("altered", "True Reconciled");
    it_.sandbox.aws.changeAssociation({
      cluster: "demo",
      namespace: it_.namespace,
      serviceAccount: "altered",
      changes: { targetRoleArn: "arn:aws:iam::999999999999:role/theirs", disableSessionTags: true },
    });
    await until("both are cleared", () => {
      const { targetRoleArn, disableSessionTags } = associationOf("altered") ?? {};
      return targetRoleArn === undefined && disableSessionTags === false;
    });
    await until("an Event tells it", async () =>
      (await it_.events("altered")).includes("DriftRepaired"),
    );
    await remove("altered");
  });

  it("loses a role that it only names: is not Ready any more, and is again when it is back", async () => {
    it_.sandbox.aws.putRole({ name: "theirs" });
    await it_.apply("named", { roleArn: "arn:aws:iam::111122223333:role/theirs" });
    await it_.untilReady("named", "True Reconciled");
    await sweeps(it_);
    it_.sandbox.aws.deleteRole({ name: "theirs" });
    await it_.untilReady("named", "False RoleNotFound");
    const version = (await it_.get("named"))?.metadata.resourceVersion;
    await sweeps(it_, 3);
    expect((await it_.get("named"))?.metadata.resourceVersion).to.equal(version);
    it_.sandbox.aws.putRole({ name: "theirs" });
    await it_.untilReady("named", "True Reconciled");
  });

  it("renames its role while a neighbour uses it: the old one goes when the neighbour does", async () => {
    await it_.apply("renamer", { role: { name: "one" } });
    const { status } = await it_.untilReady("renamer", "True Reconciled");
    await it_.apply("neighbour", { roleArn: status?.roleArn });
    await it_.untilReady("neighbour", "True Reconciled");
    await it_.apply("renamer", { role: { name: "two" } });
    await until("it has the new one", async () => {
      const now = await it_.get("renamer");
      return now?.status?.roleName === "two" && now.status.previousRoleName === "one";
    });
    expect(roleNames()).to.include.members(["one", "two"]);
    await remove("neighbour");
    await until("the old one is gone", () => !roleNames().includes("one"));
    await remove("renamer");
  });

  it("recovers from a roleArn that names what the operator may not even read", async () => {
    it_.sandbox.aws.addFault({
      operation: "GetRole",
      where: { RoleName: "typo" },
      answer: {
        code: "AccessDenied",
        status: 403,
        message: "not authorized to perform: iam:GetRole",
      },
    });
    await it_.apply("mended", { roleArn: "arn:aws:iam::111122223333:role/typo" });
    await it_.untilReady("mended", "False RoleNotFound");
    await it_.apply("mended", { role: {} });
    await it_.untilReady("mended", "True Reconciled");
    await remove("mended");
    it_.sandbox.aws.clearFaults();
  });
});
