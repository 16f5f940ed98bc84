/** Joins the parts into what runs: the only place that knows all of them. */
import { hostname } from "node:os";
import { type AddonAssembly, assembleAddons, assembleAgent } from "./addon-assembly.ts";
import type { Agent } from "./agent.ts";
import { clusterPodIdentityAssociation } from "./api/cluster-pod-identity-association.ts";
import { FINALIZER, GROUP } from "./api/group.ts";
import {
  type PodIdentityAssociation,
  podIdentityAssociation,
} from "./api/pod-identity-association.ts";
import { EksAddons } from "./aws/addons.ts";
import { EksAssociations } from "./aws/associations.ts";
import type { AwsClients } from "./aws/clients.ts";
import { Inventory } from "./aws/inventory.ts";
import { IamRoles } from "./aws/roles.ts";
import { Alarms } from "./engine/alarms.ts";
import { Controller } from "./engine/controller.ts";
import { errorFields, type Logger } from "./engine/log.ts";
import { Guardrails } from "./guardrails.ts";
import { KubeClient } from "./kube/client.ts";
import { Definition } from "./kube/crd.ts";
import { dryRunPod } from "./kube/dry-run-pod.ts";
import { EventRecorder } from "./kube/events.ts";
import { keyOf } from "./kube/object.ts";
import { Objects } from "./kube/objects.ts";
import { ServiceAccounts } from "./kube/service-accounts.ts";
import type { Store } from "./kube/store.ts";
import type { Transport } from "./kube/transport.ts";
import { Workloads } from "./kube/workloads.ts";
import { Orphans } from "./orphans.ts";
import { originOf } from "./plan/origin.ts";
import { addonNameOf } from "./plan/ownership.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import { Pods } from "./pods.ts";
import { Tally } from "./reconcilers/authorization.ts";
import {
  type Mode,
  PodIdentityAssociationReconciler,
} from "./reconcilers/pod-identity-association.ts";
import type { Aws, Ports } from "./reconcilers/ports.ts";
import type { Settings } from "./settings.ts";
import { assembleSources, type SourceAssembly } from "./source-assembly.ts";
import { claims, Sweeps, setsTexts } from "./sweeps.ts";
import { ASSOCIATIONS, GUARDRAILS, Watches } from "./watches.ts";

export interface Surroundings {
  readonly transport: Transport;
  readonly clients: AwsClients;
  readonly settings: Settings;
  readonly log: Logger;
}

export interface Assembly extends SourceAssembly, AddonAssembly {
  readonly agent: Agent;
  readonly watches: Watches;
  readonly sweeps: Sweeps;
  readonly controller: Controller;
  readonly pods: Pods;
  /** Of objects that are to be looked at beside the queue's own retries. */
  readonly alarms: Alarms;
  readonly orphans: Orphans;
  /** Writes the guardrails' status where it changed. */
  reportGuardrails(): Promise<void>;
}

export function assemble(cluster: ClusterFacts, how: Surroundings): Assembly {
  const { transport, settings, log } = how;
  const client = new KubeClient(transport);
  const watches = new Watches(transport, {
    verifiesPods: settings.VERIFY_PODS,
    onError: (thrown) => log.warn("watch failed", errorFields(thrown)),
  });
  const pods = new Pods(watches.pods);
  const alarms = new Alarms({
    ring: (key) => controller.enqueue(key, "resync"),
    firstMs: settings.POD_STATUS_DELAY,
    longestMs: settings.POD_STATUS_DELAY_MAX,
  });
  const { store } = watches.associations;
  const aws = observedAws(cluster, store, how);
  const guardrails = new Guardrails(watches.guardrails.store, cluster);
  const tally = new Tally();
  const events = new EventRecorder(client, {
    controller: `${GROUP}/operator`,
    instance: hostname(),
    onError: (thrown) => log.warn("an Event was not written", errorFields(thrown)),
  });
  const lookAgain = (key: string, ms: number) => alarms.set(key, ms);
  const ports = portsOf({
    ...{ client, watches, aws, guardrails, events, log, pods, lookAgain },
    agent: () => agent.condition,
  });
  const mode = modeOf(cluster, settings, tally);
  const reconciler = new PodIdentityAssociationReconciler(ports, mode);
  const { CONCURRENCY: concurrency, STALLED_RETRY, RETRY_MAX } = settings;
  const retries = { stalledRetryMs: STALLED_RETRY, maxBackoffMs: RETRY_MAX };
  const controller = new Controller({ reconciler, log, concurrency, ...retries });
  const sources = assembleSources({ client, watches, ports }, mode, how);
  const addons = new EksAddons(how.clients.eks, cluster.name, aws.associations);
  const agent = assembleAgent(cluster, {
    ...{ client, addons, log },
    onChange: () => {
      for (const key of store.keys()) controller.enqueue(key, "resync");
    },
  });
  const rails = new Objects(client, GUARDRAILS, { seen: watches.guardrails, finalizer: FINALIZER });
  return {
    watches,
    pods,
    alarms,
    controller,
    ...sources,
    ...assembleAddons({ client, watches, ports, addons }, mode, how),
    agent,
    sweeps: new Sweeps(aws.inventory, store, {
      lookAgain: (key) => controller.enqueue(key, "resync"),
      settings,
      log,
    }),
    orphans: new Orphans({
      inventory: aws.inventory,
      us: { clusterArn: cluster.arn, installation: settings.INSTALLATION_ID },
      exists: ports.exists,
      namespace: (name) => watches.namespaces.store.get(name),
      events,
      log,
    }),
    reportGuardrails: () => {
      const living = [...store.values()].filter(({ metadata }) => !metadata.deletionTimestamp);
      const keys = new Set(living.map(keyOf));
      return guardrails.writeStatus(rails, { tally, keys, now: timestamp() });
    },
  };
}

function observedAws(
  cluster: ClusterFacts,
  store: Store<PodIdentityAssociation>,
  { clients: { eks, iam }, settings, log }: Surroundings,
): Aws {
  const ports = {
    roles: new IamRoles(iam),
    associations: new EksAssociations(eks, cluster.name),
  };
  const inventory = new Inventory({
    ...ports,
    now: () => performance.now(),
    consistencyWindowMs: settings.CONSISTENCY_WINDOW,
    rolePath: settings.ROLE_PATH,
    needsTexts: () => [...store.values()].some(setsTexts),
    claimed: () => claims(store, cluster),
    log,
  });
  return { ...ports, inventory };
}

function portsOf({
  client,
  watches,
  guardrails,
  ...others
}: Pick<Ports, "agent" | "aws" | "events" | "log" | "pods" | "lookAgain"> & {
  readonly client: KubeClient;
  readonly watches: Watches;
  readonly guardrails: Guardrails;
}): Ports {
  const own = new Definition(client, podIdentityAssociation.plural);
  const templates = new Definition(client, clusterPodIdentityAssociation.plural);
  return {
    ...others,
    objects: new Objects(client, ASSOCIATIONS, {
      seen: watches.associations,
      finalizer: FINALIZER,
    }),
    addonObjects: { all: () => watches.addons.store.values() },
    exists: (resource) => {
      const addon = addonNameOf(resource);
      const { associations, addons } = watches;
      return addon === undefined
        ? associations.store.get(resource) !== undefined
        : addons.store.get(addon) !== undefined;
    },
    clock: { monotonic: () => performance.now(), timestamp },
    rulebook: {
      guardrails: () => guardrails.all(),
      labelsOf: (namespace) => watches.namespaces.store.get(namespace)?.metadata.labels,
    },
    serviceAccounts: new ServiceAccounts(client, watches.serviceAccounts.store),
    workloads: new Workloads(client),
    dryRunPod: (key) => dryRunPod(client, key),
    // With the kind of the templates go all that were made of them.
    isUninstalled: async (object) =>
      (await own.isBeingDeleted()) ||
      (originOf(object) === "fan-out" && (await templates.isBeingDeleted())),
  };
}

function modeOf(cluster: ClusterFacts, settings: Settings, tally: Tally): Mode {
  return {
    fixed: {
      cluster,
      installation: settings.INSTALLATION_ID,
      rolePath: settings.ROLE_PATH,
      defaultTrustScope: settings.DEFAULT_TRUST_SCOPE,
      manageRoles: settings.MANAGE_ROLES,
    },
    readOnly: settings.OPERATOR_MODE === "Plan",
    operatorNamespace: settings.OPERATOR_NAMESPACE,
    revokeAfterMs: settings.REVOKE_AFTER,
    verification: {
      webhookSettleMs: settings.WEBHOOK_SETTLE,
      restartWindowMs: settings.RESTART_WINDOW,
      serviceAccountPatienceMs: settings.SERVICE_ACCOUNT_PATIENCE,
    },
    restarts: { perMinute: settings.RESTARTS_PER_MINUTE, intervalMs: settings.RESTART_INTERVAL },
    probeEveryMs: settings.EFFECTIVE_PROBE === "DryRun" ? settings.PROBE_INTERVAL : undefined,
    tally,
  };
}

function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
