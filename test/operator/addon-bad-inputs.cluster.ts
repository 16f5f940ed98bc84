/** Every bad EKSAddon by name, and every answer that AWS leaves open: nothing is written, or the end is the same. */
import { expect } from "chai";
import { clientsOf } from "../sandbox/aws/clients.ts";
import { startOperator } from "../sandbox/operator.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { type BadAddon, badAddons, withoutRoles } from "./addon-bad-inputs.ts";
import { type AddonFixture, roleArn, startAddonFixture } from "./addon-fixture.ts";
import { ADDON_PACE } from "./addons.ts";
import { QUICK, sweeps, until } from "./fixture.ts";

const ADDON = "vpc-cni";
const HOUR = 3_600_000;
const PAIR = { namespace: "kube-system", serviceAccount: "aws-node" };
const named = (name: string) => [{ serviceAccountName: "aws-node", roleArn: roleArn(name) }];

describe("a bad EKSAddon", function () {
  this.timeout(240_000);
  let it_: AddonFixture;
  before(async () => {
    it_ = await startAddonFixture({ aws: { settings: { addonLagMs: 0 } } });
    await clean(it_);
  });
  after(() => it_.stop());
  afterEach(() => clean(it_));

  const isRefused = async ({ spec, reason, says, there }: BadAddon) => {
    there?.(it_.aws);
    await sweeps(it_.base);
    it_.aws.resetCalls();
    await it_.apply("bad", spec);
    const { status } = await it_.untilReady("bad", `False ${reason}`);
    expect(status?.conditions?.find(({ type }) => type === "Ready")?.message).to.contain(says);
    await sweeps(it_.base);
    await it_.remove("bad");
    expect(it_.base.effects()).to.deep.equal({});
  };

  for (const bad of badAddons) {
    it(`changes nothing, because ${bad.what}: ${bad.reason}`, () => isRefused(bad));
  }

  it("of two for one add-on changes nothing that the older one has", async () => {
    // Of two that were made in the same second the first by name is the older.
    await it_.apply("a-first", { addonName: ADDON, identities: named("named") });
    await it_.untilReady("a-first", "True Reconciled");
    const spec = { addonName: ADDON, adoptionPolicy: "Addon", identities: [] };
    await isRefused({ what: "", spec, reason: "DuplicateClaim", says: "a-first" });
    expect(it_.aws.state().associations).to.have.length(1);
    await it_.remove("a-first");
  });

  it("takes all identities away with an empty list, once it has the add-on", async () => {
    const identities = [{ serviceAccount: "aws-node", roleArn: roleArn("foreign") }];
    it_.aws.putAddon({ cluster: CLUSTER_NAME, name: ADDON, identities });
    it_.aws.resetCalls();
    await it_.apply("empty", { addonName: ADDON, adoptionPolicy: "Addon", identities: [] });
    await it_.untilReady("empty", "True Reconciled");
    expect(it_.base.effects()).to.deep.equal({ "eks:TagResource": 1, "eks:UpdateAddon": 1 });
    expect(it_.aws.state().associations).to.deep.equal([]);
    await it_.remove("empty");
  });

  it("where the operator makes no roles: none is made", async () => {
    await restart(it_, { MANAGE_ROLES: "false" });
    for (const bad of withoutRoles) {
      await isRefused(bad);
      await clean(it_);
    }
    await restart(it_);
  });
});

describe("what AWS's documentation leaves open about add-ons", function () {
  this.timeout(240_000);
  let it_: AddonFixture;
  before(async () => {
    it_ = await startAddonFixture({ aws: { settings: { addonLagMs: 200 } } });
    await clean(it_);
  });
  after(() => it_.stop());
  afterEach(() => clean(it_));

  /** What happens while the operator's call is under way: it is cut, and sent once more. */
  async function during(operation: string, what: () => Promise<unknown>): Promise<void> {
    const id = it_.aws.addFault({ operation, when: "before", times: 1, answer: "hang" });
    await it_.aws.untilHit({ id, hits: 1 });
    await what();
    it_.aws.removeFault({ id });
  }

  for (const unknownAddon of ["EmptyList", "Refused"] as const) {
    it(`an add-on that there is not: ${unknownAddon}`, async () => {
      it_.aws.configure({ unverified: { unknownAddon } });
      await it_.apply("one", { addonName: "vpc-cnii" });
      await it_.untilReady("one", "False AddonUnknown");
      await it_.remove("one");
    });
  }

  for (const preserveOnCreate of ["LikeNone", "Refused"] as const) {
    it(`to preserve fields when it is installed: ${preserveOnCreate}`, async () => {
      it_.aws.configure({ unverified: { preserveOnCreate } });
      await it_.apply("one", { addonName: ADDON, resolveConflicts: "Preserve" });
      await it_.untilReady("one", "True Reconciled");
      await it_.remove("one");
    });
  }

  for (const busyAddon of ["ResourceInUseException", "InvalidRequestException"] as const) {
    it(`an add-on that is being changed by somebody else: ${busyAddon}`, async () => {
      await it_.apply("one", { addonName: ADDON });
      await it_.untilReady("one", "True Reconciled");
      it_.aws.configure({ unverified: { busyAddon }, addonLagMs: HOUR });
      const clients = clientsOf(it_.aws);
      const changing = during("UpdateAddon", () =>
        clients.eks.updateAddon({
          clusterName: CLUSTER_NAME,
          addonName: ADDON,
          configurationValues: "{}",
        }),
      );
      await it_.apply("one", { addonName: ADDON, version: "v1.21.1-eksbuild.1" });
      await changing;
      clients.destroy();
      const refused = () => it_.aws.calls({ operation: "UpdateAddon" }).map(({ error }) => error);
      await until("it was refused", () => refused().includes(busyAddon));
      it_.aws.configure({ addonLagMs: 0 });
      await it_.untilReady("one", "True Reconciled");
      expect(it_.aws.state().addons[0]?.version).to.equal("v1.21.1-eksbuild.1");
      await it_.remove("one");
    });
  }

  for (const addonIdentityExists of [
    "ResourceInUseException",
    "InvalidParameterException",
  ] as const) {
    it(`an association that appears outside in the last moment: ${addonIdentityExists}`, async () => {
      it_.aws.configure({ unverified: { addonIdentityExists } });
      const appearing = during("CreateAddon", async () =>
        it_.aws.putAssociation({
          ...PAIR,
          clusterName: CLUSTER_NAME,
          roleArn: roleArn("foreign"),
        }),
      );
      await it_.apply("one", { addonName: ADDON, identities: named("named") });
      await appearing;
      await it_.untilReady("one", "False AssociationConflict");
      expect(it_.base.effects()).to.deep.equal({});
      it_.aws.deleteAssociation({ ...PAIR, cluster: CLUSTER_NAME });
      await it_.untilReady("one", "True Reconciled");
      await it_.remove("one");
    });
  }

  for (const addonIdentityUpdate of ["KeepsId", "NewId"] as const) {
    it(`the association of a ServiceAccount that gets another role: ${addonIdentityUpdate}`, async () => {
      it_.aws.configure({ unverified: { addonIdentityUpdate } });
      await it_.apply("one", { addonName: ADDON, identities: named("named") });
      await it_.untilReady("one", "True Reconciled");
      await it_.apply("one", { addonName: ADDON, identities: named("foreign") });
      await it_.untilReady("one", "True Reconciled");
      const [association] = it_.aws.state().associations;
      expect(association?.roleArn).to.equal(roleArn("foreign"));
      expect(association?.tags).to.have.property("podidentity.io/owner");
      it_.aws.resetCalls();
      await it_.looks(ADDON);
      expect(it_.base.effects()).to.deep.equal({});
      await it_.remove("one");
    });
  }

  for (const omittedOnUpdate of ["Kept", "Cleared"] as const) {
    it(`settings that an update does not name: ${omittedOnUpdate}`, async () => {
      it_.aws.configure({ unverified: { omittedOnUpdate } });
      const configurationValues = '{"env":{"WARM_IP_TARGET":"3"}}';
      it_.aws.putAddon({ cluster: CLUSTER_NAME, name: ADDON, configurationValues });
      const spec = { addonName: ADDON, adoptionPolicy: "Addon", identities: named("named") };
      await it_.apply("one", spec);
      await it_.untilReady("one", "True Reconciled");
      expect(it_.aws.state().addons[0]?.configurationValues).to.equal(configurationValues);
      await it_.remove("one");
    });
  }

  for (const preservedOwner of ["Kept", "Dropped"] as const) {
    it(`the owner of associations that outlive their add-on: ${preservedOwner}`, async () => {
      it_.aws.configure({ unverified: { preservedOwner } });
      const spec = { addonName: ADDON, identities: named("named") };
      await it_.apply("one", { ...spec, deletionPolicy: "Preserve" });
      await it_.untilReady("one", "True Reconciled");
      await it_.remove("one");
      it_.aws.resetCalls();
      await it_.apply("two", spec);
      await it_.untilReady("two", "False AssociationConflict");
      expect(it_.base.effects()).to.deep.equal({});
      it_.aws.deleteAssociation({ ...PAIR, cluster: CLUSTER_NAME });
      await it_.untilReady("two", "True Reconciled");
      await it_.remove("two");
    });
  }

  for (const trustConditions of ["Accepted", "Refused"] as const) {
    it(`conditions in the trust policy of the recommended role: ${trustConditions}`, async () => {
      it_.aws.configure({ unverified: { trustConditions } });
      await it_.apply("one", { addonName: ADDON, recommendedIdentities: true });
      const isTaken = trustConditions === "Accepted";
      await it_.untilReady("one", isTaken ? "True Reconciled" : "False RolePropagating");
      expect(it_.base.effects()["iam:CreateRole"]).to.equal(1);
      expect(it_.base.effects()["eks:CreateAddon"]).to.equal(isTaken ? 1 : undefined);
      await it_.remove("one");
    });
  }
});

async function restart({ base }: AddonFixture, env: object = {}): Promise<void> {
  await base.operator.kill();
  base.operator = await startOperator({
    ...base.sandbox.environment,
    ...QUICK,
    ...ADDON_PACE,
    ...env,
  });
}

/** AWS as it is before each test. */
async function clean({ aws, base, all, remove }: AddonFixture): Promise<void> {
  for (const { metadata } of await all()) await remove(metadata.name);
  aws.clearFaults();
  aws.configure({ quotas: { rolesPerAccount: 1000 }, addonLagMs: 0 });
  const { eks, destroy } = clientsOf(aws);
  for (const { name: addonName } of aws.state().addons) {
    await eks.deleteAddon({ clusterName: CLUSTER_NAME, addonName });
  }
  destroy();
  await until("no add-on is there", () => aws.state().addons.length === 0);
  for (const { associationId: id } of aws.state().associations) {
    aws.deleteAssociation({ cluster: CLUSTER_NAME, id });
  }
  for (const { name } of aws.state().roles) aws.deleteRole({ name });
  for (const name of ["foreign", "named"]) aws.putRole({ name });
  await sweeps(base);
  aws.resetCalls();
}
