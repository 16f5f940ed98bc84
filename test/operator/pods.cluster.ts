/** Pods without credentials: told of, and restarted where they can never have worked. No webhook here: what pods carry is in their templates. */
import { expect } from "chai";
import { stringify } from "yaml";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type Fixture, startFixture, sweeps, until } from "./fixture.ts";
import { INJECTED, IRSA, podSpec, type Template } from "./pod-spec.ts";

const POLICY = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };
/** The window in which a workload is restarted stays as shipped: no pod here is to grow out of it. */
const TIMES = {
  WEBHOOK_SETTLE: "0.5",
  POD_STATUS_DELAY: "0.1",
  POD_STATUS_DELAY_MAX: "0.5",
  SERVICE_ACCOUNT_PATIENCE: "2",
};

describe("pods of an association", function () {
  this.timeout(FIRST_BUILD_MS);
  let fixture: Fixture;

  before(async () => {
    fixture = await startFixture({ env: TIMES });
  });
  after(() => fixture.stop());

  const apply = (object: object) => fixture.sandbox.apply(stringify(object));
  const account = (name: string) =>
    apply({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { namespace: fixture.namespace, name },
    });
  async function workload(kind: string, name: string, template: Template = {}, more: object = {}) {
    await account(name);
    const labels = { app: name, ...template.labels };
    await apply({
      apiVersion: "apps/v1",
      kind,
      metadata: { namespace: fixture.namespace, name },
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels }, spec: podSpec(name, template) },
        ...(kind === "Deployment" ? { replicas: 2 } : {}),
        ...more,
      },
    });
    if (kind === "Deployment") {
      await until("its pods are made", async () => (await pods(name)).length === 2);
    }
  }
  async function pods(name: string): Promise<readonly string[]> {
    const listed = await fixture.sandbox.kubectl(
      ...["get", "pods", "-n", fixture.namespace, "-l", `app=${name}`, "-o", "name"],
    );
    return listed.split("\n").filter(Boolean);
  }
  const field = (kind: string, name: string, path: string) =>
    fixture.sandbox.kubectl("get", kind, name, "-n", fixture.namespace, "-o", `jsonpath=${path}`);
  const restarts = (kind: string, name: string) =>
    field(kind, name, "{.spec.template.metadata.annotations}");
  async function verified(name: string) {
    const object = await fixture.get(name);
    const found = object?.status?.conditions?.find(({ type }) => type === "PodsVerified");
    return { ...found, pods: object?.status?.pods };
  }
  /** @param count of pods: their own watch may show them one by one */
  async function untilVerified(name: string, expected: string, count = 0) {
    let last: Awaited<ReturnType<typeof verified>> | undefined;
    await until(
      `PodsVerified of ${name} is ${expected}`,
      async () => {
        last = await verified(name);
        const { total = 0 } = last.pods ?? {};
        return `${last.status} ${last.reason}` === expected && total >= count;
      },
      () => JSON.stringify(last),
    );
    return last as Awaited<ReturnType<typeof verified>>;
  }

  /** An Event is written while status is, and may come after it. */
  const untilTold = (name: string, reason: string) =>
    until(`an Event of ${name} says ${reason}`, async () =>
      (await fixture.events(name)).includes(reason),
    );

  it("are restarted once, with a field manager of our own, where their Deployment came first", async () => {
    await workload("Deployment", "early");
    await fixture.apply("early", POLICY);
    await until("it is restarted", async () => (await restarts("deployment", "early")) !== "");
    const object = await fixture.get("early");
    expect(await restarts("deployment", "early"))
      .to.include("kubectl.kubernetes.io/restartedAt")
      .and.to.include(object?.status?.associationId);
    const managers = await fixture.sandbox.kubectl(
      ...["get", "deployment", "early", "-n", fixture.namespace, "-o", "json"],
      "--show-managed-fields",
    );
    const owners = (
      JSON.parse(managers) as {
        metadata: { managedFields: { manager: string; fieldsV1: object }[] };
      }
    ).metadata.managedFields
      .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes("restartedAt"))
      .map(({ manager }) => manager);
    expect(owners).to.deep.equal(["podidentity-restart"]);
    const events = ["events", "-n", fixture.namespace, "--for", "deployment/early"];
    await until("an Event says so", async () =>
      (await fixture.sandbox.kubectl(...events)).includes("Restarted"),
    );
    // There is no webhook: the new pods have none either, and that is not tried again.
    const { message } = await untilVerified("early", "False PodsWithoutCredentials");
    expect(message).to.include("Deployment early");
    const before = await field("deployment", "early", "{.metadata.generation}");
    await sweeps(fixture);
    expect(await field("deployment", "early", "{.metadata.generation}")).to.equal(before);
    expect(before).to.equal("2");
    expect(await fixture.ready("early")).to.equal("True Reconciled");
  });

  it("are restarted once, though the operator is killed and starts again", async () => {
    const before = await field("deployment", "early", "{.metadata.generation}");
    await fixture.operator.kill();
    const { startOperator } = await import("../sandbox/operator.ts");
    const { QUICK } = await import("./fixture.ts");
    fixture.operator = await startOperator({
      ...fixture.sandbox.environment,
      ...QUICK,
      ...TIMES,
    });
    await sweeps(fixture);
    await untilVerified("early", "False PodsWithoutCredentials");
    expect(await field("deployment", "early", "{.metadata.generation}")).to.equal(before);
  });

  it("of StatefulSets and DaemonSets are restarted, too", async () => {
    await workload("StatefulSet", "ordered", {}, { serviceName: "ordered" });
    await until("its pod is made", async () => (await pods("ordered")).length === 1);
    await fixture.apply("ordered", POLICY);
    await until("it is restarted", async () => (await restarts("statefulset", "ordered")) !== "");
  });

  it("that have IRSA instead are left alone, and status says so", async () => {
    await workload("Deployment", "older", IRSA);
    await fixture.apply("older", POLICY);
    const { message, pods: counts } = await untilVerified("older", "False PodsUseIRSA", 2);
    expect(message).to.include("kubectl rollout restart deployment/older");
    expect(counts).to.deep.include({ total: 2, injected: 0, stale: 2, irsa: 2, summary: "0/2" });
    expect(await restarts("deployment", "older")).to.equal("");
    expect(await fixture.ready("older")).to.equal("True Reconciled");
  });

  it("with IRSA are restarted where the object says Stale", async () => {
    await fixture.apply("older", { ...POLICY, podRestart: "Stale" });
    await until("it is restarted", async () => (await restarts("deployment", "older")) !== "");
  });

  it("that have the credentials are counted, shown and left alone", async () => {
    await workload("Deployment", "right", INJECTED);
    await fixture.apply("right", { ...POLICY, podRestart: "Stale" });
    const { pods: counts } = await untilVerified("right", "True PodsInjected", 2);
    expect(counts).to.include({ total: 2, injected: 2, summary: "2/2" });
    expect(await fixture.sandbox.kubectl("get", "pia", "right", "-n", fixture.namespace)).to.match(
      /PODS[\s\S]*2\/2/,
    );
    expect(await restarts("deployment", "right")).to.equal("");
  });

  it("that bring AWS keys of their own are reported and not touched", async () => {
    await workload("Deployment", "keys", {
      ...INJECTED,
      env: [{ name: "AWS_ACCESS_KEY_ID", value: "x" }, ...INJECTED.env],
    });
    await fixture.apply("keys", { ...POLICY, podRestart: "Stale" });
    const { message } = await untilVerified("keys", "False CredentialsShadowed");
    expect(message).to.include("AWS_ACCESS_KEY_ID of container app");
    expect(await restarts("deployment", "keys")).to.equal("");
    await untilTold("keys", "CredentialsShadowed");
  });

  it("of a paused rollout wait until it is paused no more", async () => {
    await workload("Deployment", "paused");
    await fixture.sandbox.kubectl("rollout", "pause", "deployment/paused", "-n", fixture.namespace);
    await fixture.apply("paused", POLICY);
    await until("status says so", async () =>
      ((await verified("paused")).message ?? "").includes("when its rollout is paused no more"),
    );
    expect(await restarts("deployment", "paused")).to.equal("");
    await fixture.sandbox.kubectl(
      "rollout",
      "resume",
      "deployment/paused",
      "-n",
      fixture.namespace,
    );
    await until(
      "it is restarted",
      async () => (await restarts("deployment", "paused")) !== "",
      () => "",
      // The operator looks again half a minute later only.
      120_000,
    );
  });

  it("of a workload with podRestart: Never are only reported", async () => {
    await workload("Deployment", "never");
    await fixture.apply("never", { ...POLICY, podRestart: "Never" });
    const { message } = await untilVerified("never", "False PodsWithoutCredentials");
    expect(message).to.include("kubectl rollout restart deployment/never");
    await sweeps(fixture);
    expect(await restarts("deployment", "never")).to.equal("");
  });

  it("that nobody can restart are reported with the command, once for each workload", async () => {
    await account("alone");
    await apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: fixture.namespace, name: "alone" },
      spec: podSpec("alone", {}),
    });
    await fixture.apply("alone", POLICY);
    const { message } = await untilVerified("alone", "False PodsWithoutCredentials");
    expect(message).to.include("then apply its manifest once more");
    await untilTold("alone", "PodsWithoutCredentials");
    await sweeps(fixture);
    const events = (await fixture.events("alone")).split("\n");
    expect(events.filter((line) => line.includes("PodsWithoutCredentials"))).to.have.length(1);
  });

  it("that have ended do not count", async () => {
    await fixture.sandbox.kubectl("delete", "pod", "alone", "-n", fixture.namespace, "--now");
    await untilVerified("alone", "Unknown NoPods");
  });

  it("are missed, if even their ServiceAccount is not there after a while", async () => {
    await account("reports");
    await fixture.apply("report", POLICY);
    const { message } = await untilVerified("report", "Unknown ServiceAccountNotFound");
    expect(message).to.include("did you mean reports?");
    expect(await fixture.ready("report")).to.equal("True Reconciled");
    await account("report");
    await untilVerified("report", "Unknown NoPods");
  });

  it("go from status with the association", async () => {
    await fixture.apply("right", { ...POLICY, suspend: true });
    await fixture.sandbox.kubectl("delete", "pia", "right", "-n", fixture.namespace);
    await until("it is gone", async () => (await fixture.get("right")) === undefined);
  });

  it("cost nothing when nothing changes", async () => {
    await sweeps(fixture);
    const versions = () =>
      fixture.sandbox.kubectl(
        "get",
        "pia",
        "-n",
        fixture.namespace,
        "-o",
        "jsonpath={.items[*].metadata.resourceVersion}",
      );
    const before = await versions();
    fixture.sandbox.aws.resetCalls();
    await sweeps(fixture, 3);
    expect(await versions()).to.equal(before);
    expect(fixture.effects()).to.deep.equal({});
  });
});
