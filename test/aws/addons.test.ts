/** Add-ons over EKS's API: what is sent, and what is made of the answers. EKS is played by a table of answers. */
import { EKSClient } from "@aws-sdk/client-eks";
import { expect } from "chai";
import { AddonCatalogue } from "../../src/aws/addon-catalogue.ts";
import { EksAddons } from "../../src/aws/addons.ts";
import { failureOf } from "../../src/aws/failures.ts";
import { cluster } from "../plan/examples.ts";
import { association } from "./fakes.ts";
import { refusal } from "./wire.ts";

type Sent = readonly [operation: string, input: Readonly<Record<string, unknown>>];
interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}

const ARN = "arn:aws:eks:us-west-2:111122223333:addon/demo/vpc-cni/1";
const OWNED = association("aws-node", { ownerArn: ARN });

/** An EKS that answers as told; what it throws comes as the clients' middleware would have put it. */
function eks(answers: Readonly<Record<string, object | Error>>) {
  const sent: Sent[] = [];
  const send = async (command: Command): Promise<unknown> => {
    const { input } = command;
    const operation = command.constructor.name.replace(/Command$/, "");
    sent.push([operation, input]);
    const answer = answers[operation] ?? {};
    if (answer instanceof Error) throw failureOf(answer, { action: `eks:${operation}`, input });
    return answer;
  };
  const described: string[] = [];
  const associations = {
    describe: async (id: string) => {
      described.push(id);
      return id === "a-gone" ? undefined : OWNED;
    },
  };
  const client = Object.assign(new EKSClient({ region: "us-west-2" }), { send }) as EKSClient;
  return { addons: new EksAddons(client, "demo", associations), sent, described };
}

function exception(name: string, status: number, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

const creation = {
  name: "vpc-cni",
  version: "v1.19.0-eksbuild.1",
  resolveConflicts: "NONE",
  tags: { team: "net" },
  configuration: undefined,
  namespace: undefined,
  identities: [],
} as const;

describe("add-ons in EKS", () => {
  it("are described with their associations, and say which of them EKS does not show", async () => {
    const prefix = "arn:aws:eks:us-west-2:111122223333:podidentityassociation/demo";
    const addon = {
      addonName: "vpc-cni",
      addonArn: ARN,
      status: "DEGRADED",
      addonVersion: "v1",
      health: {
        issues: [
          { code: "AccessDenied", message: "may not (Request ID: 1-2)", resourceIds: ["x"] },
        ],
      },
      podIdentityAssociations: [`${prefix}/a-aws-node`, `${prefix}/a-gone`],
    };
    const { addons, described } = eks({ DescribeAddon: { addon } });
    expect(await addons.describe("vpc-cni")).to.deep.equal({
      name: "vpc-cni",
      arn: ARN,
      status: "DEGRADED",
      version: "v1",
      namespace: undefined,
      configuration: undefined,
      tags: {},
      healthIssues: [{ code: "AccessDenied", message: "may not", resourceIds: ["x"] }],
      associations: [OWNED],
      unread: ["a-gone"],
    });
    expect(described).to.deep.equal(["a-aws-node", "a-gone"]);
  });

  it("are undefined where there is none", async () => {
    const text = "No addon: vpc-cni found in cluster: demo";
    const { addons } = eks({ DescribeAddon: exception("ResourceNotFoundException", 404, text) });
    expect(await addons.describe("vpc-cni")).to.equal(undefined);
  });

  it("are not undefined where the cluster is unknown", async () => {
    const text = "No cluster found for name: demo.";
    const { addons } = eks({ DescribeAddon: exception("ResourceNotFoundException", 404, text) });
    expect(await refusal(addons.describe("vpc-cni"))).to.include({ reason: "ClusterNotFound" });
  });

  it("are created without what is not asked for", async () => {
    const { addons, sent } = eks({ CreateAddon: { addon: { addonName: "vpc-cni" } } });
    await addons.create(creation);
    expect(sent).to.deep.equal([
      [
        "CreateAddon",
        {
          clusterName: "demo",
          addonName: "vpc-cni",
          addonVersion: "v1.19.0-eksbuild.1",
          resolveConflicts: "NONE",
          tags: { team: "net" },
        },
      ],
    ]);
  });

  it("are created with configuration, namespace and identities", async () => {
    const { addons, sent } = eks({ CreateAddon: { addon: { addonName: "vpc-cni" } } });
    const identities = [{ serviceAccount: "aws-node", roleArn: "arn:role" }];
    await addons.create({ ...creation, configuration: "{}", namespace: "net", identities });
    expect(sent[0]?.[1]).to.deep.include({
      configurationValues: "{}",
      namespaceConfig: { namespace: "net" },
      podIdentityAssociations: identities,
    });
  });

  it("are AlreadyExists where somebody was faster, and a conflict where an association is in the way", async () => {
    const inUse = (text: string) =>
      eks({ CreateAddon: exception("ResourceInUseException", 409, text) });
    expect(await inUse("Addon already exists.").addons.create(creation)).to.equal("AlreadyExists");
    const taken = await refusal(inUse("Association already exists: a-1").addons.create(creation));
    expect(taken).to.include({ reason: "AssociationConflict" });
  });

  it("are updated by what differs, an empty list of identities included", async () => {
    const { addons, sent } = eks({ UpdateAddon: { update: { id: "u-1" } } });
    const id = await addons.change({
      type: "UpdateAddon",
      name: "vpc-cni",
      resolveConflicts: "OVERWRITE",
      version: undefined,
      configuration: undefined,
      identities: [],
    });
    expect(id).to.equal("u-1");
    const common = { clusterName: "demo", addonName: "vpc-cni", resolveConflicts: "OVERWRITE" };
    expect(sent).to.deep.equal([["UpdateAddon", { ...common, podIdentityAssociations: [] }]]);
  });

  it("are deleted and tagged", async () => {
    const { addons, sent } = eks({
      DeleteAddon: exception(
        "ResourceNotFoundException",
        404,
        "No addon: x found in cluster: demo",
      ),
    });
    await addons.change({ type: "DeleteAddon", name: "x", preserve: true });
    await addons.change({ type: "TagAddon", arn: ARN, tags: { a: "b" } });
    await addons.change({ type: "UntagAddon", arn: ARN, keys: ["a"] });
    expect(sent).to.deep.equal([
      ["DeleteAddon", { clusterName: "demo", addonName: "x", preserve: true }],
      ["TagResource", { resourceArn: ARN, tags: { a: "b" } }],
      ["UntagResource", { resourceArn: ARN, tagKeys: ["a"] }],
    ]);
  });

  it("say why an update failed", async () => {
    const errors = [{ errorCode: "ConfigurationConflict", errorMessage: "a", resourceIds: ["b"] }];
    const { addons, sent } = eks({ DescribeUpdate: { update: { status: "Failed", errors } } });
    expect(await addons.update("vpc-cni", "u-1")).to.deep.equal({
      status: "Failed",
      errors: [{ code: "ConfigurationConflict", message: "a", resourceIds: ["b"] }],
    });
    expect(sent[0]?.[1]).to.deep.equal({ name: "demo", addonName: "vpc-cni", updateId: "u-1" });
  });

  it("have the versions that there are for a Kubernetes version, with its default", async () => {
    const version = (addonVersion: string, clusterVersion: string, defaultVersion: boolean) => ({
      addonVersion,
      compatibilities: [{ clusterVersion, defaultVersion }],
      requiresIamPermissions: true,
    });
    const addonVersions = [version("v2", "1.30", false), version("v1", "1.30", true)];
    const info = { addonName: "vpc-cni", defaultNamespace: "kube-system", addonVersions };
    const { addons, sent } = eks({ DescribeAddonVersions: { addons: [info] } });
    const entry = (name: string, isDefault: boolean) => ({
      version: name,
      isDefault,
      requiresIamPermissions: true,
    });
    expect(await addons.versions("vpc-cni", "1.30")).to.deep.equal({
      defaultNamespace: "kube-system",
      versions: [entry("v2", false), entry("v1", true)],
    });
    expect(sent[0]?.[1]).to.deep.include({ addonName: "vpc-cni", kubernetesVersion: "1.30" });
  });

  const unknown: [string, object | Error][] = [
    ["an empty list", { addons: [] }],
    [
      "a refusal",
      exception("InvalidParameterException", 400, "Addon x specified is not supported"),
    ],
  ];
  for (const [how, answer] of unknown) {
    it(`have no versions where EKS knows none of that name, and says so by ${how}`, async () => {
      const { addons } = eks({ DescribeAddonVersions: answer });
      expect((await addons.versions("x", "1.30")).versions).to.deep.equal([]);
    });
  }

  it("have the ServiceAccounts that EKS's catalogue names, and none where it names none", async () => {
    const podIdentityConfiguration = [
      { serviceAccount: "aws-node", recommendedManagedPolicies: ["arn:p"] },
    ];
    const { addons } = eks({ DescribeAddonConfiguration: { podIdentityConfiguration } });
    expect(await addons.recommendations("vpc-cni", "v1")).to.deep.equal([
      { serviceAccount: "aws-node", policies: ["arn:p"] },
    ]);
    expect(await eks({}).addons.recommendations("coredns", "v1")).to.deep.equal([]);
  });
});

describe("EKS's catalogue", () => {
  const facts = { ...cluster, version: "1.30" };
  let now = 0;
  let calls: string[] = [];
  let broken = false;

  const catalogue = () =>
    new AddonCatalogue({
      addons: {
        versions: async (name, kubernetes) => {
          calls.push(`${name} for ${kubernetes}`);
          if (broken) throw new Error("outage");
          return { defaultNamespace: undefined, versions: [] };
        },
        recommendations: async () => [],
      },
      cluster: { describe: async () => facts },
      clusterName: "demo",
      keptMs: 1_000,
      now: () => now,
    });

  beforeEach(() => {
    now = 0;
    calls = [];
    broken = false;
  });

  it("is read once for the cluster's version, and again when it is old", async () => {
    const kept = catalogue();
    await Promise.all([kept.entry("vpc-cni"), kept.entry("vpc-cni")]);
    now = 999;
    await kept.entry("vpc-cni");
    expect(calls).to.deep.equal(["vpc-cni for 1.30"]);
    now = 1_000;
    await kept.entry("vpc-cni");
    expect(calls).to.have.length(2);
  });

  it("is read again at once where that failed", async () => {
    const kept = catalogue();
    broken = true;
    expect(await refusal(kept.entry("vpc-cni"))).to.be.an("error");
    broken = false;
    expect((await kept.entry("vpc-cni")).versions).to.deep.equal([]);
  });
});
