/** The data plane on a genuine control plane: what a Pod is given, by whom, and what it can do with it. */
import { expect } from "chai";
import { stringify } from "yaml";
import type { Transport } from "../../../src/kube/transport.ts";
import { until } from "../../operator/fixture.ts";
import type { ControlPlane } from "../control-plane/start.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../shared.ts";
import { connectTo } from "./cluster.ts";
import { type FakeEksAuth, startFakeEksAuth } from "./fake-eks-auth.ts";
import type { Pod } from "./pod.ts";
import { type DataPlane, startDataPlane } from "./start.ts";
import { tokenReviewer } from "./token-review.ts";
import type { Identity } from "./webhook/inject.ts";

const NAMESPACE = "data-plane";
const ROLE = "arn:aws:iam::111122223333:role/irsa";
const INJECTED = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
const AROUND = ["AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULT_REGION", "AWS_REGION"];

const template = (account: string, labels: object = { app: "x" }, more: object = {}) => ({
  metadata: { labels },
  spec: {
    serviceAccountName: account,
    containers: [{ name: "main", image: "app" }],
    ...more,
  },
});

describe("the data plane of the sandbox", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(5_000);
  let controlPlane: ControlPlane;
  let eksAuth: FakeEksAuth;
  let plane: DataPlane;
  let transport: Transport;
  let identities: readonly Identity[] = [
    { namespace: NAMESPACE, serviceAccount: "app" },
    { namespace: "default", serviceAccount: "default" },
  ];

  const kubectl = async (args: string, stdin?: string) => {
    const options = stdin === undefined ? {} : { stdin };
    const { stdout, stderr, code } = await controlPlane.kubectl(args.split(" "), options);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const create = async (object: object, args = "") =>
    JSON.parse(
      await kubectl(`-n ${NAMESPACE} create -o json -f -${args}`, stringify(object)),
    ) as Pod;
  const createPod = (name: string, account: string, metadata: object = {}, args = "") =>
    create(
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, ...metadata },
        spec: template(account).spec,
      },
      args,
    );
  const podsOf = async (selector: string, namespace = NAMESPACE): Promise<readonly Pod[]> =>
    JSON.parse(await kubectl(`-n ${namespace} get pods -l ${selector} -o json`)).items;
  const names = ({ spec }: Pod) => (spec.containers[0]?.env ?? []).map(({ name }) => name);
  const untilReady = async (selector: string, count: number, namespace?: string) => {
    let pods: readonly Pod[] = [];
    await until(`${count} pods ${selector} are ready`, async () => {
      pods = await podsOf(selector, namespace);
      return pods.filter(isReady).length === count && pods.length === count;
    });
    return pods;
  };
  const isReady = ({ status }: Pod) =>
    status?.phase === "Running" &&
    (status.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");

  before(async () => {
    controlPlane = await sharedControlPlane();
    transport = connectTo(controlPlane);
    eksAuth = await startFakeEksAuth(tokenReviewer(transport), () => Date.now() / 1000 + 6 * 3600);
    await kubectl(`create namespace ${NAMESPACE}`);
    for (const account of ["app", "bare", "irsa"]) {
      await kubectl(`-n ${NAMESPACE} create serviceaccount ${account}`);
    }
    await kubectl(
      `-n ${NAMESPACE} annotate serviceaccount irsa eks.amazonaws.com/role-arn=${ROLE}`,
    );
    plane = await startDataPlane({
      controlPlane,
      endpoint: eksAuth.endpoint,
      clusterName: "demo",
      region: "us-west-2",
      identities: () => identities,
      namespaces: [NAMESPACE, "kube-system"],
      report: console.error,
    });
  });
  after(async () => {
    await plane.stop();
    await eksAuth.stop();
    await transport.close();
  });

  describe("its webhook", () => {
    it("gives the variables, the token and the label to a bare Pod", async () => {
      const { metadata, spec } = await createPod("bare-pod", "app");
      expect(names({ metadata, spec })).to.deep.equal([...AROUND, ...INJECTED]);
      expect(metadata.labels).to.deep.equal({ "eks.amazonaws.com/pod-identity": "enabled" });
      const volume = spec.volumes?.find(({ name }) => name === "eks-pod-identity-token");
      expect(volume?.projected?.sources?.[0]?.serviceAccountToken).to.include({
        audience: "pods.eks.amazonaws.com",
        path: "eks-pod-identity-token",
      });
    });

    for (const [kind, apiVersion, count] of [
      ["Deployment", "apps/v1", 2],
      ["DaemonSet", "apps/v1", 2],
      ["Job", "batch/v1", 1],
    ] as const) {
      it(`gives them to the Pods that the genuine controller makes of a ${kind}`, async () => {
        const labels = { of: kind };
        const spec = {
          Deployment: { replicas: count, selector: { matchLabels: labels } },
          DaemonSet: { selector: { matchLabels: labels } },
          Job: {},
        }[kind];
        const restart = kind === "Job" ? { restartPolicy: "Never" } : {};
        await create({
          apiVersion,
          kind,
          metadata: { name: kind.toLowerCase() },
          spec: { ...spec, template: template("app", labels, restart) },
        });
        const pods = await untilReady(`of=${kind}`, count);
        for (const pod of pods) expect(names(pod)).to.include.members(INJECTED);
      });
    }

    it("shows it in a dry run, too", async () => {
      const pod = await createPod("dry", "app", {}, " --dry-run=server");
      expect(names(pod)).to.include.members(INJECTED);
      const { stderr } = await controlPlane.kubectl(["-n", NAMESPACE, "get", "pod", "dry"]);
      expect(stderr).to.contain("NotFound");
    });

    it("passes by a Pod whose association it does not know yet", async () => {
      const before = identities;
      identities = [];
      expect(names(await createPod("early", "app"))).to.deep.equal([]);
      identities = before;
      expect(names(await createPod("late", "app"))).to.include.members(INJECTED);
    });

    it("passes by what asks to be left alone", async () => {
      const labels = { "eks.amazonaws.com/skip-pod-identity-webhook": "true" };
      expect(names(await createPod("skipped", "app", { labels }))).to.deep.equal([]);
      const annotations = { "eks.amazonaws.com/skip-containers": "main" };
      expect(names(await createPod("skip-main", "app", { annotations }))).to.deep.equal([]);
    });

    it("falls back to the role annotation of the ServiceAccount", async () => {
      const pod = await createPod("irsa-pod", "irsa");
      expect(names(pod)).to.include.members(["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"]);
      expect(pod.metadata.labels).to.equal(undefined);
    });

    it("lets Pods in as they are while it is broken", async () => {
      await plane.webhook.stop();
      expect(names(await createPod("broken", "app"))).to.deep.equal([]);
      await plane.webhook.start();
      expect(names(await createPod("mended", "app"))).to.include.members(INJECTED);
    });

    it("sets no label where it is an older one", async () => {
      plane.webhook.configure({ label: false });
      const { metadata } = await createPod("unlabelled", "app");
      plane.webhook.configure({ label: true });
      expect(metadata.labels).to.equal(undefined);
    });
  });

  describe("its nodes", () => {
    it("let go of a Pod that is deleted", async () => {
      await createPod("leaving", "bare", { labels: { run: "leaving" } });
      await untilReady("run=leaving", 1);
      await kubectl(`-n ${NAMESPACE} delete pod leaving --timeout=60s`);
      expect(await podsOf("run=leaving")).to.deep.equal([]);
    });

    it("end a Job's Pod when told, and the Job is complete", async () => {
      const [pod] = await untilReady("of=Job", 1);
      plane.nodes.complete({ namespace: NAMESPACE, name: pod?.metadata.name ?? "" });
      await kubectl(`-n ${NAMESPACE} wait job/job --for=condition=Complete --timeout=60s`);
    });

    it("keep a namespace's Pods unready where they are told to, and a rollout waits", async () => {
      plane.nodes.setReady(NAMESPACE, false);
      const rollout = async () =>
        JSON.parse(await kubectl(`-n ${NAMESPACE} get deployment deployment -o json`)).status
          .readyReplicas ?? 0;
      await until("no replica is ready", async () => (await rollout()) === 0);
      plane.nodes.setReady(NAMESPACE, true);
      await until("both replicas are ready", async () => (await rollout()) === 2);
    });

    it("leave a Pod for another operating system waiting", async () => {
      const windows = template("app", {}, { nodeSelector: { "kubernetes.io/os": "windows" } });
      const metadata = { name: "windows" };
      const pod = await create({ apiVersion: "v1", kind: "Pod", metadata, spec: windows.spec });
      expect(pod.spec.containers[0]?.env?.at(-1)?.value).to.equal(
        "C:\\var\\run\\secrets\\pods.eks.amazonaws.com\\serviceaccount\\eks-pod-identity-token",
      );
      await createPod("after-windows", "bare", { labels: { run: "after" } });
      await untilReady("run=after", 1);
      expect(await kubectl(`-n ${NAMESPACE} get pod windows -o jsonpath={.status.phase}`)).to.equal(
        "Pending",
      );
    });
  });

  describe("beside another on the same control plane", () => {
    const start = (namespaces: readonly string[]) =>
      startDataPlane({
        controlPlane,
        endpoint: eksAuth.endpoint,
        clusterName: "demo",
        region: "us-west-2",
        identities: () => identities,
        namespaces,
        report: console.error,
      });
    const inDefault = async () => {
      const args = "run elsewhere --image=app -n default --dry-run=server -o json";
      return names(JSON.parse(await kubectl(args)) as Pod);
    };

    it("acts in its own namespaces only, and leaves nothing there when it stops", async () => {
      expect(await inDefault()).to.deep.equal([]);
      const other = await start(["default"]);
      expect(await inDefault()).to.include.members(INJECTED);
      await other.stop();
      expect(await inDefault()).to.deep.equal([]);
      const configurations = await kubectl("get mutatingwebhookconfigurations -o name");
      expect(configurations).to.contain(plane.webhook.name).and.not.contain(other.webhook.name);
    });
  });

  describe("the review of a token", () => {
    const review = (token: string) => tokenReviewer(transport)(token);
    const tokenOf = async (args: string) =>
      (await kubectl(`-n ${NAMESPACE} create token app ${args}`)).trim();
    const audience = "--audience=pods.eks.amazonaws.com";

    it("names the Pod that it is bound to, as long as that lives", async () => {
      const { metadata } = await createPod("reviewed", "app");
      const bound = `${audience} --bound-object-kind=Pod --bound-object-name=reviewed`;
      // Two: the API server remembers for seconds what it said of one.
      const [token, another] = [await tokenOf(bound), await tokenOf(`${bound} --duration=2h`)];
      expect(await review(token)).to.deep.equal({
        namespace: NAMESPACE,
        serviceAccount: "app",
        podName: "reviewed",
        podUid: metadata.uid,
      });
      await kubectl(`-n ${NAMESPACE} delete pod reviewed --timeout=60s`);
      await until("the other is refused", async () => (await review(another)) === undefined);
    });

    it("knows nobody by a token for somebody else, without a Pod, or by none at all", async () => {
      await createPod("other-audience", "app");
      const bound = "--bound-object-kind=Pod --bound-object-name=other-audience";
      expect(await review(await tokenOf(bound))).to.equal(undefined);
      expect(await review(await tokenOf(audience))).to.equal(undefined);
      expect(await review("garbage")).to.equal(undefined);
    });
  });

  describe("a workload", () => {
    const run = (name: string, steps: readonly string[]) =>
      plane.runWorkload({ pod: { namespace: NAMESPACE, name }, steps });

    it("gets credentials from the agent, which EKS Auth gives for its own Pod", async () => {
      const { metadata } = await createPod("client", "app");
      const [step] = await run("client", ["credentials"]);
      const call = eksAuth.calls.at(-1);
      expect(call?.pod).to.deep.equal({
        namespace: NAMESPACE,
        serviceAccount: "app",
        podName: "client",
        podUid: metadata.uid,
      });
      const serial = String(eksAuth.calls.length).padStart(9, "0");
      expect(step).to.deep.include({ step: "credentials", ok: true });
      expect(step).to.have.nested.property("result.accessKeyId", `ASIASANDBOX${serial}`);
    });

    it("reads from the agent what the guides show, and asks EKS Auth once only", async () => {
      await createPod("curl", "app");
      const before = eksAuth.calls.length;
      const [, agent] = await run("curl", ["credentials", "agent"]);
      expect(agent).to.have.nested.property("result.AccountId", "111122223333");
      expect(agent)
        .to.have.nested.property("result.fields")
        .that.deep.equals(["AccessKeyId", "SecretAccessKey", "Token", "AccountId", "Expiration"]);
      expect(eksAuth.calls.length - before).to.equal(1);
    });

    it("has none where the Pod was not injected, and hears so at once", async () => {
      await createPod("poor", "bare");
      const steps = await run("poor", ["credentials", "sts:GetCallerIdentity"]);
      for (const step of steps) {
        expect(step.ok).to.equal(false);
        expect(step).to.have.nested.property("error.name", "CredentialsProviderError");
      }
    });

    it("is refused where EKS Auth knows no association", async () => {
      await createPod("orphan", "app");
      eksAuth.refusal = { status: 404, code: "ResourceNotFoundException" };
      const [step, agent] = await run("orphan", ["credentials", "agent"]);
      eksAuth.refusal = undefined;
      expect(step).to.have.nested.property("error.name", "CredentialsProviderError");
      expect(agent).to.have.nested.property("error.message", "404 (ResourceNotFoundException): no");
    });

    it("takes the role annotation's way where the Pod has only that", async () => {
      await createPod("web-identity", "irsa");
      const [step] = await run("web-identity", ["credentials"]);
      // There is no OIDC provider here: what matters is which door it knocked at.
      expect(step)
        .to.have.nested.property("error.message")
        .that.matches(/sts\.us-west-2\.amazonaws/);
    });

    it("does not start before its Pod runs", async () => {
      const problem = await run("nobody", ["credentials"]).catch((thrown: Error) => thrown);
      expect(problem)
        .to.be.instanceOf(Error)
        .with.property("message", "pod data-plane/nobody is not there");
    });
  });
});
