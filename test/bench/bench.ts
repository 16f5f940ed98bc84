/**
 * `make bench N=500`: what N objects cost. Each figure stands beside its bound; the floor is a bare loop
 * of the same writes, measured in the same run.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { EksAssociations } from "../../src/aws/associations.ts";
import { EksCluster } from "../../src/aws/cluster.ts";
import { IamRoles } from "../../src/aws/roles.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { Reflector } from "../../src/kube/reflector.ts";
import { Transport } from "../../src/kube/transport.ts";
import { clientsOf } from "../sandbox/aws/clients.ts";
import { startOperator } from "../sandbox/operator.ts";
import { CLUSTER_NAME, type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { writesSoFar } from "./api-server.ts";
import { type Clients, floorOfCreation } from "./floor.ts";
import { createAll, createNamespace, deleteAll, isReady, RESOURCE } from "./load.ts";
import { benchPods, peakMiB } from "./pods.ts";
import { Report } from "./report.ts";

const COUNT = Number(process.env["N"] ?? 500);
/** Added to each AWS call. Milliseconds. */
const LATENCY_MS = Number(process.env["LATENCY"] ?? 50);

async function bench(sandbox: Sandbox, report: Report): Promise<void> {
  process.env["KUBECONFIG"] = sandbox.controlPlane.kubeconfig;
  const transport = Transport.fromEnvironment("bench");
  const kube = new KubeClient(transport);
  const { aws } = sandbox;
  const sdk = clientsOf(aws);
  const clients: Clients = {
    kube,
    roles: new IamRoles(sdk.iam),
    associations: new EksAssociations(sdk.eks, CLUSTER_NAME),
  };
  const surroundings = {
    cluster: await new EksCluster(sdk.eks).describe(CLUSTER_NAME),
    installation: "default",
    rolePath: "/podidentity/",
    defaultTrustScope: "ServiceAccount",
    manageRoles: true,
    awsManagedPolicies: undefined,
  } as const;
  aws.configure({ latencyMs: LATENCY_MS, quotas: { rolesPerAccount: 5000 } });
  const stop = new AbortController();
  const reflector = new Reflector<PodIdentityAssociation>({
    transport,
    resource: RESOURCE,
    project: ({ metadata, ...rest }) =>
      ({ metadata, status: (rest as PodIdentityAssociation).status }) as PodIdentityAssociation,
    onError: console.error,
  });
  void reflector.run(stop.signal);
  await reflector.synced;

  await createNamespace(kube, "floor");
  const floorMs = await floorOfCreation(clients, surroundings, {
    namespace: "floor",
    count: COUNT,
  });
  report.line(`floor: ${(floorMs / 1000).toFixed(1)} s for the same writes in a bare loop`);
  await clearFloor(sandbox, kube);

  let operator = await startOperator(sandbox.environment);
  await createNamespace(kube, "load");
  aws.resetCalls();
  const before = await writesSoFar(transport);
  const startedAt = performance.now();
  const ready = whenAll(reflector, (objects) => objects.length === COUNT && objects.every(isReady));
  await createAll(kube, "load", COUNT);
  await ready;
  const readyMs = performance.now() - startedAt;
  await quiet(sandbox);
  const after = await writesSoFar(transport);
  const calls = aws.calls().length;
  report.figure("until all are Ready", readyMs / 1000, "s", (1.3 * floorMs) / 1000);
  report.figure("against the floor", readyMs / floorMs, "×", 1.3);
  report.figure("AWS calls per object", calls / COUNT, "", 3.05);
  report.figure("writes to objects, each", (after.objects - before.objects) / COUNT, "", 2);
  report.figure("Events, each", (after.events - before.events) / COUNT, "", 1);
  report.figure("peak memory of the operator", peakMiB(operator), "MiB", COUNT > 1000 ? 220 : 132);
  report.line(`calls: ${JSON.stringify(countsOf(sandbox))}`);

  await operator.stop();
  aws.resetCalls();
  const restBefore = await writesSoFar(transport);
  const restartedAt = performance.now();
  operator = await startOperator(sandbox.environment);
  report.figure("restart until ready", (performance.now() - restartedAt) / 1000, "s", 10);
  await quiet(sandbox);
  const restAfter = await writesSoFar(transport);
  report.figure("AWS calls at restart", aws.calls().length, "", COUNT > 1000 ? 100 : 10);
  report.figure(
    "writes to Kubernetes at restart",
    restAfter.objects + restAfter.events - restBefore.objects - restBefore.events,
    "",
    0,
  );
  report.line(`calls: ${JSON.stringify(countsOf(sandbox))}`);

  aws.resetCalls();
  const deletedAt = performance.now();
  const gone = whenAll(reflector, (objects) => objects.length === 0);
  await deleteAll(kube, "load", COUNT);
  await gone;
  report.figure(
    "until all are deleted",
    (performance.now() - deletedAt) / 1000,
    "s",
    COUNT > 1000 ? 200 : 20,
  );
  report.figure("left in AWS", aws.state().roles.length + aws.state().associations.length, "", 0);
  report.line(`calls: ${JSON.stringify(countsOf(sandbox))}`);
  report.figure("exit code after SIGTERM", (await operator.stop()) ?? -1, "", 0);
  stop.abort();
  await transport.close();
}

/** The floor's objects go without the operator: their finalizers first, then what was made in AWS. */
async function clearFloor({ aws }: Sandbox, kube: KubeClient): Promise<void> {
  const { forEach, manifest } = await import("./load.ts");
  await forEach(COUNT, async (index) => {
    const { metadata } = manifest("floor", index);
    await kube.mergePatch(RESOURCE, metadata, { body: { metadata: { finalizers: [] } } });
    await kube.delete(RESOURCE, metadata);
  });
  const { associations, roles } = aws.state();
  for (const { associationId: id } of associations)
    aws.deleteAssociation({ cluster: CLUSTER_NAME, id });
  for (const { name } of roles) aws.deleteRole({ name });
}

function whenAll(
  { store }: Reflector<PodIdentityAssociation>,
  isSo: (objects: readonly PodIdentityAssociation[]) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!isSo([...store.values()])) return;
      clearInterval(timer);
      resolve();
    }, 25);
  });
}

/** Until no AWS call has come for a while, so that stragglers are counted too. */
async function quiet({ aws }: Sandbox): Promise<void> {
  for (let last = -1; last !== aws.calls().length; ) {
    last = aws.calls().length;
    await delay(2_000);
  }
}

function countsOf({ aws }: Sandbox): Record<string, number> {
  const entries = Object.entries(aws.counters()).map(([name, { calls }]) => [name, calls] as const);
  return Object.fromEntries(entries);
}

/** 0 leaves that part out. */
const PODS = Number(process.env["PODS"] ?? 10_000);

const report = new Report(
  `${COUNT} objects, each a role with one inline policy, ${LATENCY_MS} ms added to each AWS call`,
);
const sandbox = await startSandbox({
  controllerManager: false,
  report: (line) => console.error(line),
});
try {
  await bench(sandbox, report);
} catch (problem) {
  console.error(problem);
  process.exitCode = 1;
} finally {
  await sandbox.stop();
}
if (PODS > 0) await benchPods(PODS, report);
process.exitCode ||= report.missed > 0 ? 1 : 0;
