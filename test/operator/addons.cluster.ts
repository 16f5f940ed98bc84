/** EKSAddons from outside: what a user applies, what EKS and IAM then have, and that a second look writes nothing. */
import { expect } from "chai";
import { startOperator } from "../sandbox/operator.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { type AddonFixture, startAddonFixture } from "./addon-fixture.ts";
import { ADDON_PACE } from "./addons.ts";
import { BOUNDARY, type Fixture, QUICK, sweeps, until } from "./fixture.ts";

const CNI_ROLE = "AmazonEKSPodIdentityAmazonVPCCNIRole";
const CNI_ARN = `arn:aws:iam::111122223333:role/${CNI_ROLE}`;
/** No guardrail gives an add-on's role its boundary, and config/aws lets the operator make none without. */
const OWN = { permissionsBoundaryArn: BOUNDARY };
const OTHER = "arn:aws:iam::111122223333:role/other";

describe("an EKSAddon", function () {
  this.timeout(240_000);
  let it_: Fixture;

  let addon: AddonFixture;
  const apply: AddonFixture["apply"] = (name, spec) => addon.apply(name, spec);
  const untilReady: AddonFixture["untilReady"] = (name, expected) =>
    addon.untilReady(name, expected);

  beforeEach(async function () {
    this.timeout(20 * 60_000);
    addon = await startAddonFixture({ isUnbounded: false });
    it_ = addon.base;
    it_.sandbox.aws.putRole({ name: "other" });
  });
  afterEach(() => addon.stop());

  const quiet = async () => {
    it_.sandbox.aws.resetCalls();
    await sweeps(it_, 3);
    expect(it_.effects()).to.deep.equal({});
  };

  const associations = () =>
    it_.sandbox.aws
      .identities({ cluster: CLUSTER_NAME })
      .map(({ serviceAccount }) => serviceAccount)
      .sort();

  it("does all of the guide with recommendedIdentities, and a second look writes nothing", async () => {
    await apply("cni", { addonName: "vpc-cni", recommendedIdentities: true });
    const { status } = await untilReady("cni", "True Reconciled");
    expect(status).to.deep.include({
      version: "v1.20.4-eksbuild.1",
      addonStatus: "ACTIVE",
      identitySummary: "1/1",
      requiresIamPermissions: true,
    });
    expect(status?.identities?.[0]).to.deep.include({
      serviceAccountName: "aws-node",
      roleArn: CNI_ARN,
      recommendedPolicies: ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"],
    });
    expect(it_.effects()).to.deep.equal({
      "iam:CreateRole": 1,
      "iam:AttachRolePolicy": 1,
      "iam:TagRole": 1,
      "eks:CreateAddon": 1,
      "eks:TagResource": 1,
    });
    await quiet();
  });

  it("goes with its software, and the recommended role stays", async () => {
    await apply("cni", { addonName: "vpc-cni", recommendedIdentities: true });
    await untilReady("cni", "True Reconciled");
    await it_.sandbox.kubectl("delete", "eksaddon", "cni", "--timeout=90s");
    expect(it_.sandbox.aws.installedAddons({ cluster: CLUSTER_NAME })).to.deep.equal([]);
    expect(associations()).to.deep.equal([]);
    expect(it_.effects()).to.not.have.property("iam:DeleteRole");
  });

  it("takes over what was made with the cluster: tags, and nothing else", async () => {
    const identities = [{ serviceAccount: "aws-node", roleArn: OTHER }];
    it_.sandbox.aws.putAddon({ cluster: CLUSTER_NAME, name: "vpc-cni", identities });
    await apply("cni", {
      addonName: "vpc-cni",
      identities: [{ serviceAccountName: "aws-node", roleArn: OTHER }],
    });
    await untilReady("cni", "False AddonConflict");
    expect(it_.effects()).to.deep.equal({});
    await apply("cni", {
      addonName: "vpc-cni",
      adoptionPolicy: "Addon",
      identities: [{ serviceAccountName: "aws-node", roleArn: OTHER }],
    });
    await untilReady("cni", "True Reconciled");
    expect(it_.effects()).to.deep.equal({ "eks:TagResource": 2 });
    await quiet();
  });

  it("keeps what somebody else gave the add-on, and takes away only its own", async () => {
    const identities = [{ serviceAccount: "efs-csi-node-sa", roleArn: OTHER }];
    it_.sandbox.aws.putAddon({ cluster: CLUSTER_NAME, name: "aws-efs-csi-driver", identities });
    const spec = { addonName: "aws-efs-csi-driver", adoptionPolicy: "Addon" };
    await apply("efs", {
      ...spec,
      identities: [{ serviceAccountName: "efs-csi-controller-sa", role: OWN }],
    });
    await untilReady("efs", "True Reconciled");
    expect(associations()).to.deep.equal(["efs-csi-controller-sa", "efs-csi-node-sa"]);
    await apply("efs", {
      ...spec,
      identities: [{ serviceAccountName: "efs-csi-node-sa", roleArn: OTHER }],
    });
    await untilReady("efs", "True Reconciled");
    expect(associations()).to.deep.equal(["efs-csi-node-sa"]);
    expect(it_.effects()["iam:DeleteRole"]).to.equal(1);
    await quiet();
  });

  it("refuses before anything is changed", async () => {
    const refusals: [object, string][] = [
      [{ addonName: "vpc-cnii" }, "False AddonUnknown"],
      [{ addonName: "vpc-cni", version: "v9.9.9" }, "False AddonVersionUnknown"],
      [
        { addonName: "vpc-cni", version: "v1.16.4-eksbuild.2", recommendedIdentities: true },
        "False AddonIdentityNotSupported",
      ],
      [
        { addonName: "vpc-cni", identities: [{ serviceAccountName: "node", recommended: true }] },
        "False AddonServiceAccountUnknown",
      ],
    ];
    for (const [number, [spec, expected]] of refusals.entries()) {
      await apply(`refused-${number}`, spec);
      await untilReady(`refused-${number}`, expected);
      await it_.sandbox.kubectl("delete", "eksaddon", `refused-${number}`, "--timeout=90s");
    }
    expect(it_.effects()).to.deep.equal({});
  });

  it("names an association outside the add-on and touches nothing", async () => {
    it_.sandbox.aws.putAssociation({
      clusterName: CLUSTER_NAME,
      namespace: "kube-system",
      serviceAccount: "aws-node",
      roleArn: OTHER,
    });
    await apply("cni", { addonName: "vpc-cni", recommendedIdentities: true });
    await untilReady("cni", "False AssociationConflict");
    expect(it_.effects()).to.deep.equal({});
  });

  it("puts version, configuration and identities right that somebody changed", async () => {
    const configurationValues = { env: { WARM_IP_TARGET: "1" } };
    await apply("cni", {
      addonName: "vpc-cni",
      version: "v1.20.4-eksbuild.1",
      configurationValues,
      identities: [{ serviceAccountName: "aws-node", recommended: true }],
    });
    await untilReady("cni", "True Reconciled");
    it_.sandbox.aws.resetCalls();
    it_.sandbox.aws.changeAddon({
      cluster: CLUSTER_NAME,
      name: "vpc-cni",
      changes: { version: "v1.21.1-eksbuild.1", configurationValues: "{}" },
    });
    await until("it is put right", () => it_.effects()["eks:UpdateAddon"] === 1);
    await untilReady("cni", "True Reconciled");
    await quiet();
  });

  it("says which fields conflict, and goes on when told how", async () => {
    const field = 'DaemonSet.apps aws-node - .spec.template.spec.containers[name="aws-node"].image';
    it_.sandbox.aws.putUnmanagedAddon({
      cluster: CLUSTER_NAME,
      addonName: "vpc-cni",
      fields: [field],
    });
    await apply("cni", { addonName: "vpc-cni" });
    const { status } = await untilReady("cni", "False ConfigurationConflict");
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready?.message).to.contain(field).and.contain("Overwrite");
    await apply("cni", { addonName: "vpc-cni", resolveConflicts: "Overwrite" });
    await untilReady("cni", "True Reconciled");
  });

  it("tries again what failed, at its pace, and becomes Ready", async () => {
    const { aws } = it_.sandbox;
    const failing = { cluster: CLUSTER_NAME, addonName: "vpc-cni" };
    const issues = [{ code: "AccessDenied", message: "may not" }];
    for (const operation of ["create", "update"] as const) {
      aws.failAddon({ ...failing, operation, issues, times: Number.POSITIVE_INFINITY });
    }
    await apply("cni", { addonName: "vpc-cni" });
    await untilReady("cni", "False AddonFailed");
    const tries = () => aws.calls({ operation: "UpdateAddon" }).map(({ at }) => at);
    await until("it has been tried twice more", () => tries().length >= 2);
    const [first = 0, second = 0] = tries();
    expect(second - first).to.be.at.least(1000 * Number(ADDON_PACE["ADDON_RETRY"]));
    aws.mendAddon(failing);
    aws.resetCalls();
    await untilReady("cni", "True Reconciled");
    expect(it_.effects()["eks:UpdateAddon"]).to.equal(1);
  });

  for (const policy of ["Preserve", "Retain"]) {
    it(`with deletionPolicy ${policy} lets go of what it made`, async () => {
      const identities = [{ serviceAccountName: "aws-node", role: OWN }];
      await apply("cni", { addonName: "vpc-cni", identities, deletionPolicy: policy });
      await untilReady("cni", "True Reconciled");
      await it_.sandbox.kubectl("delete", "eksaddon", "cni", "--timeout=90s");
      expect(it_.effects()).to.not.have.property("iam:DeleteRole");
      const { associations, roles, addons } = it_.sandbox.aws.state();
      expect(associations).to.have.length(1);
      expect(addons).to.have.length(policy === "Retain" ? 1 : 0);
      for (const { tags } of [...associations, ...addons]) {
        expect(tags).to.not.have.property("podidentity.io/owner");
        expect(tags).to.have.property("podidentity.io/retained-from");
      }
      const own = roles.find(({ name }) => name.startsWith("EKSAddon-cni"));
      expect(JSON.stringify(own?.tags)).to.not.contain("podidentity.io/owner");
    });
  }

  it("plans what it would do", async () => {
    await apply("cni", { addonName: "vpc-cni", recommendedIdentities: true, mode: "Plan" });
    const { status, metadata } = await untilReady("cni", "Unknown Planned");
    expect(status?.plannedActions?.map(({ call }) => call)).to.deep.equal([
      "iam:CreateRole",
      "iam:AttachRolePolicy",
      "iam:TagRole",
      "eks:CreateAddon",
    ]);
    expect(metadata.finalizers ?? []).to.deep.equal([]);
    expect(it_.effects()).to.deep.equal({});
  });

  it("of two for one add-on the older has it", async () => {
    await apply("first", { addonName: "vpc-cni" });
    await untilReady("first", "True Reconciled");
    await apply("second", { addonName: "vpc-cni" });
    await untilReady("second", "False DuplicateClaim");
    await it_.sandbox.kubectl("delete", "eksaddon", "first", "--timeout=90s");
    await untilReady("second", "True Reconciled");
  });

  it("of the agent shows in AgentReady of every association, which never lowers Ready", async () => {
    const agentReady = async () =>
      (await it_.get("app"))?.status?.conditions?.find(({ type }) => type === "AgentReady");
    await it_.apply("app", { roleArn: OTHER });
    await it_.untilReady("app", "True Reconciled");
    expect(await agentReady()).to.include({ status: "False", reason: "AgentMissing" });
    await apply("agent", { addonName: "eks-pod-identity-agent" });
    await untilReady("agent", "True Reconciled");
    await until("it is seen", async () => (await agentReady())?.reason === "AgentRunning");
    await quiet();
    await it_.sandbox.kubectl("delete", "eksaddon", "agent", "--timeout=90s");
    await until("it is missed", async () => (await agentReady())?.reason === "AgentMissing");
    await it_.untilReady("app", "True Reconciled");
  });

  it("keeps the role of an association while the add-on has it", async () => {
    await it_.apply("app", { role: {} });
    const { status } = await it_.untilReady("app", "True Reconciled");
    const identities = [{ serviceAccountName: "aws-node", roleArn: status?.roleArn }];
    await apply("cni", { addonName: "vpc-cni", identities });
    // Its trust policy is for another ServiceAccount, which EKS does not evaluate when it associates.
    await untilReady("cni", "True Reconciled");
    await it_.sandbox.kubectl("delete", "pia", "app", "-n", it_.namespace, "--wait=false");
    await it_.untilReady("app", "False RoleInUse");
  });

  it("is put right by a new process that knows nothing, without one call more", async () => {
    await apply("cni", {
      addonName: "vpc-cni",
      identities: [{ serviceAccountName: "aws-node", role: OWN }],
    });
    await untilReady("cni", "True Reconciled");
    await it_.operator.kill();
    await it_.sandbox.kubectl(
      "patch",
      "eksaddon",
      "cni",
      "--subresource=status",
      "--type=merge",
      "-p",
      '{"status":null}',
    );
    it_.sandbox.aws.resetCalls();
    it_.operator = await startOperator({ ...it_.sandbox.environment, ...QUICK, ...ADDON_PACE });
    await untilReady("cni", "True Reconciled");
    expect(it_.effects()).to.deep.equal({});
  });
});
