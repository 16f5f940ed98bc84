/** W1, the launch guide: an existing role, the agent, an association; a pod lists a bucket. And what the guide leaves out. */
import { expect } from "chai";
import { stringify } from "yaml";
import { documentsOf, PROFILES, SANDBOX } from "../config/aws-documents.ts";
import { manifest, openGuardrail, until } from "../operator/fixture.ts";
import { type ControlPlane, startControlPlane } from "../sandbox/control-plane/start.ts";
import type { Operator } from "../sandbox/operator.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type Guide, iamWrites, restart, resultOf, saw, startGuide } from "./guide.ts";

const NAME = "s3-reader-existing-role";
const ROLE = "arn:aws:iam::111122223333:role/shared/s3-reader";
const BUCKET = "amzn-s3-demo-bucket";

describe("W1: an existing role, the agent, an association", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(15_000);
  let guide: Guide;
  let second: ControlPlane | undefined;
  let others: Operator[] = [];

  before(async () => {
    guide = await startGuide({
      policies: PROFILES.associations,
      env: { MANAGE_ROLES: "false" },
      passableRoles: SANDBOX.passableRoles,
      aws: { settings: { addonLagMs: 500 } },
    });
    const { aws } = guide.sandbox;
    aws.putBucket({ name: BUCKET, objects: { "one.txt": "1", "two.txt": "2" } });
    aws.putRole({
      name: "s3-reader",
      path: "/shared/",
      managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
    });
  });
  after(async () => {
    for (const operator of others) await operator.kill();
    await second?.stop();
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
  /** Each cluster has an operator of its own, whose policies name that cluster. */
  const operatorOf = (clusterName: string) => {
    const { aws } = guide.sandbox;
    const key = `AKIA${clusterName.toUpperCase().padEnd(16, "0")}`;
    const own = documentsOf(PROFILES.associations, { clusterName });
    aws.configure({ callers: { ...aws.settings().callers, [key]: own } });
    return restart(guide, {
      KUBECONFIG: second?.kubeconfig ?? "",
      CLUSTER_NAME: clusterName,
      AWS_ACCESS_KEY_ID: key,
      MANAGE_ROLES: "false",
    });
  };
  const trustPolicy = () =>
    guide.sandbox.aws.state().roles.find(({ arn }) => arn === ROLE)?.trustPolicy;

  it("the agent add-on goes CREATING → ACTIVE, with values of its own (made with the SDK)", async () => {
    const states = await guide.installAgent(
      JSON.stringify({ agent: { additionalArgs: { "-b": "169.254.170.23" } } }),
    );
    expect(states).to.deep.equal(["CREATING", "ACTIVE"]);
    saw(`add-on eks-pod-identity-agent: ${states.join(" → ")}`);
  });

  it("kubectl apply -f config/samples/s3-reader-existing-role.yaml, before there is a ServiceAccount", async () => {
    await guide.applySample(`${NAME}.yaml`);
    await guide.untilReady(NAME, "True Reconciled");
    expect(await guide.condition(NAME, "AssociationReady")).to.include({ status: "True" });
    expect(await guide.condition(NAME, "PodsVerified")).to.include({
      status: "Unknown",
      reason: "NoPods",
    });
    saw("Ready True Reconciled, AssociationReady True, PodsVerified Unknown NoPods");
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
    second = await startControlPlane({ controllerManager: false, report: console.error });
    guide.sandbox.aws.putCluster({ name: "second", issuer: second.issuer });
    const kubectl = async (args: readonly string[], stdin?: string) => {
      const { code, stderr } =
        (await second?.kubectl(args, stdin === undefined ? {} : { stdin })) ?? {};
      if (code !== 0) throw new Error(stderr);
    };
    await kubectl(["apply", "--server-side", "-k", "crds"]);
    await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    await kubectl(["apply", "-f", "-"], stringify(openGuardrail("open", "default")));
    others.push(await operatorOf("second"));
    await kubectl(["apply", "-f", "-"], stringify(manifest("default", NAME, { roleArn: ROLE })));
    await kubectl(["wait", "--for=condition=Ready", `pia/${NAME}`, "--timeout=20s"]);
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
      for (const operator of others) await operator.stop();
      const issuer = second?.issuer ?? "";
      guide.sandbox.aws.putCluster({ ...cluster, issuer });
      others = [await operatorOf(cluster.name)];
      const stdin = stringify(manifest("default", `in-${cluster.name}`, { roleArn: ROLE }));
      await second?.kubectl(["apply", "-f", "-"], { stdin });
      const jsonpath = `jsonpath={.status.conditions[?(@.type=="Ready")].reason}: {.status.conditions[?(@.type=="Ready")].message}`;
      let said = "";
      await until("it says so", async () => {
        const { stdout = "" } =
          (await second?.kubectl(["get", "pia", `in-${cluster.name}`, "-o", jsonpath])) ?? {};
        said = stdout;
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

  it("leaves the role as it was when the association is deleted", async () => {
    const before = guide.sandbox.aws.state().roles.find(({ arn }) => arn === ROLE);
    await guide.sandbox.kubectl("delete", "pia", NAME, "-n", guide.namespace);
    const { associations, roles } = guide.sandbox.aws.state();
    expect(associations.filter(({ clusterName }) => clusterName === "demo")).to.deep.equal([]);
    expect(roles.find(({ arn }) => arn === ROLE)).to.deep.equal(before);
    expect(iamWrites(guide)).to.deep.equal([]);
    saw("no association of the cluster is left; the role is as it was; no write was asked of IAM");
  });
});
