/** Add-ons of the emulated EKS over the wire: made, shown, listed, tagged, deleted. */
import { expect } from "chai";
import { AddonSandbox, identity, LAG_MS } from "./addon-testing.ts";
import { refusalOf } from "./testing.ts";

describe("an add-on", () => {
  let it_: AddonSandbox;
  beforeEach(async () => {
    it_ = await AddonSandbox.withAddons();
  });
  afterEach(() => it_.stop());

  it("is CREATING, then ACTIVE, then DELETING, then gone", async () => {
    const name = "eks-pod-identity-agent";
    expect(await refusalOf(it_.addon(name))).to.equal(
      "ResourceNotFoundException: No addon: eks-pod-identity-agent found in cluster: demo",
    );
    const states = [(await it_.create(name)).status];
    it_.aws.advance({ ms: LAG_MS - 1 });
    states.push((await it_.addon(name)).status);
    it_.aws.advance({ ms: 1 });
    states.push((await it_.addon(name)).status);
    states.push((await it_.delete(name)).addon?.status);
    it_.pass();
    expect(states).to.deep.equal(["CREATING", "CREATING", "ACTIVE", "DELETING"]);
    expect(await refusalOf(it_.addon(name))).to.match(/^ResourceNotFoundException/);
    expect(it_.aws.state().addons).to.deep.equal([]);
  });

  it("becomes ACTIVE though nobody looks, and no read counts as a change", async () => {
    await it_.create("vpc-cni");
    it_.pass();
    it_.aws.resetCalls();
    await it_.addon("vpc-cni");
    expect(it_.aws.counters()).to.deep.equal({
      "eks:DescribeAddon": { calls: 1, errors: 0, effects: 0 },
    });
    expect(it_.aws.state().addons.map(({ status }) => status)).to.deep.equal(["ACTIVE"]);
  });

  it("is shown with all that was asked for, and with what AWS says of it", async () => {
    const values = JSON.stringify({ env: { WARM_IP_TARGET: "3" } });
    it_.aws.putCluster({ name: "demo", version: "1.30" });
    const shown = await it_.created("vpc-cni", {
      addonVersion: "v1.19.0-eksbuild.1",
      configurationValues: values,
      serviceAccountRoleArn: "arn:aws:iam::111122223333:role/irsa",
      tags: { team: "net" },
      podIdentityAssociations: [identity("aws-node", "cni")],
    });
    const [association] = it_.associations();
    expect(shown).to.deep.include({
      addonName: "vpc-cni",
      clusterName: "demo",
      status: "ACTIVE",
      addonVersion: "v1.19.0-eksbuild.1",
      configurationValues: values,
      serviceAccountRoleArn: "arn:aws:iam::111122223333:role/irsa",
      tags: { team: "net" },
      health: { issues: [] },
      owner: "aws",
      publisher: "eks",
      namespaceConfig: { namespace: "kube-system" },
      podIdentityAssociations: [association?.associationArn],
    });
    expect(shown.addonArn).to.match(
      /^arn:aws:eks:us-west-2:111122223333:addon\/demo\/vpc-cni\/[0-9a-f-]{36}$/,
    );
    expect(shown.createdAt).to.deep.equal(new Date(Date.UTC(2026, 10, 22)));
  });

  it("without a version gets the default one of the cluster's Kubernetes version", async () => {
    it_.aws.putCluster({ name: "demo", version: "1.30" });
    expect((await it_.create("vpc-cni")).addonVersion).to.equal("v1.19.0-eksbuild.1");
  });

  it("has its associations in its own namespace, or in the one that was asked for", async () => {
    const podIdentityAssociations = [identity("cloudwatch-agent", "cni")];
    await it_.create("amazon-cloudwatch-observability", { podIdentityAssociations });
    await it_.create("aws-efs-csi-driver", {
      podIdentityAssociations: [identity("efs-csi-node-sa", "efs")],
      namespaceConfig: { namespace: "storage" },
    });
    expect(it_.associations().map(({ namespace }) => namespace)).to.deep.equal([
      "amazon-cloudwatch",
      "storage",
    ]);
    const { namespaceConfig } = await it_.addon("aws-efs-csi-driver");
    expect(namespaceConfig).to.deep.equal({ namespace: "storage" });
  });

  it("is made once: a second is refused, the same token gets the first answer again", async () => {
    const first = await it_.create("coredns", { clientRequestToken: "once" });
    expect(await it_.create("coredns", { clientRequestToken: "once" })).to.deep.equal(first);
    expect(await refusalOf(it_.create("coredns"))).to.equal(
      "ResourceInUseException: Addon already exists.",
    );
  });

  const refusals: readonly [string, string, object, string][] = [
    [
      "a name that AWS does not know",
      "vpc-cnl",
      {},
      "Addon vpc-cnl specified is not supported in 1.36 kubernetes version",
    ],
    [
      "a version that there is not",
      "vpc-cni",
      { addonVersion: "v9.9.9-eksbuild.1" },
      "Addon version specified is not supported",
    ],
    [
      "a version for older clusters",
      "vpc-cni",
      { addonVersion: "v1.19.0-eksbuild.1" },
      "Addon version specified is not supported",
    ],
    [
      "a value that the schema does not have",
      "aws-ebs-csi-driver",
      { configurationValues: '{"nodeSelector":{}}' },
      "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.nodeSelector: is not defined in the schema and the schema does not allow additional properties]",
    ],
    [
      "a value of another type",
      "vpc-cni",
      { configurationValues: '{"enableNetworkPolicy":true}' },
      "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.enableNetworkPolicy: boolean found, string expected]",
    ],
    [
      "a value of another type further down, in YAML",
      "coredns",
      { configurationValues: "replicaCount: two\nresources:\n  limits: 1\n" },
      "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.replicaCount: string found, integer expected, $.resources.limits: integer found, object expected]",
    ],
  ];
  for (const [what, name, more, message] of refusals) {
    it(`refuses ${what}, and makes nothing`, async () => {
      expect(await refusalOf(it_.create(name, more))).to.equal(
        `InvalidParameterException: ${message}`,
      );
      expect(it_.aws.state().addons).to.deep.equal([]);
    });
  }

  it("takes its configuration as JSON and as YAML, and shows it as it was written", async () => {
    const yaml = "replicaCount: 3 # for three zones\n";
    expect(
      (await it_.create("coredns", { configurationValues: yaml })).configurationValues,
    ).to.equal(yaml);
  });

  it("is refused for tags, conflict modes and namespaces that EKS does not take", async () => {
    for (const more of [
      { tags: { "aws:x": "y" } },
      { resolveConflicts: "MERGE" as "NONE" },
      { namespaceConfig: { namespace: "Not_A_Namespace" } },
      { serviceAccountRoleArn: "reader" },
    ]) {
      expect(await refusalOf(it_.create("coredns", more))).to.match(/^InvalidParameterException/);
    }
    const nowhere = it_.create("coredns", { clusterName: "nowhere" });
    expect(await refusalOf(nowhere)).to.equal(
      "ResourceNotFoundException: No cluster found for name: nowhere.",
    );
  });

  it("made with PRESERVE is made as with NONE, or refused", async () => {
    await it_.create("coredns", { resolveConflicts: "PRESERVE" });
    it_.aws.configure({ unverified: { preserveOnCreate: "Refused" } });
    expect(await refusalOf(it_.create("vpc-cni", { resolveConflicts: "PRESERVE" }))).to.equal(
      "InvalidParameterException: Resolve conflicts option preserve is not supported for operation CreateAddon",
    );
  });

  it("is listed by name, page by page", async () => {
    for (const name of ["vpc-cni", "coredns", "aws-ebs-csi-driver"]) await it_.create(name);
    const { eks } = it_.clients;
    const first = await eks.listAddons({ clusterName: "demo", maxResults: 2 });
    const { nextToken } = first;
    const second = await eks.listAddons({ clusterName: "demo", maxResults: 2, nextToken });
    expect([first.addons, second.addons, second.nextToken]).to.deep.equal([
      ["aws-ebs-csi-driver", "coredns"],
      ["vpc-cni"],
      undefined,
    ]);
    const many = eks.listAddons({ clusterName: "demo", maxResults: 101 });
    expect(await refusalOf(many)).to.match(/^InvalidParameterException/);
  });

  it("is tagged by its ARN, and so is an association that it owns", async () => {
    const podIdentityAssociations = [identity("aws-node", "cni")];
    const addon = await it_.created("vpc-cni", { podIdentityAssociations, tags: { a: "1" } });
    const { eks } = it_.clients;
    for (const resourceArn of [addon.addonArn, addon.podIdentityAssociations?.[0]]) {
      await eks.tagResource({ resourceArn, tags: { b: "2", c: "3" } });
      await eks.untagResource({ resourceArn, tagKeys: ["c", "a"] });
      const { tags } = await eks.listTagsForResource({ resourceArn });
      expect(tags).to.deep.equal({ b: "2" });
    }
    expect((await it_.addon("vpc-cni")).tags).to.deep.equal({ b: "2" });
    const stranger = `${addon.addonArn}0`;
    expect(await refusalOf(eks.listTagsForResource({ resourceArn: stranger }))).to.match(
      /^NotFoundException/,
    );
  });

  it("takes its associations with it when it is deleted", async () => {
    await it_.created("vpc-cni", { podIdentityAssociations: [identity("aws-node", "cni")] });
    await it_.delete("vpc-cni");
    expect(it_.identities()).to.deep.equal(["aws-node cni"]);
    it_.pass();
    expect(it_.identities()).to.deep.equal([]);
    expect(it_.aws.installedAddons({ cluster: "demo" })).to.deep.equal([]);
  });

  it("leaves its software and its associations where the delete says preserve", async () => {
    const podIdentityAssociations = [identity("aws-node", "cni")];
    const { addonArn } = await it_.created("vpc-cni", { podIdentityAssociations });
    await it_.delete("vpc-cni", true);
    it_.pass();
    expect(await refusalOf(it_.addon("vpc-cni"))).to.match(/^ResourceNotFoundException/);
    expect(it_.associations().map(({ ownerArn }) => ownerArn)).to.deep.equal([addonArn]);
    const installed = () => it_.aws.installedAddons({ cluster: "demo" }).map(({ name }) => name);
    const seen = [installed()];
    await it_.create("vpc-cni");
    seen.push(installed());
    it_.pass();
    expect([...seen, installed()]).to.deep.equal([["vpc-cni"], ["vpc-cni"], ["vpc-cni"]]);
  });
});
