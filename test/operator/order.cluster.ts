/** The order in which Argo CD and Helm apply things: the Deployment first, its association later, and EKS slower still. */
import { expect } from "chai";
import { stringify } from "yaml";
import { startOperator } from "../sandbox/operator.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { deploymentManifest, isInjected, podsOf } from "./deployments.ts";
import { type Fixture, startFixture, until } from "./fixture.ts";

const POLICY = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };
const LAG_MS = 10_000;
const WITHIN_MS = 60_000;
/** A ReplicaSet whose pods are refused waits about as long again as they have been already. */
const PATIENCE_MS = 3 * WITHIN_MS;
/** Longer than any test. */
const NEVER_MS = 3_600_000;

describe("a Deployment that is applied before its association, while EKS's webhook lags by 10 s", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(WITHIN_MS);
  let fixture: Fixture;

  before(async () => {
    fixture = await startFixture({ aws: { settings: { webhookLagMs: LAG_MS } }, dataPlane: [] });
    // With every setting as shipped.
    await fixture.operator.stop();
    fixture.operator = await startOperator(fixture.sandbox.environment);
  });
  after(async () => {
    await fixture.sandbox.kubectl(
      "delete",
      "-f",
      "config/start-gate/start-gate.yaml",
      "--ignore-not-found",
    );
    await fixture.stop();
  });

  const pods = (name: string) => podsOf(fixture.sandbox, fixture.namespace, `app=${name}`);
  const deploy = (name: string, more: object = {}) =>
    fixture.sandbox.apply(deploymentManifest({ namespace: fixture.namespace, name, ...more }));
  const bornAt = ({ metadata }: { metadata: { creationTimestamp?: string } }) =>
    Date.parse(metadata.creationTimestamp ?? "");
  const deployment = async (name: string) =>
    JSON.parse(
      await fixture.sandbox.kubectl(
        "get",
        "deployment",
        name,
        "-n",
        fixture.namespace,
        "-o",
        "json",
      ),
    ) as { metadata: { generation: number; annotations: Record<string, string> } };
  const untilAllInjected = (name: string) =>
    until(
      "all pods have credentials",
      async () => {
        const all = await pods(name);
        return all.length === 3 && all.every(isInjected);
      },
      () => name,
      PATIENCE_MS,
    );

  /** Tried only: a policy takes a moment to hold, and nothing must start in it. */
  async function isGated(labels: Readonly<Record<string, string>>): Promise<boolean> {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: fixture.namespace, name: "tried", labels },
      spec: { containers: [{ name: "app", image: "registry.k8s.io/pause:3.10" }] },
    };
    const create = ["create", "--dry-run=server", "-f", "-"];
    const stdin = stringify(pod);
    const { stderr } = await fixture.sandbox.controlPlane.kubectl(create, { stdin });
    return stderr.includes("waiting for AWS credentials");
  }

  it("has credentials in all of its pods within a minute, by exactly one restart", async () => {
    await deploy("early");
    await until("its pods are two seconds old", async () => {
      const all = await pods("early");
      return all.length === 3 && all.every((pod) => Date.now() - bornAt(pod) >= 2_000);
    });
    expect((await pods("early")).some(isInjected)).to.equal(false);
    await fixture.apply("early", POLICY);
    await untilAllInjected("early");
    // By the API server's clock: how long kubectl and this test take to see it is not the operator's doing.
    const association = (await fixture.get("early")) ?? { metadata: {} };
    const tookMs = Math.max(...(await pods("early")).map(bornAt)) - bornAt(association);
    console.log(`      all pods had credentials after ${tookMs / 1000} s`);
    expect(tookMs).to.be.at.most(WITHIN_MS);
    await until(
      "status says so",
      async () => (await fixture.get("early"))?.status?.pods?.summary === "3/3",
    );
    const { metadata } = await deployment("early");
    expect(metadata.annotations["deployment.kubernetes.io/revision"]).to.equal("2");
    expect(await fixture.ready("early")).to.equal("True Reconciled");
  });

  it("never starts a pod without credentials, where its template has the start gate's label", async () => {
    await fixture.sandbox.kubectl("apply", "-f", "config/start-gate/start-gate.yaml");
    const seen = new Map<string, boolean>();
    const look = async () => {
      const all = await pods("gated");
      for (const pod of all) seen.set(pod.metadata.name, isInjected(pod));
      return all;
    };
    const gated = { labels: { "podidentity.io/start-gate": "enforce" } };
    await until("the gate is up", () => isGated(gated.labels));
    const manifest = deploymentManifest({ namespace: fixture.namespace, name: "gated", ...gated });
    await fixture.sandbox.apply(manifest);
    await until("its ReplicaSet says what it waits for", async () => {
      const sets = ["replicasets", "-n", fixture.namespace, "-l", "app=gated", "-o", "json"];
      return (await fixture.sandbox.kubectl("get", ...sets)).includes(
        "waiting for AWS credentials",
      );
    });
    await fixture.apply("gated", POLICY);
    await until(
      "all pods are there",
      async () => (await look()).length === 3,
      () => JSON.stringify([...seen]),
      PATIENCE_MS,
    );
    expect([...seen.values()]).to.deep.equal([true, true, true]);
    expect(
      (await deployment("gated")).metadata.annotations["deployment.kubernetes.io/revision"],
    ).to.equal("1");
  });

  it("starts without, while EKS injects nothing, once somebody breaks the glass", async () => {
    await fixture.sandbox.dataPlane?.webhook.stop();
    await fixture.sandbox.kubectl("delete", "pods", "-l", "app=gated", "-n", fixture.namespace);
    expect(await pods("gated")).to.have.length(0);
    await fixture.sandbox.kubectl(
      "label",
      "namespace",
      fixture.namespace,
      "podidentity.io/start-gate=skip",
    );
    await fixture.sandbox.kubectl(
      "rollout",
      "restart",
      "deployment/gated",
      "-n",
      fixture.namespace,
    );
    await until(
      "pods start",
      async () => (await pods("gated")).length === 3,
      () => "",
      PATIENCE_MS,
    );
    expect((await pods("gated")).some(isInjected)).to.equal(false);
    await fixture.sandbox.kubectl(
      "label",
      "namespace",
      fixture.namespace,
      "podidentity.io/start-gate-",
    );
    await fixture.sandbox.dataPlane?.webhook.start();
  });
});

describe("an older Deployment", function () {
  this.timeout(FIRST_BUILD_MS);
  let fixture: Fixture;

  before(async () => {
    fixture = await startFixture({
      dataPlane: [],
      env: { RESTART_WINDOW: "1", WEBHOOK_SETTLE: "0.2", POD_STATUS_DELAY: "0.1" },
    });
  });
  after(() => fixture.stop());

  it("is not restarted, and status has the command", async () => {
    const name = "old";
    await fixture.sandbox.apply(deploymentManifest({ namespace: fixture.namespace, name }));
    const pods = () => podsOf(fixture.sandbox, fixture.namespace, `app=${name}`);
    await until("its pods are older than the window", async () => {
      const all = await pods();
      const born = all.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ""));
      return all.length === 3 && born.every((at) => Date.now() - at > 3_000);
    });
    await fixture.apply(name, POLICY);
    await until("status says so of all of them", async () => {
      const { conditions, pods: counts } = (await fixture.get(name))?.status ?? {};
      const command = `kubectl rollout restart deployment/${name} -n ${fixture.namespace}`;
      return JSON.stringify(conditions ?? []).includes(command) && counts?.summary === "0/3";
    });
    const generation = await fixture.sandbox.kubectl(
      "get",
      "deployment",
      name,
      "-n",
      fixture.namespace,
      "-o",
      "jsonpath={.metadata.generation}",
    );
    expect(generation).to.equal("1");
  });
});

describe("EFFECTIVE_PROBE=DryRun", function () {
  this.timeout(FIRST_BUILD_MS);
  let fixture: Fixture;

  before(async () => {
    fixture = await startFixture({
      dataPlane: [],
      // Until a test says that EKS knows.
      aws: { settings: { webhookLagMs: NEVER_MS } },
      env: { EFFECTIVE_PROBE: "DryRun", PROBE_INTERVAL: "0.1" },
    });
  });
  after(() => fixture.stop());

  it("keeps Ready from being True until new pods get the credentials", async () => {
    await fixture.sandbox.kubectl("create", "serviceaccount", "probed", "-n", fixture.namespace);
    await fixture.apply("probed", POLICY);
    await fixture.untilReady("probed", "False AssociationPropagating");
    fixture.sandbox.aws.configure({ webhookLagMs: 0 });
    await fixture.untilReady("probed", "True Reconciled");
    const known = fixture.sandbox.aws.identities({ cluster: "demo" });
    expect(known.map(({ serviceAccount }) => serviceAccount)).to.deep.equal(["probed"]);
    expect(
      await podsOf(fixture.sandbox, fixture.namespace, "podidentity.io/probe=true"),
    ).to.deep.equal([]);
  });

  it("does not wait for a ServiceAccount that is still to come", async () => {
    fixture.sandbox.aws.configure({ webhookLagMs: NEVER_MS });
    await fixture.apply("later", POLICY);
    await fixture.untilReady("later", "True Reconciled");
  });
});
