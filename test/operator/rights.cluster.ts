/** Each right of config/ that may be left out, missing: one clear condition, and all else works. */

import { expect } from "chai";
import { stringify } from "yaml";
import { startOperator } from "../sandbox/operator.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../sandbox/shared.ts";
import { applyRights, operatorKubeconfig } from "../sandbox/shipped-rights.ts";
import { type Fixture, openGuardrail, QUICK, startFixture, until } from "./fixture.ts";

const POLICY = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };
/** What is bound to the operator by a file of its own. */
const FEATURES = ["verify-pods", "restart-pods", "create-service-accounts", "probe"];
const QUOTA = {
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "no-pods" },
  spec: { hard: { pods: "0" } },
};

describe("the operator with the base of its rights", function () {
  this.timeout(FIRST_BUILD_MS);
  let fixture: Fixture;

  before(async () => {
    const controlPlane = await sharedControlPlane();
    await operatorKubeconfig(controlPlane);
    const bindings = FEATURES.map((name) => `podidentity-${name}`);
    await controlPlane.kubectl(["delete", "clusterrolebindings", ...bindings]);
    fixture = await startFixture({
      env: {
        EFFECTIVE_PROBE: "DryRun",
        PROBE_INTERVAL: "0.1",
        WEBHOOK_SETTLE: "0.3",
        POD_STATUS_DELAY: "0.1",
      },
    });
  });
  after(async () => {
    await fixture.stop();
    await applyRights(fixture.sandbox.controlPlane);
  });

  const kubectl = (...args: readonly string[]) => fixture.sandbox.kubectl(...args);
  async function condition(name: string, type: string) {
    const object = await fixture.get(name);
    return object?.status?.conditions?.find((one) => one.type === type);
  }
  async function untilCondition(name: string, type: string, expected: string) {
    let last: Awaited<ReturnType<typeof condition>>;
    await until(
      `${type} of ${name} is ${expected}`,
      async () => {
        last = await condition(name, type);
        return `${last?.status} ${last?.reason}` === expected;
      },
      () => JSON.stringify(last),
    );
    return last?.message ?? "";
  }

  it("makes an association, and deletes it again, with the base alone", async () => {
    await fixture.apply("base", POLICY);
    await fixture.untilReady("base", "True Reconciled");
    expect(fixture.sandbox.aws.state().associations).to.have.length(1);
    await kubectl("delete", "pia", "base", "-n", fixture.namespace);
    expect(fixture.sandbox.aws.state().associations).to.have.length(0);
  });

  it("makes what annotations and templates ask for, with the base alone", async () => {
    const { aws } = fixture.sandbox;
    aws.putRole({ name: "given" });
    const roleArn = "arn:aws:iam::111122223333:role/given";
    const template = {
      apiVersion: "podidentity.io/v1alpha1",
      kind: "ClusterPodIdentityAssociation",
      metadata: { name: "everywhere" },
      spec: {
        namespaceSelector: { matchNames: [fixture.namespace] },
        serviceAccountName: "b",
        roleArn,
      },
    };
    await fixture.sandbox.apply(
      stringify(
        openGuardrail(`open-${fixture.namespace}`, fixture.namespace, {
          annotations: ["PodIdentity"],
        }),
      ),
    );
    await kubectl("create", "serviceaccount", "a", "-n", fixture.namespace);
    await kubectl(
      "annotate",
      "serviceaccount",
      "a",
      `podidentity.io/role=${roleArn}`,
      "-n",
      fixture.namespace,
    );
    await fixture.sandbox.apply(stringify(template));
    const names = () =>
      aws
        .state()
        .associations.map(({ serviceAccount }) => serviceAccount)
        .sort();
    await until("both are there", () => names().join() === "a,b");
    await kubectl(
      "annotate",
      "serviceaccount",
      "a",
      "podidentity.io/role-",
      "-n",
      fixture.namespace,
    );
    await kubectl("delete", "cpia", "everywhere");
    await until("both are gone", () => names().length === 0);
  });

  it("says which file lets it make ServiceAccounts", async () => {
    await fixture.apply("made", { ...POLICY, createServiceAccount: true });
    const message = await untilCondition("made", "Ready", "False KubernetesForbidden");
    expect(message)
      .to.include("config/rbac/create-service-accounts.yaml")
      .and.to.include("createServiceAccount: false");
    await kubectl("apply", "-f", "config/rbac/create-service-accounts.yaml");
    await kubectl("delete", "pia", "made", "-n", fixture.namespace);
  });

  it("says which file lets it see pods", async () => {
    await fixture.apply("blind", POLICY);
    const message = await untilCondition("blind", "PodsVerified", "Unknown PodsNotVisible");
    expect(message).to.include("config/rbac/verify-pods.yaml").and.to.include("VERIFY_PODS=false");
  });

  it("says which file lets it try pods, and what to set instead", async () => {
    await kubectl("create", "serviceaccount", "tried", "-n", fixture.namespace);
    await fixture.apply("tried", POLICY);
    const message = await untilCondition("tried", "Ready", "False ProbeRefused");
    expect(message).to.include("config/probe").and.to.include("EFFECTIVE_PROBE=Off");
    expect((await condition("tried", "AssociationReady"))?.status).to.equal("True");
    expect((await condition("tried", "Stalled"))?.status).to.equal("True");
  });

  it("may only try pods once it has that file, and make none", async () => {
    await kubectl("apply", "-f", "config/probe/probe.yaml");
    const pod = (name: string) =>
      stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace: fixture.namespace, name },
        spec: { containers: [{ name: "app", image: "registry.k8s.io/pause:3.10" }] },
      });
    const { KUBECONFIG: kubeconfig = "" } = fixture.sandbox.environment;
    const create = (...args: readonly string[]) =>
      fixture.sandbox.controlPlane.kubectl(["create", "-f", "-", ...args], {
        stdin: pod("smuggled"),
        kubeconfig,
      });
    let refusal = "";
    await until("the fence is up", async () => {
      refusal = (await create()).stderr;
      if (!refusal.includes("only try pods"))
        await kubectl(
          "delete",
          "pod",
          "smuggled",
          "-n",
          fixture.namespace,
          "--ignore-not-found",
          "--now",
        );
      return refusal.includes("only try pods");
    });
    expect((await create("--dry-run=server")).code).to.equal(0);
    expect(await kubectl("get", "pods", "-n", fixture.namespace, "-o", "name")).to.equal("");
  });

  it("waits as long as a tried pod comes back without credentials", async () => {
    const message = await untilCondition("tried", "Ready", "False AssociationPropagating");
    expect(message).to.include("new pods really get its credentials");
    expect((await condition("tried", "Reconciling"))?.status).to.equal("True");
  });

  it("does not hang where a quota refuses pods", async () => {
    await fixture.sandbox.apply(
      stringify({ ...QUOTA, metadata: { ...QUOTA.metadata, namespace: fixture.namespace } }),
    );
    await until(
      "the quota counts",
      async () =>
        (await kubectl(
          "get",
          "resourcequota",
          "no-pods",
          "-n",
          fixture.namespace,
          "-o",
          "jsonpath={.status.hard.pods}",
        )) === "0",
    );
    const message = await untilCondition("tried", "Ready", "False ProbeRefused");
    expect(message).to.include("exceeded quota");
    await kubectl("delete", "resourcequota", "no-pods", "-n", fixture.namespace);
  });

  it("is no trouble to the strictest pod security standard", async () => {
    const standard = "pod-security.kubernetes.io/enforce";
    await kubectl("label", "namespace", fixture.namespace, `${standard}=restricted`);
    await untilCondition("tried", "Ready", "False AssociationPropagating");
    await kubectl("label", "namespace", fixture.namespace, `${standard}-`);
  });

  it("sees pods once it has that file, and says which one lets it restart them", async () => {
    await kubectl("create", "serviceaccount", "app", "-n", fixture.namespace);
    await kubectl(
      "create",
      "deployment",
      "app",
      "--image=registry.k8s.io/pause:3.10",
      "-n",
      fixture.namespace,
    );
    await kubectl("set", "serviceaccount", "deployment/app", "app", "-n", fixture.namespace);
    await kubectl("apply", "-f", "config/rbac/verify-pods.yaml");
    await fixture.operator.kill();
    fixture.operator = await startOperator({
      ...fixture.sandbox.environment,
      ...QUICK,
      WEBHOOK_SETTLE: "0.3",
      POD_STATUS_DELAY: "0.1",
    });
    await fixture.apply("app", POLICY);
    await until("status says so", async () =>
      ((await condition("app", "PodsVerified"))?.message ?? "").includes(
        "config/rbac/restart-pods.yaml",
      ),
    );
    expect((await condition("app", "PodsVerified"))?.message).to.include(
      `kubectl rollout restart deployment/app -n ${fixture.namespace}`,
    );
    expect(await fixture.ready("app")).to.equal("True Reconciled");
  });

  it("restarts them once it has that file, too", async () => {
    await kubectl("apply", "-f", "config/rbac/restart-pods.yaml");
    await until("it is restarted", async () =>
      (
        await kubectl(
          "get",
          "deployment",
          "app",
          "-n",
          fixture.namespace,
          "-o",
          "jsonpath={.spec.template.metadata.annotations}",
        )
      ).includes("restartedAt"),
    );
  });
});
