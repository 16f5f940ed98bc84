/** W1, the launch guide: an existing role, the agent, an association; a pod lists a bucket. And what the guide leaves out. */
import { expect } from "chai";
import { stringify } from "yaml";
import { PROFILES, SANDBOX } from "../config/aws-documents.ts";
import { manifest, openGuardrail, until } from "../operator/fixture.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import {
  addonStates,
  type Guide,
  HELD_MS,
  INSTALLED,
  iamWrites,
  resultOf,
  saw,
  startGuide,
} from "./guide.ts";
import { type SecondCluster, startSecondCluster } from "./second-cluster.ts";

const NAME = "s3-reader-existing-role";
const ROLE = "arn:aws:iam::111122223333:role/shared/s3-reader";
const BUCKET = "amzn-s3-demo-bucket";
const AGENT = "eks-pod-identity-agent";
/** What the guide installs; and the address that the agent listens on, written out. */
const AGENT_SPEC = `  version: v1.0.0-eksbuild.1
  configurationValues:
    agent: {additionalArgs: {"-b": "169.254.170.23"}}
`;

const EXISTING_ROLES = { MANAGE_ROLES: "false" };
const POLICIES = [...PROFILES.associations, "addons"] as const;

describe("W1: an existing role, the agent, an association", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(15_000);
  let guide: Guide;
  let second: SecondCluster;

  before(async () => {
    guide = await startGuide({
      policies: POLICIES,
      env: EXISTING_ROLES,
      passableRoles: SANDBOX.passableRoles,
      aws: { settings: { addonLagMs: HELD_MS } },
    });
    second = await startSecondCluster(guide, { policies: POLICIES, env: EXISTING_ROLES });
    const { aws } = guide.sandbox;
    aws.putBucket({ name: BUCKET, objects: { "one.txt": "1", "two.txt": "2" } });
    aws.putRole({
      name: "s3-reader",
      path: "/shared/",
      managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
    });
  });
  after(async () => {
    await second.stop();
    await guide.stop();
  });

  const pod = (name: string, account: string, more: object = {}) =>
    guide.sandbox.apply(
      stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: guide.namespace, labels: { app: name } },
        spec: {
          serviceAccountName: account,
          containers: [{ name: "app", image: "public.ecr.aws/aws-cli/aws-cli" }],
          ...more,
        },
      }),
    );
  const trustPolicy = () =>
    guide.sandbox.aws.state().roles.find(({ arn }) => arn === ROLE)?.trustPolicy;

  it("kubectl apply -f config/samples/agent.yaml, with the guide's version and values of its own: CREATING → ACTIVE", async () => {
    await guide.applySample("agent.yaml", (text) => text + AGENT_SPEC);
    const states = await addonStates(guide.sandbox, AGENT);
    expect(states).to.deep.equal(INSTALLED);
    saw(states.join(" → "));
    const [addon] = guide.sandbox.aws.state().addons;
    expect(addon).to.include({ status: "ACTIVE", version: "v1.0.0-eksbuild.1" });
    expect(JSON.parse(addon?.configurationValues ?? "")).to.deep.equal({
      agent: { additionalArgs: { "-b": "169.254.170.23" } },
    });
    saw(`${addon?.name} ${addon?.version} ${addon?.configurationValues}`);
  });

  it("kubectl apply -f config/samples/s3-reader-existing-role.yaml, before there is a ServiceAccount", async () => {
    await guide.applySample(`${NAME}.yaml`);
    await guide.untilReady(NAME, "True Reconciled");
    expect(await guide.condition(NAME, "AssociationReady")).to.include({ status: "True" });
    // The operator has nothing to say of pods before they have been listed.
    await until(
      "status says of pods that there are none",
      async () => (await guide.condition(NAME, "PodsVerified"))?.reason === "NoPods",
    );
    expect((await guide.condition(NAME, "PodsVerified"))?.status).to.equal("Unknown");
    await guide.untilAgentRuns(NAME);
    saw("Ready True Reconciled, AssociationReady True, AgentReady True AgentRunning");
    saw("PodsVerified Unknown NoPods");
  });

  it("the ServiceAccount and a pod come later, and the pod has the credentials", async () => {
    await guide.sandbox.kubectl("create", "serviceaccount", NAME, "-n", guide.namespace);
    await pod("lister", NAME);
    await until(
      "status says so",
      async () => (await guide.get(NAME))?.status?.pods?.summary === "1/1",
    );
    saw(
      (await guide.sandbox.kubectl("get", "pia", NAME, "-n", guide.namespace)).split("\n")[1] ?? "",
    );
  });

  it("the pod lists the bucket's two files", async () => {
    const [outcome] = await guide.inPod("app=lister", `s3:ListObjects ${BUCKET}`);
    expect(resultOf(outcome)).to.deep.equal(["one.txt", "two.txt"]);
    saw(`aws s3 ls s3://${BUCKET}: one.txt two.txt`);
  });

  it("the same role serves a second cluster, without a change to its trust policy", async () => {
    const before = trustPolicy();
    await second.apply(stringify(openGuardrail("open", "default")));
    await second.become({ name: "second" });
    await second.apply(stringify(manifest("default", NAME, { roleArn: ROLE })));
    await second.kubectl("wait", "--for=condition=Ready", `pia/${NAME}`, "--timeout=90s");
    const associations = guide.sandbox.aws
      .state()
      .associations.filter(({ roleArn }) => roleArn === ROLE);
    expect(associations.map(({ clusterName }) => clusterName).sort()).to.deep.equal([
      "demo",
      "second",
    ]);
    expect(trustPolicy()).to.equal(before);
    saw(
      "associations of the role: in cluster demo, in cluster second; its trust policy is as it was",
    );
  });

  for (const [what, cluster, message] of [
    ["older than Kubernetes 1.24", { name: "old", version: "1.23" }, "needs 1.24 or newer"],
    ["on Outposts", { name: "outpost", outpost: true }, "AWS Outposts"],
  ] as const) {
    it(`in a cluster ${what} the object says so before anything is made`, async () => {
      await second.become(cluster);
      const object = `in-${cluster.name}`;
      await second.apply(stringify(manifest("default", object, { roleArn: ROLE })));
      const jsonpath = `jsonpath={.status.conditions[?(@.type=="Ready")].reason}: {.status.conditions[?(@.type=="Ready")].message}`;
      let said = "";
      await until("it says so", async () => {
        said = await second.kubectl("get", "pia", object, "-o", jsonpath);
        return said.startsWith("ClusterUnsupported");
      });
      expect(said).to.include(message);
      const made = guide.sandbox.aws
        .state()
        .associations.filter(({ clusterName }) => clusterName === cluster.name);
      expect(made).to.deep.equal([]);
      saw(said);
    });
  }

  for (const [platform, spec] of [
    ["Fargate", { schedulerName: "fargate-scheduler" }],
    ["Windows", { nodeSelector: { "kubernetes.io/os": "windows" } }],
  ] as const) {
    it(`a pod on ${platform} is no silence: status says that it never gets credentials`, async () => {
      await guide.sandbox.kubectl("delete", "pods", "--all", "-n", guide.namespace, "--now");
      await pod(`on-${platform.toLowerCase()}`, NAME, spec);
      await until(
        "status says so",
        async () => (await guide.condition(NAME, "PodsVerified"))?.reason === "PodsUnsupported",
      );
      const { message } = (await guide.condition(NAME, "PodsVerified")) ?? {};
      expect(message).to.include(`runs on ${platform}`);
      saw(message ?? "");
    });
  }

  it("an association that is wanted before its namespace takes effect when that appears", async () => {
    const later = `${guide.namespace}-later`;
    await guide.sandbox.apply(stringify(openGuardrail("later", later)));
    await guide.sandbox.apply(
      stringify({
        apiVersion: "podidentity.io/v1alpha1",
        kind: "ClusterPodIdentityAssociation",
        metadata: { name: "later" },
        spec: {
          namespaceSelector: { matchNames: [later] },
          serviceAccountName: "app",
          roleArn: ROLE,
        },
      }),
    );
    const there = () =>
      guide.sandbox.aws.state().associations.some(({ namespace }) => namespace === later);
    expect(there()).to.equal(false);
    await guide.sandbox.kubectl("create", "namespace", later);
    await until("it is there", there);
    saw(`kubectl create namespace ${later}: its association is there`);
    await guide.sandbox.kubectl("delete", "cpia", "later");
    await guide.sandbox.kubectl("delete", "namespace", later, "--wait=false");
    await until("it is gone again", () => !there());
  });

  it("leaves the role as it was, and nothing else, when association and EKSAddon are deleted", async () => {
    const { kubectl, aws } = guide.sandbox;
    const before = aws.state().roles;
    expect(before.map(({ arn }) => arn)).to.deep.equal([ROLE]);
    await kubectl("delete", "pia", NAME, "-n", guide.namespace);
    await kubectl("delete", "eksaddon", AGENT, "--timeout=90s");
    const { associations, roles, addons } = aws.state();
    expect(associations.filter(({ clusterName }) => clusterName === "demo")).to.deep.equal([]);
    expect(addons).to.deep.equal([]);
    expect(roles).to.deep.equal(before);
    expect(iamWrites(guide)).to.deep.equal([]);
    saw("left of the cluster: 0 associations, 0 add-ons; the role is as it was");
    saw("no write was asked of IAM");
  });
});
