/** What others do to an add-on just while an EKSAddon is brought to it: theirs stays, and what was ours goes. */
import { expect } from "chai";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type AddonFixture, roleArn, startAddonFixture } from "./addon-fixture.ts";
import { sweeps, until } from "./fixture.ts";

const ADDON = "aws-efs-csi-driver";
const CONTROLLER = "efs-csi-controller-sa";
const NODE = "efs-csi-node-sa";
const HOUR = 3_600_000;
const own = { serviceAccountName: CONTROLLER, role: { managedPolicies: ["AmazonS3FullAccess"] } };
const elsewhere = {
  "podidentity.io/owner": "arn:aws:eks:us-west-2:111122223333:cluster/elsewhere",
  "podidentity.io/installation": "default",
  "podidentity.io/resource": "EKSAddon/efs",
};

describe("an EKSAddon that is not alone", function () {
  this.timeout(240_000);
  let it_: AddonFixture;

  beforeEach(async function () {
    this.timeout(FIRST_BUILD_MS);
    it_ = await startAddonFixture();
    for (const name of ["foreign", "named"]) it_.aws.putRole({ name });
    await sweeps(it_.base);
  });
  afterEach(() => it_.stop());

  const accounts = () =>
    it_.aws
      .state()
      .associations.map(({ serviceAccount }) => serviceAccount)
      .toSorted();

  it("keeps an identity that somebody gives the add-on while a role is made", async () => {
    const { arn: ownerArn } = it_.aws.putAddon({ cluster: CLUSTER_NAME, name: ADDON });
    const hang = { operation: "AttachRolePolicy", times: 1, answer: "hang" } as const;
    const id = it_.aws.addFault(hang);
    await it_.apply("efs", { addonName: ADDON, adoptionPolicy: "Addon", identities: [own] });
    await it_.aws.untilHit({ id, hits: 1 });
    it_.aws.putAssociation({
      clusterName: CLUSTER_NAME,
      namespace: "kube-system",
      serviceAccount: NODE,
      roleArn: roleArn("foreign"),
      ownerArn,
    });
    it_.aws.removeFault({ id });
    await it_.untilReady("efs", "True Reconciled");
    expect(accounts()).to.deep.equal([CONTROLLER, NODE]);
  });

  for (const change of ["installed", "updated"]) {
    it(`takes an identity back that leaves the spec while the add-on is being ${change}`, async () => {
      const node = { serviceAccountName: NODE, roleArn: roleArn("named") };
      if (change === "updated") {
        await it_.apply("efs", { addonName: ADDON });
        await it_.untilReady("efs", "True Reconciled");
      }
      it_.aws.configure({ addonLagMs: HOUR });
      await it_.apply("efs", {
        addonName: ADDON,
        identities: [own, { serviceAccountName: NODE, roleArn: roleArn("foreign") }],
      });
      await until("EKS has made them", () => accounts().length === 2);
      await it_.apply("efs", { addonName: ADDON, identities: [node] });
      await until("the operator has seen it", async () => {
        const { metadata, status } = (await it_.get("efs")) ?? {};
        return metadata !== undefined && status?.observedGeneration === metadata.generation;
      });
      it_.aws.configure({ addonLagMs: 0 });
      await it_.untilReady("efs", "True Reconciled");
      await until("they are as the spec says", () => accounts().join() === NODE);
      const roles = it_.aws.state().roles.map(({ name }) => name);
      expect(roles).to.have.members(["foreign", "named"]);
    });
  }

  it("keeps its role while the add-on that another installation took has it", async () => {
    await it_.apply("efs", { addonName: ADDON, identities: [own] });
    await it_.untilReady("efs", "True Reconciled");
    const changes = { tags: elsewhere };
    it_.aws.changeAddon({ cluster: CLUSTER_NAME, name: ADDON, changes });
    const pair = { cluster: CLUSTER_NAME, namespace: "kube-system", serviceAccount: CONTROLLER };
    it_.aws.changeAssociation({ ...pair, changes });
    await it_.untilReady("efs", "False AddonConflict");
    it_.aws.resetCalls();
    await it_.base.sandbox.kubectl("delete", "eksaddon", "efs", "--wait=false");
    await it_.untilReady("efs", "False RoleInUse");
    expect(it_.base.effects()).to.deep.equal({});
    it_.aws.changeAssociation({ ...pair, changes: { roleArn: roleArn("foreign") } });
    const isGone = async () => (await it_.get("efs")) === undefined;
    await until("it is gone", isGone);
    expect(it_.base.effects()).to.deep.equal({ "iam:DetachRolePolicy": 1, "iam:DeleteRole": 1 });
  });
});
