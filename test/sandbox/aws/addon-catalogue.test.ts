/** What the emulated EKS says of add-ons there are, and what AWS and others change behind the operator's back. */
import { expect } from "chai";
import { AddonSandbox, identity } from "./addon-testing.ts";
import { refusalOf, roleArn } from "./testing.ts";

describe("the catalogue of add-ons", () => {
  let it_: AddonSandbox;
  beforeEach(async () => {
    it_ = await AddonSandbox.withAddons();
  });
  afterEach(() => it_.stop());

  const versions = async (more: object) =>
    (await it_.clients.eks.describeAddonVersions(more)).addons ?? [];
  const names = async (more: object) => (await versions(more)).map(({ addonName }) => addonName);
  const configuration = (addonName: string, addonVersion: string) =>
    it_.clients.eks.describeAddonConfiguration({ addonName, addonVersion });

  it("says v1.19.0-eksbuild.1 is the default vpc-cni of 1.30, and that it needs IAM permissions", async () => {
    const [cni] = await versions({ addonName: "vpc-cni", kubernetesVersion: "1.30" });
    expect(cni).to.include({
      addonName: "vpc-cni",
      type: "networking",
      publisher: "eks",
      owner: "aws",
      defaultNamespace: "kube-system",
    });
    const chosen = cni?.addonVersions?.filter(({ compatibilities }) =>
      compatibilities?.some(({ defaultVersion }) => defaultVersion),
    );
    expect(chosen).to.deep.equal([
      {
        addonVersion: "v1.19.0-eksbuild.1",
        architecture: ["amd64", "arm64"],
        computeTypes: ["ec2"],
        compatibilities: [
          { clusterVersion: "1.30", platformVersions: ["*"], defaultVersion: true },
        ],
        requiresConfiguration: false,
        requiresIamPermissions: true,
      },
    ]);
  });

  it("has one default of each add-on for each Kubernetes version from 1.29 to 1.36", async () => {
    for (let minor = 29; minor <= 36; minor += 1) {
      for (const addon of await versions({ kubernetesVersion: `1.${minor}` })) {
        const defaults = addon.addonVersions?.filter(
          ({ compatibilities }) => compatibilities?.[0]?.defaultVersion,
        );
        expect(defaults, `${addon.addonName} for 1.${minor}`).to.have.length(1);
      }
    }
  });

  const bare = (arn: string) => arn.replace(/^arn:aws:iam::aws:policy\//, "");
  const identities: readonly [string, string, string][] = [
    ["vpc-cni", "v1.19.0-eksbuild.1", "aws-node: AmazonEKS_CNI_Policy"],
    [
      "aws-ebs-csi-driver",
      "v1.48.0-eksbuild.1",
      "ebs-csi-controller-sa: service-role/AmazonEBSCSIDriverPolicy",
    ],
    [
      "aws-efs-csi-driver",
      "v2.1.13-eksbuild.1",
      "efs-csi-controller-sa: service-role/AmazonEFSCSIDriverPolicy, efs-csi-node-sa: service-role/AmazonEFSCSIDriverPolicy",
    ],
    [
      "amazon-cloudwatch-observability",
      "v3.1.0-eksbuild.1",
      "cloudwatch-agent: CloudWatchAgentServerPolicy AWSXrayWriteOnlyAccess",
    ],
    ["vpc-cni", "v1.16.4-eksbuild.2", ""],
    ["amazon-cloudwatch-observability", "v2.6.0-eksbuild.1", ""],
    ["eks-pod-identity-agent", "v1.0.0-eksbuild.1", ""],
  ];
  for (const [name, version, expected] of identities) {
    it(`recommends for ${name} ${version}: ${expected || "nothing"}`, async () => {
      const { podIdentityConfiguration = [] } = await configuration(name, version);
      const said = podIdentityConfiguration.map(
        ({ serviceAccount, recommendedManagedPolicies = [] }) =>
          `${serviceAccount}: ${recommendedManagedPolicies.map(bare).join(" ")}`,
      );
      expect(said.join(", ")).to.equal(expected);
    });
  }

  it("recommends only policies that AWS has", async () => {
    const releases = (await versions({})).flatMap(({ addonName = "", addonVersions = [] }) =>
      addonVersions.map(({ addonVersion = "" }) => [addonName, addonVersion] as const),
    );
    const configurations = await Promise.all(releases.map((one) => configuration(...one)));
    const arns = configurations.flatMap(({ podIdentityConfiguration = [] }) =>
      podIdentityConfiguration.flatMap((one) => one.recommendedManagedPolicies ?? []),
    );
    expect(new Set(arns).size).to.equal(5);
    for (const PolicyArn of new Set(arns)) {
      const { Policy } = await it_.clients.iam.getPolicy({ PolicyArn });
      expect(Policy?.Arn).to.equal(PolicyArn);
    }
  });

  it("gives a JSON schema of the configuration with each", async () => {
    const { configurationSchema = "" } = await configuration("coredns", "v1.12.1-eksbuild.2");
    const schema = JSON.parse(configurationSchema);
    expect(schema.properties.replicaCount).to.deep.equal({ type: "integer" });
  });

  it("is filtered by type, publisher and owner, and has pages", async () => {
    expect(await names({ types: ["storage"] })).to.deep.equal([
      "aws-ebs-csi-driver",
      "aws-efs-csi-driver",
    ]);
    expect(await names({ types: ["security", "observability"] })).to.deep.equal([
      "amazon-cloudwatch-observability",
      "eks-pod-identity-agent",
    ]);
    expect(await names({ publishers: ["someone"] })).to.deep.equal([]);
    expect(await names({ owners: ["aws-marketplace"] })).to.deep.equal([]);
    const { eks } = it_.clients;
    const seen: unknown[] = [];
    let nextToken: string | undefined;
    do {
      const more = nextToken === undefined ? {} : { nextToken };
      const page = await eks.describeAddonVersions({ maxResults: 4, ...more });
      seen.push((page.addons ?? []).length);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(seen).to.deep.equal([4, 2]);
  });

  it("shows no add-on of an unknown name, or refuses it; a configuration is refused", async () => {
    expect(await names({ addonName: "vpc-cnl" })).to.deep.equal([]);
    it_.aws.configure({ unverified: { unknownAddon: "Refused" } });
    for (const call of [versions({ addonName: "vpc-cnl" }), configuration("vpc-cnl", "v1")]) {
      expect(await refusalOf(call)).to.match(/^InvalidParameterException: Addon vpc-cnl/);
    }
    expect(await refusalOf(configuration("vpc-cni", "v1"))).to.equal(
      "InvalidParameterException: Addon version specified is not supported",
    );
  });

  it("gets a new version, which becomes the default where AWS says so", async () => {
    const version = "v1.19.2-eksbuild.5";
    it_.aws.putAddonVersion({ addonName: "vpc-cni", version });
    const [cni] = await versions({ addonName: "vpc-cni", kubernetesVersion: "1.30" });
    expect(cni?.addonVersions?.[0]?.addonVersion).to.equal(version);
    it_.aws.putCluster({ name: "demo", version: "1.30" });
    it_.aws.putAddonVersion({ addonName: "vpc-cni", version, defaultFor: ["1.30"] });
    expect((await it_.create("vpc-cni")).addonVersion).to.equal(version);
    it_.aws.putCluster({ name: "other", version: "1.31" });
    expect((await it_.create("vpc-cni", { clusterName: "other" })).addonVersion).to.equal(
      "v1.19.0-eksbuild.1",
    );
  });
});

describe("an add-on, changed by others", () => {
  let it_: AddonSandbox;
  beforeEach(async () => {
    it_ = await AddonSandbox.withAddons();
  });
  afterEach(() => it_.stop());

  it("is there from the cluster's creation, with identities and without a call or a tag", async () => {
    const identities = [identity("aws-node", "cni")];
    const { arn } = it_.aws.putAddon({ cluster: "demo", name: "vpc-cni", identities });
    expect(it_.aws.counters()).to.deep.equal({});
    const addon = await it_.addon("vpc-cni");
    expect(addon).to.deep.include({ status: "ACTIVE", tags: {}, addonArn: arn });
    const [association] = it_.associations();
    expect(association).to.deep.include({ ownerArn: arn, roleArn: roleArn("cni"), tags: {} });
    expect(it_.aws.arns()).to.include.members([arn, association?.associationArn]);
  });

  it("gets another version, other values and tags, or is DEGRADED", async () => {
    it_.aws.putAddon({ cluster: "demo", name: "vpc-cni" });
    const issues = [{ code: "AccessDenied", message: "no right", resourceIds: [] }];
    it_.aws.changeAddon({
      cluster: "demo",
      name: "vpc-cni",
      changes: {
        version: "v1.21.1-eksbuild.1",
        configurationValues: "{}",
        tags: { a: "b" },
        status: "DEGRADED",
        issues,
      },
    });
    expect(await it_.addon("vpc-cni")).to.deep.include({
      addonVersion: "v1.21.1-eksbuild.1",
      configurationValues: "{}",
      tags: { a: "b" },
      status: "DEGRADED",
      health: { issues },
    });
  });
});
