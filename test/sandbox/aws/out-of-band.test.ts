/** Changes behind the operator's back, the state dump, and the same levers from another process. */
import { expect } from "chai";
import { REFUSALS } from "./aws-error.ts";
import { remoteControls } from "./controls/remote.ts";
import { refusalOf, roleArn, Sandbox } from "./testing.ts";

describe("the emulated AWS, changed by others", () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.start();
  });
  afterEach(() => sandbox.stop());

  it("changes and deletes associations without a call in the log", async () => {
    sandbox.aws.putRole({ name: "reader" });
    const associationId = await sandbox.associate("app", "reader");
    sandbox.aws.resetCalls();
    const ref = { cluster: "demo", namespace: "team", serviceAccount: "app" };
    sandbox.aws.changeAssociation({
      ...ref,
      changes: { roleArn: roleArn("other"), tags: { a: "b" } },
    });
    const { association } = await sandbox.clients.eks.describePodIdentityAssociation({
      clusterName: "demo",
      associationId,
    });
    expect(association).to.deep.include({ roleArn: roleArn("other"), tags: { a: "b" } });
    sandbox.aws.deleteAssociation(ref);
    expect(await sandbox.listed()).to.deep.equal([]);
    expect(Object.keys(sandbox.aws.counters())).to.deep.equal([
      "eks:DescribePodIdentityAssociation",
      "eks:ListPodIdentityAssociations",
    ]);
  });

  it("shows an association that an add-on owns, with its owner, in lists too", async () => {
    const ownerArn = "arn:aws:eks:us-west-2:111122223333:addon/demo/vpc-cni/0a1b";
    sandbox.aws.putAssociation({
      clusterName: "demo",
      namespace: "kube-system",
      serviceAccount: "aws-node",
      roleArn: roleArn("cni"),
      ownerArn,
    });
    const list = await sandbox.clients.eks.listPodIdentityAssociations({ clusterName: "demo" });
    expect(list.associations?.[0]?.ownerArn).to.equal(ownerArn);
  });

  it("changes a role's policies, tags and boundary, and deletes it with all of them", async () => {
    await sandbox.createRole("reader");
    const boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    sandbox.aws.changeRole({
      name: "reader",
      changes: {
        permissionsBoundaryArn: boundary,
        tags: { a: "b" },
        managedPolicyArns: [boundary],
      },
    });
    const read = await sandbox.clients.iam.getRole({ RoleName: "reader" });
    expect(read.Role?.PermissionsBoundary?.PermissionsBoundaryArn).to.equal(boundary);
    sandbox.aws.changeRole({ name: "reader", changes: { permissionsBoundaryArn: null } });
    const again = await sandbox.clients.iam.getRole({ RoleName: "reader" });
    expect(again.Role?.PermissionsBoundary).to.equal(undefined);
    sandbox.aws.deleteRole({ name: "reader" });
    expect(await refusalOf(sandbox.clients.iam.getRole({ RoleName: "reader" }))).to.match(
      /^NoSuchEntityException/,
    );
  });

  it("lists what exists, so that a test sees that nothing was left", async () => {
    const before = sandbox.aws.arns();
    await sandbox.createRole("reader");
    const associationId = await sandbox.associate("app", "reader");
    expect(sandbox.aws.arns()).to.deep.equal([
      `arn:aws:eks:us-west-2:111122223333:podidentityassociation/demo/${associationId}`,
      roleArn("reader"),
    ]);
    await sandbox.clients.eks.deletePodIdentityAssociation({ clusterName: "demo", associationId });
    await sandbox.clients.iam.deleteRole({ RoleName: "reader" });
    expect(sandbox.aws.arns()).to.deep.equal(before);
  });

  it("hands out shorter pages of the bulk read than were asked for, every role once", async () => {
    sandbox.aws.configure({ bulkPageLimit: 2 });
    for (const name of ["a", "b", "c"]) sandbox.aws.putRole({ name });
    const { iam } = sandbox.clients;
    const first = await iam.getAccountAuthorizationDetails({ Filter: ["Role"], MaxItems: 1000 });
    const { RoleDetailList: rest, IsTruncated } = await iam.getAccountAuthorizationDetails({
      Filter: ["Role"],
      Marker: first.Marker,
    });
    expect([first.RoleDetailList?.length, first.IsTruncated]).to.deep.equal([2, true]);
    expect([rest?.map(({ RoleName }) => RoleName), IsTruncated]).to.deep.equal([["c"], false]);
  });

  it("keeps clusters apart, each with the issuer it was given", async () => {
    const issuer = "https://127.0.0.1:6443";
    sandbox.aws.putCluster({ name: "second", issuer });
    await sandbox.createRole("reader");
    await sandbox.associate("app", "reader");
    const { eks } = sandbox.clients;
    expect(
      (await eks.listPodIdentityAssociations({ clusterName: "second" })).associations,
    ).to.deep.equal([]);
    const { cluster } = await eks.describeCluster({ name: "second" });
    expect(cluster?.identity?.oidc?.issuer).to.equal(issuer);
  });

  it("is moved to another account, region and partition by its options", async () => {
    const china = await Sandbox.start({
      account: { id: "999988887777", region: "cn-north-1", partition: "aws-cn" },
    });
    await china.createRole("reader");
    const { Role } = await china.clients.iam.getRole({ RoleName: "reader" });
    const { cluster } = await china.clients.eks.describeCluster({ name: "demo" });
    await china.stop();
    expect([Role?.Arn, cluster?.arn]).to.deep.equal([
      "arn:aws-cn:iam::999988887777:role/reader",
      "arn:aws-cn:eks:cn-north-1:999988887777:cluster/demo",
    ]);
  });

  it("has the same levers over HTTP", async () => {
    const remote = remoteControls(sandbox.aws.endpoint);
    await remote.putRole({ name: "reader" });
    await remote.configure({ roleToEksLagMs: 1_000 });
    await remote.advance({ ms: 1_000 });
    const id = await remote.addFault({ operation: "GetRole", answer: REFUSALS.iam.throttling });
    expect(await refusalOf(sandbox.clients.iam.getRole({ RoleName: "reader" }))).to.equal(
      "Throttling: Rate exceeded",
    );
    await remote.removeFault({ id });
    await sandbox.associate("app", "reader");
    expect((await remote.state()).associations).to.have.length(1);
    expect(await remote.calls({ service: "iam" })).to.have.length(1);
    expect(await refusalOf(remote.deleteAssociation({ cluster: "demo", id: "a-none" }))).to.match(
      /the emulator has no association/,
    );
  });
});

describe("answers that nobody has verified on real AWS", () => {
  const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.start();
    await sandbox.createRole("reader");
  });
  afterEach(() => sandbox.stop());

  it("an empty session policy clears it, or is refused", async () => {
    const associationId = await sandbox.associate("app", "reader");
    const one = { clusterName: "demo", associationId };
    const { eks } = sandbox.clients;
    await eks.updatePodIdentityAssociation({ ...one, disableSessionTags: true, policy: POLICY });
    const clear = () => eks.updatePodIdentityAssociation({ ...one, policy: "" });
    sandbox.aws.configure({ unverified: { emptyPolicy: "Refused" } });
    expect(await refusalOf(clear())).to.match(/^InvalidParameterException/);
    sandbox.aws.configure({ unverified: { emptyPolicy: "Clears" } });
    expect((await clear()).association?.policy).to.equal(undefined);
  });

  it("conditions in a trust policy are accepted, or make it invalid", async () => {
    const trust = JSON.parse(sandbox.aws.state().roles[0]?.trustPolicy ?? "");
    trust.Statement[0].Condition = { StringEquals: { "aws:SourceAccount": "111122223333" } };
    await sandbox.createRole("scoped", JSON.stringify(trust));
    expect(await refusalOf(sandbox.associate("first", "scoped"))).to.equal("accepted");
    sandbox.aws.configure({ unverified: { trustConditions: "Refused" } });
    expect(await refusalOf(sandbox.associate("second", "scoped"))).to.equal(
      "InvalidParameterException: Trust policy of the role provided is invalid.",
    );
  });

  it("a token that comes back with other parameters is refused, or gets the first answer", async () => {
    const create = (serviceAccount: string) =>
      sandbox.clients.eks.createPodIdentityAssociation({
        clusterName: "demo",
        namespace: "team",
        serviceAccount,
        roleArn: roleArn("reader"),
        clientRequestToken: "once",
      });
    await create("first");
    expect(await refusalOf(create("second"))).to.match(/^InvalidParameterException/);
    sandbox.aws.configure({ unverified: { tokenReuse: "ReplaysFirst" } });
    expect((await create("second")).association?.serviceAccount).to.equal("first");
  });
});
