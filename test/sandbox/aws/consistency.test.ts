/** Lags of the emulated AWS, moved by its clock. */
import { expect } from "chai";
import { refusalOf, roleArn, Sandbox, TRUST } from "./testing.ts";

const ROLE_MISSING = "InvalidParameterException: Role provided in the request does not exist.";
const TRUST_INVALID = "InvalidParameterException: Trust policy of the role provided is invalid.";

describe("the emulated AWS, eventually consistent", () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.start();
  });
  afterEach(() => sandbox.stop());

  it("lets EKS say that a new role does not exist until the lag is over", async () => {
    sandbox.aws.configure({ roleToEksLagMs: 10_000 });
    await sandbox.createRole("reader");
    sandbox.aws.advance({ ms: 9_999 });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.equal(ROLE_MISSING);
    sandbox.aws.advance({ ms: 1 });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.equal("accepted");
  });

  it("lets EKS see a role's old trust policy until the lag is over", async () => {
    await sandbox.createRole("reader", TRUST.replace("pods.eks", "ec2"));
    sandbox.aws.configure({ roleToEksLagMs: 10_000 });
    await sandbox.clients.iam.updateAssumeRolePolicy({ RoleName: "reader", PolicyDocument: TRUST });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.equal(TRUST_INVALID);
    sandbox.aws.advance({ ms: 10_000 });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.equal("accepted");
  });

  it("checks the role of an update with the same lag", async () => {
    await sandbox.createRole("old");
    const associationId = await sandbox.associate("app", "old");
    sandbox.aws.configure({ roleToEksLagMs: 10_000 });
    await sandbox.createRole("new");
    const update = () =>
      sandbox.clients.eks.updatePodIdentityAssociation({
        clusterName: "demo",
        associationId,
        roleArn: roleArn("new"),
      });
    expect(await refusalOf(update())).to.equal(ROLE_MISSING);
    sandbox.aws.advance({ ms: 10_000 });
    expect(await refusalOf(update())).to.equal("accepted");
  });

  it("hides a new role from IAM's own reads, and still refuses to make it twice", async () => {
    sandbox.aws.configure({ iamReadLagMs: 15_000 });
    await sandbox.createRole("reader");
    const { iam } = sandbox.clients;
    const read = () => refusalOf(iam.getRole({ RoleName: "reader" }));
    expect(await read()).to.equal(
      "NoSuchEntityException: The role with name reader cannot be found.",
    );
    expect((await iam.listRoles({})).Roles).to.deep.equal([]);
    expect(await refusalOf(sandbox.createRole("reader"))).to.match(/^EntityAlreadyExistsException/);
    sandbox.aws.advance({ ms: 15_000 });
    expect(await read()).to.equal("accepted");
  });

  it("shows a role's old tags to IAM's reads until the lag is over", async () => {
    await sandbox.createRole("reader");
    sandbox.aws.configure({ iamReadLagMs: 15_000 });
    const { iam } = sandbox.clients;
    await iam.tagRole({ RoleName: "reader", Tags: [{ Key: "team", Value: "payments" }] });
    const tags = async () => (await iam.getRole({ RoleName: "reader" })).Role?.Tags;
    expect(await tags()).to.equal(undefined);
    sandbox.aws.advance({ ms: 15_000 });
    expect(await tags()).to.deep.equal([{ Key: "team", Value: "payments" }]);
  });

  it("leaves a new association out of lists and a deleted one in, while Describe knows better", async () => {
    await sandbox.createRole("reader");
    const deleted = await sandbox.associate("deleted", "reader");
    sandbox.aws.configure({ listLagMs: 5_000 });
    const created = await sandbox.associate("created", "reader");
    const { eks } = sandbox.clients;
    await eks.deletePodIdentityAssociation({ clusterName: "demo", associationId: deleted });
    expect(await sandbox.listed()).to.deep.equal(["deleted"]);
    await eks.describePodIdentityAssociation({ clusterName: "demo", associationId: created });
    sandbox.aws.advance({ ms: 5_000 });
    expect(await sandbox.listed()).to.deep.equal(["created"]);
  });

  it("lets the bulk read of roles lag behind like a list", async () => {
    sandbox.aws.configure({ listLagMs: 5_000 });
    await sandbox.createRole("reader");
    const names = async () =>
      (await sandbox.clients.iam.getAccountAuthorizationDetails({})).RoleDetailList?.map(
        ({ RoleName }) => RoleName,
      );
    expect(await names()).to.deep.equal([]);
    sandbox.aws.advance({ ms: 5_000 });
    expect(await names()).to.deep.equal(["reader"]);
  });

  it("tells the pod webhook of an association only after its lag", async () => {
    sandbox.aws.configure({ webhookLagMs: 7_000 });
    await sandbox.createRole("reader");
    await sandbox.associate("app", "reader");
    expect(sandbox.aws.identities({ cluster: "demo" })).to.deep.equal([]);
    sandbox.aws.advance({ ms: 7_000 });
    expect(sandbox.aws.identities({ cluster: "demo" })).to.deep.equal([
      { namespace: "team", serviceAccount: "app" },
    ]);
  });

  it("does not hide what existed before a lag was set, and shows all once it is taken away", async () => {
    await sandbox.createRole("before");
    sandbox.aws.configure({ iamReadLagMs: 60_000 });
    await sandbox.createRole("after");
    const names = async () =>
      (await sandbox.clients.iam.listRoles({})).Roles?.map(({ RoleName }) => RoleName);
    expect(await names()).to.deep.equal(["before"]);
    sandbox.aws.configure({ iamReadLagMs: 0 });
    expect(await names()).to.deep.equal(["after", "before"]);
  });

  it("adds latency to every call", async () => {
    sandbox.aws.configure({ latencyMs: 50 });
    await sandbox.createRole("reader");
    await sandbox.associate("app", "reader");
    expect(sandbox.sleeps).to.deep.equal([50, 50]);
  });
});
