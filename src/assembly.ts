/** Joins the parts into what runs: the only place that knows all of them. */
import { hostname } from "node:os";
import { type AddonAssembly, assembleAddons, assembleAgent } from "./addon-assembly.ts";
import type { Agent } from "./agent.ts";
import { clusterPodIdentityAssociation } from "./api/cluster-pod-identity-association.ts";
import { eksAddon } from "./api/eks-addon.ts";
import { FINALIZER, GROUP } from "./api/group.ts";
import { podIdentityAssociation } from "./api/pod-identity-association.ts";
import { podIdentityGuardrail } from "./api/pod-identity-guardrail.ts";
import { EksAddons } from "./aws/addons.ts";
import type { AwsClients } from "./aws/clients.ts";
import { Alarms } from "./engine/alarms.ts";
import { Controller, type Ending } from "./engine/controller.ts";
import { errorFields, type Logger } from "./engine/log.ts";
import type { Shown } from "./gauges.ts";
import { Guardrails } from "./guardrails.ts";
import { KubeClient } from "./kube/client.ts";
import { EventRecorder } from "./kube/events.ts";
import { keyOf } from "./kube/object.ts";
import { Objects } from "./kube/objects.ts";
import type { Transport } from "./kube/transport.ts";
import type { OperatorMetrics } from "./metrics.ts";
import { Orphans } from "./orphans.ts";
import type { Counted } from "./plan/census.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import { Pods } from "./pods.ts";
import { observedAws, portsOf, timestamp } from "./port-assembly.ts";
import { Tally } from "./reconcilers/authorization.ts";
import {
  type Mode,
  PodIdentityAssociationReconciler,
} from "./reconcilers/pod-identity-association.ts";
import type { Ports } from "./reconcilers/ports.ts";
import type { Settings } from "./settings.ts";
import { assembleSources, type SourceAssembly } from "./source-assembly.ts";
import { Sweeps } from "./sweeps.ts";
import { GUARDRAILS, Watches } from "./watches.ts";

export interface Surroundings {
  readonly transport: Transport;
  readonly clients: AwsClients;
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: OperatorMetrics;
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
  const { transport, settings, log, metrics } = how;
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
  metrics.watch(store);
  const aws = observedAws(cluster, store, how);
  const guardrails = new Guardrails(watches.guardrails.store, cluster);
  const tally = new Tally();
  const events = eventsOf(client, how);
  const lookAgain = (key: string, ms: number) => alarms.set(key, ms);
  const ports = portsOf({
    ...{ client, watches, aws, guardrails, events, log, pods, lookAgain },
    agent: () => agent.condition,
  });
  const mode = modeOf(cluster, settings, tally);
  const reconciler = new PodIdentityAssociationReconciler(ports, mode);
  const { CONCURRENCY: concurrency, STALLED_RETRY, RETRY_MAX } = settings;
  const retries = { stalledRetryMs: STALLED_RETRY, maxBackoffMs: RETRY_MAX };
  const onEnd = (ending: Ending) => metrics.reconciled(ending);
  const controller = new Controller({ reconciler, log, concurrency, ...retries, onEnd });
  const sources = assembleSources({ client, watches, ports }, mode, how);
  const eksAddons = new EksAddons(how.clients.eks, cluster.name, aws.associations);
  const addons = assembleAddons({ client, watches, ports, addons: eksAddons }, mode, how);
  const agent = assembleAgent(cluster, {
    ...{ client, addons: eksAddons, log },
    onChange: () => {
      for (const key of store.keys()) controller.enqueue(key, "resync");
    },
  });
  const rails = new Objects(client, GUARDRAILS, { seen: watches.guardrails, finalizer: FINALIZER });
  const sweeps = new Sweeps(aws.inventory, store, {
    lookAgain: (key) => controller.enqueue(key, "resync"),
    settings,
    log,
    now: () => performance.now(),
  });
  const orphans = new Orphans({
    inventory: aws.inventory,
    us: { clusterArn: cluster.arn, installation: settings.INSTALLATION_ID },
    exists: ports.exists,
    namespace: (name) => watches.namespaces.store.get(name),
    events,
    log,
  });
  metrics.show({
    controllers: [controller, sources.annotations, sources.templates, addons.addons],
    kinds: kindsOf(watches),
    associations: store,
    orphans,
    sweeps,
    limiter: how.clients.limiter,
  });
  return {
    watches,
    pods,
    alarms,
    controller,
    ...sources,
    sweeps,
    orphans,
    ...addons,
    agent,
    reportGuardrails: () => {
      const living = [...store.values()].filter(({ metadata }) => !metadata.deletionTimestamp);
      const keys = new Set(living.map(keyOf));
      return guardrails.writeStatus(rails, { tally, keys, now: timestamp() });
    },
  };
}

/** Those of the API server, and the same counted. */
function eventsOf(client: KubeClient, { log, metrics }: Surroundings): Ports["events"] {
  const recorder = new EventRecorder(client, {
    controller: `${GROUP}/operator`,
    instance: hostname(),
    onError: (thrown) => log.warn("an Event was not written", errorFields(thrown)),
  });
  return {
    record: (object, event) => {
      metrics.told(event);
      recorder.record(object, event);
    },
  };
}

function kindsOf({ associations, templates, guardrails, addons }: Watches): Shown["kinds"] {
  return new Map<string, { values(): Iterable<Counted> }>([
    [podIdentityAssociation.kind, associations.store],
    [clusterPodIdentityAssociation.kind, templates.store],
    [podIdentityGuardrail.kind, guardrails.store],
    [eksAddon.kind, addons.store],
  ]);
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
