/** UpdateAddon and DescribeUpdate of the emulated EKS, and what a test makes fail. */
import { expect } from "chai";
import { AddonSandbox, identity } from "./addon-testing.ts";
import { refusalOf } from "./testing.ts";

const IMAGE = 'DaemonSet.apps aws-node - .spec.template.spec.containers[name="aws-node"].image';
const CONFLICTS =
  "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:";

describe("an update of an add-on", () => {
  let it_: AddonSandbox;
  beforeEach(async () => {
    it_ = await AddonSandbox.withAddons();
  });
  afterEach(() => it_.stop());

  const shown = async (updateId = "", addonName: string | undefined = "vpc-cni") =>
    (await it_.clients.eks.describeUpdate({ name: "demo", updateId, addonName })).update;

  it("is InProgress while the add-on is UPDATING, then Successful and ACTIVE", async () => {
    await it_.created("vpc-cni");
    const values = '{"env":{"WARM_IP_TARGET":"3"}}';
    const update = await it_.update("vpc-cni", {
      addonVersion: "v1.21.1-eksbuild.1",
      configurationValues: values,
      resolveConflicts: "OVERWRITE",
      podIdentityAssociations: [],
    });
    expect(update).to.deep.include({
      status: "InProgress",
      type: "AddonUpdate",
      errors: [],
      params: [
        { type: "AddonVersion", value: "v1.21.1-eksbuild.1" },
        { type: "ResolveConflicts", value: "OVERWRITE" },
        { type: "ConfigurationValues", value: values },
        { type: "PodIdentityAssociations", value: "[]" },
      ],
    });
    expect(await shown(update.id)).to.deep.equal(update);
    expect(await it_.addon("vpc-cni")).to.include({
      status: "UPDATING",
      addonVersion: "v1.20.4-eksbuild.1",
    });
    it_.pass();
    expect(await shown(update.id)).to.include({ status: "Successful" });
    expect(await it_.addon("vpc-cni")).to.include({
      status: "ACTIVE",
      addonVersion: "v1.21.1-eksbuild.1",
      configurationValues: values,
    });
  });

  it("is found by its id and its add-on's name only", async () => {
    await it_.created("vpc-cni");
    const { id } = await it_.update("vpc-cni", {});
    const { eks } = it_.clients;
    const without = eks.describeUpdate({ name: "demo", updateId: id });
    for (const call of [without, shown(id, "coredns"), shown("none")]) {
      expect(await refusalOf(call)).to.match(/^ResourceNotFoundException: No update found/);
    }
  });

  it("is refused while the add-on is busy, with the one code or the other", async () => {
    await it_.create("vpc-cni");
    const text = "Addon vpc-cni cannot be updated as it is currently in CREATING state";
    expect(await refusalOf(it_.update("vpc-cni", {}))).to.equal(`ResourceInUseException: ${text}`);
    it_.aws.configure({ unverified: { busyAddon: "InvalidRequestException" } });
    expect(await refusalOf(it_.update("vpc-cni", {}))).to.equal(`InvalidRequestException: ${text}`);
  });

  it("is checked as a create is, before anything is changed", async () => {
    await it_.created("vpc-cni");
    const before = it_.aws.state();
    const wanted = { podIdentityAssociations: [identity("aws-node", "cni")] };
    for (const more of [
      { ...wanted, addonVersion: "v1.16.4-eksbuild.2" },
      { ...wanted, addonVersion: "v9.9.9-eksbuild.1" },
      { ...wanted, configurationValues: '{"replicaCount":2}' },
      { ...wanted, resolveConflicts: "MERGE" as "NONE" },
    ]) {
      expect(await refusalOf(it_.update("vpc-cni", more))).to.match(/^InvalidParameterException/);
    }
    expect(it_.aws.state()).to.deep.equal(before);
    expect(await refusalOf(it_.update("coredns", {}))).to.equal(
      "ResourceNotFoundException: No addon: coredns found in cluster: demo",
    );
  });

  it("that names no version leaves one that the upgraded cluster could not have any more", async () => {
    it_.aws.putCluster({ name: "demo", version: "1.30" });
    await it_.created("vpc-cni");
    it_.aws.putCluster({ name: "demo", version: "1.36" });
    const podIdentityAssociations = [identity("aws-node", "cni")];
    const { addonVersion } = await it_.updated("vpc-cni", { podIdentityAssociations });
    expect([addonVersion, ...it_.identities()]).to.deep.equal([
      "v1.19.0-eksbuild.1",
      "aws-node cni",
    ]);
  });

  it("is made once for its token", async () => {
    await it_.created("vpc-cni");
    const first = await it_.update("vpc-cni", { clientRequestToken: "once" });
    it_.pass();
    const second = await it_.update("vpc-cni", { clientRequestToken: "once" });
    expect(second.id).to.equal(first.id);
    expect((await it_.addon("vpc-cni")).status).to.equal("ACTIVE");
  });

  for (const [answer, kept] of [
    ["Kept", true],
    ["Cleared", false],
  ] as const) {
    it(`that names no configuration ${kept ? "keeps" : "clears"} it (${answer})`, async () => {
      it_.aws.configure({ unverified: { omittedOnUpdate: answer } });
      await it_.created("coredns", { configurationValues: '{"replicaCount":3}' });
      const { configurationValues } = await it_.updated("coredns", {});
      expect(configurationValues).to.equal(kept ? '{"replicaCount":3}' : undefined);
    });
  }

  it("is Cancelled by a delete of the add-on", async () => {
    await it_.created("vpc-cni");
    const { id } = await it_.update("vpc-cni", {});
    await it_.delete("vpc-cni");
    expect(await shown(id)).to.include({ status: "Cancelled" });
    expect((await it_.addon("vpc-cni")).status).to.equal("DELETING");
  });
});

describe("an add-on that fails", () => {
  const REPLICAS = {
    code: "InsufficientNumberOfReplicas",
    message: "The add-on is unhealthy because it doesn't have the desired number of replicas.",
    resourceIds: ["coredns-1", "coredns-2"],
  };
  let it_: AddonSandbox;
  beforeEach(async () => {
    it_ = await AddonSandbox.withAddons();
  });
  afterEach(() => it_.stop());

  const failing = { cluster: "demo", issues: [REPLICAS] };

  it("is CREATE_FAILED with the issues in its health, and an update mends it", async () => {
    it_.aws.failAddon({ ...failing, addonName: "coredns", operation: "create" });
    const failed = await it_.created("coredns");
    expect(failed).to.deep.include({ status: "CREATE_FAILED", health: { issues: [REPLICAS] } });
    expect(it_.aws.installedAddons({ cluster: "demo" })).to.deep.equal([]);
    const mended = await it_.updated("coredns", {});
    expect(mended).to.deep.include({ status: "ACTIVE", health: { issues: [] } });
  });

  it("is UPDATE_FAILED as often as it was asked for, and keeps its version", async () => {
    await it_.created("vpc-cni");
    it_.aws.failAddon({ ...failing, addonName: "vpc-cni", operation: "update", times: 2 });
    const states: unknown[] = [];
    for (let run = 0; run < 3; run += 1) {
      const update = await it_.update("vpc-cni", { addonVersion: "v1.21.1-eksbuild.1" });
      it_.pass();
      const one = { name: "demo", updateId: update.id, addonName: "vpc-cni" };
      const { status, errors } = (await it_.clients.eks.describeUpdate(one)).update ?? {};
      const addon = await it_.addon("vpc-cni");
      states.push([addon.status, addon.addonVersion, status, errors?.[0]?.errorCode]);
    }
    const { code } = REPLICAS;
    expect(states).to.deep.equal([
      ["UPDATE_FAILED", "v1.20.4-eksbuild.1", "Failed", code],
      ["UPDATE_FAILED", "v1.20.4-eksbuild.1", "Failed", code],
      ["ACTIVE", "v1.21.1-eksbuild.1", "Successful", undefined],
    ]);
  });

  it("is DELETE_FAILED with its associations still there, and a second delete succeeds", async () => {
    await it_.created("vpc-cni", { podIdentityAssociations: [identity("aws-node", "cni")] });
    it_.aws.failAddon({ ...failing, addonName: "vpc-cni", operation: "delete" });
    await it_.delete("vpc-cni");
    it_.pass();
    expect((await it_.addon("vpc-cni")).status).to.equal("DELETE_FAILED");
    expect(it_.identities()).to.deep.equal(["aws-node cni"]);
    await it_.delete("vpc-cni");
    it_.pass();
    expect([it_.aws.state().addons, it_.identities()]).to.deep.equal([[], []]);
  });

  const createModes = [
    ["NONE", "CREATE_FAILED"],
    ["PRESERVE", "CREATE_FAILED"],
    ["OVERWRITE", "ACTIVE"],
  ] as const;
  for (const [resolveConflicts, status] of createModes) {
    it(`over an unmanaged copy, created with ${resolveConflicts}, is ${status}`, async () => {
      it_.aws.putUnmanagedAddon({ cluster: "demo", addonName: "vpc-cni", fields: [IMAGE] });
      const addon = await it_.created("vpc-cni", { resolveConflicts });
      expect(addon.status).to.equal(status);
      expect(addon.health?.issues?.map(({ code, message }) => `${code}: ${message}`)).to.deep.equal(
        status === "ACTIVE" ? [] : [`ConfigurationConflict: ${CONFLICTS}\n${IMAGE}`],
      );
    });
  }

  const updateModes = [
    ["NONE", "UPDATE_FAILED", "UPDATE_FAILED"],
    ["PRESERVE", "ACTIVE", "UPDATE_FAILED"],
    ["OVERWRITE", "ACTIVE", "ACTIVE"],
  ] as const;
  for (const [resolveConflicts, status, next] of updateModes) {
    it(`with fields changed by somebody, updated with ${resolveConflicts}, is ${status}; a later NONE is ${next}`, async () => {
      await it_.created("vpc-cni");
      it_.aws.putUnmanagedAddon({ cluster: "demo", addonName: "vpc-cni", fields: [IMAGE] });
      expect((await it_.updated("vpc-cni", { resolveConflicts })).status).to.equal(status);
      expect((await it_.updated("vpc-cni", {})).status).to.equal(next);
    });
  }
});
