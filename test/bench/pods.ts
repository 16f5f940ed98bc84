/**
 * What many pods cost the operator: 10,000 of 200 Deployments, each in a namespace of its own with an
 * association, and then a rollout of all of them at once. Pods and rollouts are the genuine controllers'.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { KubeClient } from "../../src/kube/client.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { Reflector } from "../../src/kube/reflector.ts";
import { Transport } from "../../src/kube/transport.ts";
import { type Operator, startOperator } from "../sandbox/operator.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { writesSoFar } from "./api-server.ts";
import { createNamespace, forEach, RESOURCE } from "./load.ts";
import type { Report } from "./report.ts";

const NAMESPACES = 200;
const DEPLOYMENTS = { group: "apps", version: "v1", plural: "deployments", namespaced: true };
const SERVICE_ACCOUNTS = { group: "", version: "v1", plural: "serviceaccounts", namespaced: true };
const PODS = { group: "", version: "v1", plural: "pods", namespaced: true };
/** "A handful" for each object: a rollout of 50 pods that takes minutes on a small machine. */
const PATCHES_EACH = 10;

export async function benchPods(count: number, report: Report): Promise<void> {
  const sandbox = await startSandbox({ controllerManager: true, report: console.error });
  process.env["KUBECONFIG"] = sandbox.controlPlane.kubeconfig;
  const transport = Transport.fromEnvironment("bench");
  const stop = new AbortController();
  try {
    const kube = new KubeClient(transport);
    // Right after its start the API server refuses some watches; they are opened again.
    const how = { transport, onError: () => undefined };
    const pods = new Reflector<PodOf>({ ...how, resource: PODS, project: podOf });
    const objects = new Reflector<PodIdentityAssociation>({ ...how, resource: RESOURCE });
    void Promise.all([pods.run(stop.signal), objects.run(stop.signal)]);
    const operator = await startOperator(sandbox.environment);
    const each = count / NAMESPACES;
    await forEach(NAMESPACES, (index) => createAll(kube, index, each));
    await until(() => summaries(objects, each) === NAMESPACES);
    report.figure(`peak memory with ${count} pods`, peakMiB(operator), "MiB", 220);

    const before = { ...(await writesSoFar(transport)), cpu: cpuSeconds(operator) };
    const startedAt = performance.now();
    const old = new Set([...pods.store.values()].map(({ metadata }) => metadata.uid));
    await forEach(NAMESPACES, (index) => rollOut(kube, index));
    await until(
      () =>
        pods.store.size === count &&
        [...pods.store.values()].every(({ metadata }) => !old.has(metadata.uid)),
    );
    const rolledMs = performance.now() - startedAt;
    await until(() => summaries(objects, each) === NAMESPACES);
    // The last alarm of a busy object may still be to come.
    await delay(25_000);
    const after = { ...(await writesSoFar(transport)), cpu: cpuSeconds(operator) };
    report.line(`a rollout of all ${count} pods took ${(rolledMs / 1000).toFixed(0)} s`);
    report.figure(
      "status patches in all",
      after.objects - before.objects,
      "",
      PATCHES_EACH * NAMESPACES,
    );
    report.figure(
      "status patches each",
      (after.objects - before.objects) / NAMESPACES,
      "",
      PATCHES_EACH,
    );
    report.figure("CPU of the operator, a pod", (1000 * (after.cpu - before.cpu)) / count, "ms", 5);
    report.figure("peak memory after it", peakMiB(operator), "MiB", 220);
    await operator.stop();
  } finally {
    stop.abort();
    await transport.close();
    await sandbox.stop();
  }
}

type PodOf = KubeObject;

function podOf({
  metadata: { name, namespace = "", uid = "", resourceVersion = "" },
}: KubeObject): PodOf {
  return { metadata: { name, namespace, uid, resourceVersion } };
}

async function createAll(kube: KubeClient, index: number, replicas: number): Promise<void> {
  const namespace = `pods-${String(index).padStart(3, "0")}`;
  await createNamespace(kube, namespace);
  const metadata = { namespace, name: "app" };
  await kube.create(SERVICE_ACCOUNTS, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  const association = {
    apiVersion: "podidentity.io/v1alpha1",
    kind: "PodIdentityAssociation",
    metadata,
    spec: { serviceAccountName: "app", role: {} },
  };
  await kube.create(RESOURCE, association);
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: specOf(replicas),
  };
  await kube.create(DEPLOYMENTS, deployment);
}

/** Pods as EKS's webhook leaves them; no kubelet makes them ready, so a rollout must not wait for that. */
function specOf(replicas: number): object {
  const env = [
    { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: "http://169.254.170.23/v1/credentials" },
  ];
  const token = { audience: "pods.eks.amazonaws.com", path: "eks-pod-identity-token" };
  const volumes = [
    { name: "eks-pod-identity-token", projected: { sources: [{ serviceAccountToken: token }] } },
  ];
  const containers = [{ name: "app", image: "registry.k8s.io/pause:3.10", env }];
  return {
    replicas,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: "100%" } },
    selector: { matchLabels: { app: "app" } },
    template: {
      metadata: { labels: { app: "app" } },
      spec: { serviceAccountName: "app", containers, volumes },
    },
  };
}

async function rollOut(kube: KubeClient, index: number): Promise<void> {
  const name = { namespace: `pods-${String(index).padStart(3, "0")}`, name: "app" };
  const template = { metadata: { annotations: { "bench/rollout": "1" } } };
  await kube.mergePatch(DEPLOYMENTS, name, { body: { spec: { template } } });
}

function summaries({ store }: Reflector<PodIdentityAssociation>, each: number): number {
  return [...store.values()].filter(({ status }) => status?.pods?.summary === `${each}/${each}`)
    .length;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(250);
}

export function peakMiB({ pid }: Operator): number {
  const kiB = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kiB) / 1024;
}

/** User and system time, in ticks of 10 ms (proc(5)). */
function cpuSeconds({ pid }: Operator): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
