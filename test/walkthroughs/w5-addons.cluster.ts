/** W5, the add-ons guide: one file gives an add-on its version, its role and its pods' credentials, early or late. */
import { expect } from "chai";
import { stringify } from "yaml";
import { PROFILES } from "../config/aws-documents.ts";
import { getAddons, untilAddonReady } from "../operator/addons.ts";
import { BOUNDARY, sweeps, until } from "../operator/fixture.ts";
import type { Pod } from "../sandbox/data-plane/pod.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type AddonGuide, credentialsOf, hasCredentials, startAddonGuide } from "./addon-guide.ts";
import { addonStates, INSTALLED, sample, saw } from "./guide.ts";
import { type SecondCluster, startSecondCluster } from "./second-cluster.ts";

const CNI = "vpc-cni";
const AGENT = "eks-pod-identity-agent";
const EFS = "aws-efs-csi-driver";
const AWS_NODE = "k8s-app=aws-node";
const CNI_ROLE = "arn:aws:iam::111122223333:role/AmazonEKSPodIdentityAmazonVPCCNIRole";
const CNI_POLICY = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
const EFS_ROLE = "arn:aws:iam::111122223333:role/AmazonEKSPodIdentityAmazonEFSCSIDriverRole";
const EFS_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";
const EFS_NODE_ROLE = "arn:aws:iam::111122223333:role/efs-node";

const MOUNT = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
const CREDENTIALS = [
  "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials",
  `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=${MOUNT}/eks-pod-identity-token`,
  MOUNT,
];

describe("W5: add-ons with their identities", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(15_000);
  let guide: AddonGuide;
  let second: SecondCluster;
  let atFirst: readonly string[] = [];

  before(async () => {
    guide = await startAddonGuide();
    guide.sandbox.aws.putRole({ name: "efs-node" });
    atFirst = guide.sandbox.aws.arns();
    second = await startSecondCluster(guide, { policies: PROFILES.addons });
  });
  after(async () => {
    await second.stop();
    await guide.stop();
  });

  const kubectl = (...args: readonly string[]) => guide.sandbox.kubectl(...args);
  const efs = (...identities: readonly object[]) =>
    guide.sandbox.apply(
      stringify({
        apiVersion: "podidentity.io/v1alpha1",
        kind: "EKSAddon",
        metadata: { name: EFS },
        spec: { addonName: EFS, adoptionPolicy: "Addon", identities },
      }),
    );

  it("kubectl apply -f config/samples/vpc-cni.yaml: the default version for Kubernetes 1.30, CREATING → ACTIVE", async () => {
    await guide.applySample("vpc-cni.yaml");
    expect(await addonStates(guide.sandbox, CNI)).to.deep.equal(INSTALLED);
    const { status } = await guide.untilAddon(CNI);
    expect(status).to.deep.include({
      version: "v1.19.0-eksbuild.1",
      addonStatus: "ACTIVE",
      requiresIamPermissions: true,
      identitySummary: "1/1",
    });
    expect(guide.addonOf(CNI)).to.include({ version: "v1.19.0-eksbuild.1", status: "ACTIVE" });
    saw(INSTALLED.join(" → "));
    saw(await kubectl("get", "eksaddons", CNI));
  });

  it("made the role that AWS recommends, with its policy and nothing else", async () => {
    const role = guide.roleOf(CNI_ROLE);
    expect(role?.managedPolicyArns).to.deep.equal([CNI_POLICY]);
    expect(role?.inlinePolicies).to.deep.equal({});
    const [statement] = (JSON.parse(role?.trustPolicy ?? "") as { Statement: object[] }).Statement;
    expect(statement).to.deep.include({
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    });
    expect(guide.effects()).to.deep.equal({
      "iam:CreateRole": 1,
      "iam:AttachRolePolicy": 1,
      "iam:TagRole": 1,
      "eks:CreateAddon": 1,
      "eks:TagResource": 1,
    });
    saw(`${CNI_ROLE}: ${CNI_POLICY}`);
  });

  it("status has the association's ARN, as describe-addon lists it", async () => {
    const [association, ...others] = guide.associationsOf(CNI);
    expect(others).to.deep.equal([]);
    expect(association).to.include({
      namespace: "kube-system",
      serviceAccount: "aws-node",
      roleArn: CNI_ROLE,
    });
    const { status } = await guide.untilAddon(CNI);
    expect(status?.identities).to.deep.equal([
      {
        serviceAccountName: "aws-node",
        roleArn: CNI_ROLE,
        associationArn: association?.associationArn,
        recommendedPolicies: [CNI_POLICY],
      },
    ]);
    saw(`aws-node: ${association?.associationArn}`);
  });

  it("pods of aws-node have the two variables and the token, in init containers too", async () => {
    const pods = await guide.running(AWS_NODE);
    for (const { spec } of pods) {
      const containers = [...(spec.initContainers ?? []), ...spec.containers];
      expect(containers.map((one) => [one.name, ...credentialsOf(one)])).to.deep.equal(
        ["aws-vpc-cni-init", "aws-node", "aws-eks-nodeagent"].map((name) => [name, ...CREDENTIALS]),
      );
      expect(spec.volumes?.map(({ name }) => name)).to.include("eks-pod-identity-token");
    }
    saw(`aws-vpc-cni-init, aws-node and aws-eks-nodeagent of ${pods.length} pods have each`);
    saw(`${CREDENTIALS.slice(0, 2).join("\n")}\nand the token's volume at ${MOUNT}`);
    const arn = await guide.callerIn(pods[0]);
    expect(arn).to.include(":assumed-role/AmazonEKSPodIdentityAmazonVPCCNIRole/");
    saw(`aws sts get-caller-identity: ${arn}`);
  });

  it("when AWS moves its default version nothing is upgraded; status.availableVersion shows it", async () => {
    const { aws } = guide.sandbox;
    aws.resetCalls();
    aws.putAddonVersion({ addonName: CNI, version: "v1.21.1-eksbuild.1", defaultFor: ["1.30"] });
    await until("status shows it", async () => {
      const { status } = await guide.untilAddon(CNI);
      return status?.availableVersion === "v1.21.1-eksbuild.1";
    });
    await sweeps(guide);
    expect((await guide.untilAddon(CNI)).status?.version).to.equal("v1.19.0-eksbuild.1");
    expect(guide.addonOf(CNI)?.version).to.equal("v1.19.0-eksbuild.1");
    expect(guide.effects()).to.deep.equal({});
    saw(await kubectl("get", "eksaddons", CNI, "-o", "wide"));
  });

  it("a second cluster's add-on gets the same role, which is used as it stands", async () => {
    const { aws } = guide.sandbox;
    const before = guide.roleOf(CNI_ROLE);
    await second.become({ name: "second", version: "1.33" });
    aws.resetCalls();
    await second.apply(sample("vpc-cni.yaml"));
    const { status } = await untilAddonReady(second, CNI, "True Reconciled");
    expect(status?.version).to.equal("v1.20.4-eksbuild.1");
    expect(status?.identities?.[0]?.roleArn).to.equal(CNI_ROLE);
    expect(guide.effects()).to.deep.equal({ "eks:CreateAddon": 1, "eks:TagResource": 1 });
    expect(guide.roleOf(CNI_ROLE)).to.deep.equal(before);
    saw(await second.kubectl("get", "eksaddons", CNI));
  });

  it("deleting the first cluster's EKSAddon takes add-on, association and pods; the second still has the role", async () => {
    const before = guide.roleOf(CNI_ROLE);
    await kubectl("delete", "eksaddon", CNI, "--timeout=90s");
    await guide.gone(AWS_NODE);
    expect(guide.addonOf(CNI)).to.equal(undefined);
    expect(guide.roleOf(CNI_ROLE)).to.deep.equal(before);
    const { associations } = guide.sandbox.aws.state();
    expect(associations.map((one) => `${one.clusterName} ${one.roleArn}`)).to.deep.equal([
      `second ${CNI_ROLE}`,
    ]);
    saw(`left: ${CNI_ROLE} and the association of cluster second`);
  });

  it("deleting the second cluster's leaves the role, too", async () => {
    const before = guide.roleOf(CNI_ROLE);
    await second.kubectl("delete", "eksaddon", CNI, "--timeout=90s");
    const { associations, addons } = guide.sandbox.aws.state();
    expect([...associations, ...addons]).to.deep.equal([]);
    expect(guide.roleOf(CNI_ROLE)).to.deep.equal(before);
    saw(`left: ${CNI_ROLE}`);
  });

  it("a version without Pod Identity support is refused with the reason, before anything is changed", async () => {
    guide.sandbox.aws.resetCalls();
    await guide.applySample("vpc-cni.yaml", (text) => `${text}  version: v1.16.4-eksbuild.2\n`);
    const { status } = await guide.untilAddon(CNI, "False AddonIdentityNotSupported");
    const message = status?.conditions?.find(({ type }) => type === "Ready")?.message ?? "";
    expect(message).to.include("v1.16.4-eksbuild.2");
    await sweeps(guide);
    expect(guide.effects()).to.deep.equal({});
    saw(`AddonIdentityNotSupported: ${message}`);
    await kubectl("delete", "eksaddon", CNI, "--timeout=90s");
  });

  it("an add-on made without identities has none; they come with a later apply, and its pods start anew", async () => {
    await guide.applySample("vpc-cni.yaml", (text) =>
      text.replace("Identities: true", "Identities: false"),
    );
    await guide.untilAddon(CNI);
    expect(guide.associationsOf(CNI)).to.deep.equal([]);
    await guide.running(AWS_NODE, (pod) => !hasCredentials(pod));
    guide.sandbox.aws.resetCalls();
    await guide.applySample("vpc-cni.yaml");
    await guide.untilAddon(CNI);
    expect(guide.associationsOf(CNI).map(({ roleArn }) => roleArn)).to.deep.equal([CNI_ROLE]);
    expect(guide.effects()).to.deep.equal({ "eks:UpdateAddon": 1, "eks:TagResource": 1 });
    const pods = await guide.running(AWS_NODE, hasCredentials);
    saw(`update-addon once; ${pods.length} new pods have the credentials`);
  });

  it("identities added later keep the association that was there", async () => {
    const { aws } = guide.sandbox;
    aws.putAddon({
      cluster: CLUSTER_NAME,
      name: EFS,
      version: "v2.1.13-eksbuild.1",
      identities: [{ serviceAccount: "efs-csi-node-sa", roleArn: EFS_NODE_ROLE }],
    });
    const before = guide.associationsOf(EFS);
    await efs({ serviceAccountName: "efs-csi-controller-sa", recommended: true });
    await guide.untilAddon(EFS);
    const after = guide.associationsOf(EFS);
    expect(after.map((one) => `${one.serviceAccount} ${one.roleArn}`)).to.have.members([
      `efs-csi-controller-sa ${EFS_ROLE}`,
      `efs-csi-node-sa ${EFS_NODE_ROLE}`,
    ]);
    expect(after).to.deep.include(before[0]);
    for (const { serviceAccount, roleArn } of after) saw(`${serviceAccount}: ${roleArn}`);
  });

  it("each ServiceAccount of an add-on has its own role, and so have its pods", async () => {
    await efs(
      { serviceAccountName: "efs-csi-controller-sa", recommended: true },
      {
        serviceAccountName: "efs-csi-node-sa",
        role: { managedPolicies: [EFS_POLICY], permissionsBoundaryArn: BOUNDARY },
      },
    );
    const { status } = await guide.untilAddon(EFS);
    const [, node] = status?.identities ?? [];
    // Those that were there have credentials, too, and are about to go.
    const restartedAt = new Date(guide.addonOf(EFS)?.identitiesChangedAt ?? 0).toISOString();
    const isNew = (pod: Pod) =>
      hasCredentials(pod) &&
      pod.metadata.annotations?.["kubectl.kubernetes.io/restartedAt"] === restartedAt;
    expect(node?.roleArn).to.match(/:role\/podidentity\/EKSAddon-aws-efs-csi-driver-/);
    expect(guide.roleOf(node?.roleArn ?? "")?.managedPolicyArns).to.deep.equal([EFS_POLICY]);
    for (const [selector, role] of [
      ["app=efs-csi-controller", EFS_ROLE],
      ["app=efs-csi-node", node?.roleArn],
    ] as const) {
      const [pod] = await guide.running(selector, isNew);
      const arn = await guide.callerIn(pod);
      expect(arn).to.include(`:assumed-role/${role?.split("/").at(-1)}/`);
      saw(`${pod?.metadata.name}: ${arn}`);
    }
  });

  it("add-ons that came with the cluster, identities included, are taken over: their tags change, and nothing else", async () => {
    const { aws } = guide.sandbox;
    for (const name of [CNI, EFS]) await kubectl("delete", "eksaddon", name, "--timeout=90s");
    await guide.gone(AWS_NODE);
    const identities = [{ serviceAccount: "aws-node", roleArn: CNI_ROLE }];
    aws.putAddon({ cluster: CLUSTER_NAME, name: CNI, version: "v1.19.0-eksbuild.1", identities });
    aws.putAddon({ cluster: CLUSTER_NAME, name: AGENT });
    const facts = async () => ({
      pods: (await guide.running(AWS_NODE)).map(({ metadata }) => metadata.uid),
      records: [CNI, AGENT]
        .flatMap((name) => [guide.addonOf(name), ...guide.associationsOf(name)])
        .map((one) => ({ ...one, tags: {} })),
    });
    const before = await facts();
    aws.resetCalls();
    await guide.applySample("vpc-cni.yaml", (text) => `${text}  adoptionPolicy: Addon\n`);
    await guide.applySample("agent.yaml");
    await guide.untilAddon(CNI);
    await guide.untilAddon(AGENT);
    await sweeps(guide);
    const tagged = [CNI, AGENT].flatMap((name) => [
      guide.addonOf(name)?.arn,
      ...guide.associationsOf(name).map(({ associationArn }) => associationArn),
    ]);
    expect(guide.effects()).to.deep.equal({ "eks:TagResource": 3 });
    const calls = aws.calls({ service: "eks", operation: "TagResource" });
    expect(calls.map(({ parameters }) => parameters["resourceArn"])).to.have.members(tagged);
    expect(await facts()).to.deep.equal(before);
    saw(await kubectl("get", "eksaddons"));
    for (const arn of tagged) saw(`tag-resource ${arn}`);
  });

  it("leaves nothing when all is deleted but the two roles that other clusters may use", async () => {
    for (const { metadata } of await getAddons(guide.sandbox)) {
      await kubectl("delete", "eksaddon", metadata.name, "--timeout=90s");
    }
    await guide.gone(AWS_NODE);
    expect(guide.sandbox.aws.arns()).to.have.members([...atFirst, CNI_ROLE, EFS_ROLE]);
    saw(`left in AWS: ${CNI_ROLE}\n${EFS_ROLE}`);
  });
});
