/** Joins the parts into an operator: the only place that knows all of them. */
import { hostname } from "node:os";
import { FINALIZER, GROUP } from "./api/group.ts";
import {
  type PodIdentityAssociation,
  podIdentityAssociation,
} from "./api/pod-identity-association.ts";
import { OPERATOR_VERSION } from "./api/version.ts";
import { EksAssociations } from "./aws/associations.ts";
import { type AwsClients, createClients } from "./aws/clients.ts";
import { EksCluster } from "./aws/cluster.ts";
import { Inventory } from "./aws/inventory.ts";
import { IamRoles } from "./aws/roles.ts";
import { Controller } from "./engine/controller.ts";
import { errorFields, type Logger } from "./engine/log.ts";
import { pause, repeat } from "./engine/repeat.ts";
import { Guardrails } from "./guardrails.ts";
import { KubeClient } from "./kube/client.ts";
import { isBeingDeleted } from "./kube/crd.ts";
import { EventRecorder } from "./kube/events.ts";
import { serviceAccountIssuer } from "./kube/issuer.ts";
import { keyOf } from "./kube/object.ts";
import { Objects } from "./kube/objects.ts";
import { ServiceAccounts } from "./kube/service-accounts.ts";
import type { Store } from "./kube/store.ts";
import { Transport } from "./kube/transport.ts";
import { Orphans } from "./orphans.ts";
import { asFailure } from "./plan/outcome.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import { Tally } from "./reconcilers/authorization.ts";
import { PodIdentityAssociationReconciler } from "./reconcilers/pod-identity-association.ts";
import type { Aws } from "./reconcilers/ports.ts";
import { preflight } from "./reconcilers/preflight.ts";
import type { Settings } from "./settings.ts";
import { claims, Sweeps, setsTexts } from "./sweeps.ts";
import { wakeOnChanges } from "./wakes.ts";
import { ASSOCIATIONS, GUARDRAILS, Watches } from "./watches.ts";

/** Between two looks at what keeps the operator from starting, at first and at most. Milliseconds. */
const PREFLIGHT_RETRY_MS = 2_000;
const PREFLIGHT_RETRY_MAX_MS = 60_000;

/** What is made once and used by several. */
interface Parts {
  readonly watches: Watches;
  readonly aws: Aws;
  readonly guardrails: Guardrails;
  readonly tally: Tally;
  readonly client: KubeClient;
  readonly events: EventRecorder;
}

export class Operator {
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #calls = new Map<string, number>();
  #watches: Watches | undefined;
  #controller: Controller | undefined;
  #orphans: Orphans | undefined;
  #waitingFor = "the API server and AWS to answer";

  constructor(settings: Settings, log: Logger, signal: AbortSignal) {
    this.#settings = settings;
    this.#log = log;
    this.#signal = signal;
  }

  readiness(): { readonly ready: boolean; readonly why: string } {
    const waitingFor = this.#watches?.waitingFor || this.#waitingFor;
    if (waitingFor) return { ready: false, why: `waiting for ${waitingFor}` };
    if ((this.#watches?.outOfTouchMs ?? 0) > this.#settings.WATCH_GRACE) {
      return { ready: false, why: "waiting for a connection to the API server" };
    }
    return { ready: true, why: "ready" };
  }

  /** Prometheus text. */
  metrics(): string {
    const { outcomes = new Map<string, number>(), queued = 0 } = this.#controller?.counts() ?? {};
    return [
      "# TYPE podidentity_queue_length gauge",
      `podidentity_queue_length ${queued}`,
      "# TYPE podidentity_reconciles_total counter",
      ...[...outcomes].map(
        ([outcome, n]) => `podidentity_reconciles_total{outcome="${outcome}"} ${n}`,
      ),
      "# TYPE podidentity_orphans gauge",
      `podidentity_orphans ${this.#orphans?.count ?? 0}`,
      "# TYPE podidentity_aws_calls_total counter",
      ...[...this.#calls].map(([labels, n]) => `podidentity_aws_calls_total{${labels}} ${n}`),
    ].join("\n");
  }

  /**
   * Resolves after a stop.
   *
   * @throws Failure with what has to be set otherwise; nothing was written then
   */
  async run(): Promise<void> {
    const transport = Transport.fromEnvironment(`podidentity/${OPERATOR_VERSION}`);
    const clients = this.#createClients();
    try {
      const cluster = await this.#preflight(transport, clients);
      if (cluster) await this.#operate(cluster, transport, clients);
    } finally {
      clients.close();
      await transport.close();
    }
  }

  #createClients(): AwsClients {
    return createClients({
      region: this.#settings.AWS_REGION,
      version: OPERATOR_VERSION,
      maxCallsPerSecond: this.#settings.AWS_MAX_CALLS_PER_SECOND,
      signal: this.#signal,
      onAttempt: ({ action, outcome }) => {
        const labels = `action="${action}",outcome="${outcome}"`;
        this.#calls.set(labels, (this.#calls.get(labels) ?? 0) + 1);
      },
    });
  }

  /** What somebody has to set otherwise ends the process; an outage is waited for. `undefined`: stopped meanwhile. */
  async #preflight(transport: Transport, { eks }: AwsClients): Promise<ClusterFacts | undefined> {
    const checks = { cluster: new EksCluster(eks), issuer: () => serviceAccountIssuer(transport) };
    for (let waitMs = PREFLIGHT_RETRY_MS; !this.#signal.aborted; ) {
      try {
        return await preflight(this.#settings.CLUSTER_NAME, checks);
      } catch (thrown) {
        const { retry, reason, message } = asFailure(thrown);
        if (retry.kind === "never" && reason !== "ClusterMismatch") throw thrown;
        if (this.#waitingFor !== message) this.#log.error("not ready", { reason, why: message });
        this.#waitingFor = message;
        await pause(waitMs, this.#signal);
        waitMs = Math.min(PREFLIGHT_RETRY_MAX_MS, 2 * waitMs);
      }
    }
    return undefined;
  }

  async #operate(
    cluster: ClusterFacts,
    transport: Transport,
    { eks, iam }: AwsClients,
  ): Promise<void> {
    const watches = new Watches(transport, (thrown) =>
      this.#log.warn("watch failed", errorFields(thrown)),
    );
    this.#watches = watches;
    const { store } = watches.associations;
    const aws = this.#observeAws(cluster, store, {
      roles: new IamRoles(iam),
      associations: new EksAssociations(eks, cluster.name),
    });
    const guardrails = new Guardrails(watches.guardrails.store, cluster);
    const tally = new Tally();
    const client = new KubeClient(transport);
    const events = this.#createEvents(client);
    const controller = this.#control(cluster, { watches, aws, guardrails, tally, client, events });
    this.#controller = controller;
    const watching = watches.run(this.#signal);
    await Promise.race([watches.synced(), watching]);
    this.#waitingFor = "the first look at what is in AWS";
    const sweeps = new Sweeps(aws.inventory, store, {
      lookAgain: (key) => controller.enqueue(key, "resync"),
      settings: this.#settings,
      log: this.#log,
    });
    await sweeps.first();
    wakeOnChanges(watches, (key) => controller.enqueue(key, "user"));
    sweeps.lookAtAll();
    this.#waitingFor = "";
    this.#log.info("ready", { cluster: cluster.arn, objects: store.size });
    const stopped = aborted(this.#signal).then(() =>
      controller.stop(this.#settings.SHUTDOWN_DEADLINE),
    );
    const orphans = new Orphans({
      inventory: aws.inventory,
      us: { clusterArn: cluster.arn, installation: this.#settings.INSTALLATION_ID },
      exists: (resource) => store.get(resource) !== undefined,
      namespace: (name) => watches.namespaces.store.get(name),
      events,
      log: this.#log,
    });
    this.#orphans = orphans;
    await Promise.all([
      watching,
      sweeps.run(this.#signal),
      this.#report(guardrails, { watches, tally, client }),
      this.#repeat("look for orphans", async () => orphans.look(), this.#settings.ROLE_SWEEP),
      stopped,
    ]);
  }

  /** Resolves when the signal aborts. */
  #report(
    guardrails: Guardrails,
    { watches, tally, client }: Pick<Parts, "watches" | "tally" | "client">,
  ): Promise<void> {
    const objects = new Objects(client, GUARDRAILS, {
      seen: watches.guardrails,
      finalizer: FINALIZER,
    });
    const { store } = watches.associations;
    const write = () => {
      const keys = [...store.values()]
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .map(keyOf);
      return guardrails.writeStatus(objects, { tally, keys: new Set(keys), now: timestamp() });
    };
    return this.#repeat("status of guardrails", write, this.#settings.GUARDRAIL_STATUS);
  }

  #repeat(name: string, task: () => Promise<void>, everyMs: number): Promise<void> {
    return repeat(task, this.#signal, { name, everyMs: () => everyMs, log: this.#log });
  }

  #createEvents(client: KubeClient): EventRecorder {
    return new EventRecorder(client, {
      controller: `${GROUP}/operator`,
      instance: hostname(),
      onError: (thrown) => this.#log.warn("an Event was not written", errorFields(thrown)),
    });
  }

  #observeAws(
    cluster: ClusterFacts,
    store: Store<PodIdentityAssociation>,
    ports: { readonly roles: IamRoles; readonly associations: EksAssociations },
  ): Aws {
    const inventory = new Inventory({
      ...ports,
      now: () => performance.now(),
      consistencyWindowMs: this.#settings.CONSISTENCY_WINDOW,
      rolePath: this.#settings.ROLE_PATH,
      needsTexts: () => [...store.values()].some(setsTexts),
      claimed: () => claims(store, cluster),
      log: this.#log,
    });
    return { ...ports, inventory };
  }

  #control(
    cluster: ClusterFacts,
    { watches, aws, guardrails, tally, client, events }: Parts,
  ): Controller {
    const log = this.#log;
    const settings = this.#settings;
    const objects = new Objects(client, ASSOCIATIONS, {
      seen: watches.associations,
      finalizer: FINALIZER,
    });
    const reconciler = new PodIdentityAssociationReconciler(
      {
        objects,
        events,
        aws,
        log,
        clock: { monotonic: () => performance.now(), timestamp },
        rulebook: {
          guardrails: () => guardrails.all(),
          labelsOf: (namespace) => watches.namespaces.store.get(namespace)?.metadata.labels,
        },
        serviceAccounts: new ServiceAccounts(client, watches.serviceAccounts.store),
        isUninstalled: () => isBeingDeleted(client, podIdentityAssociation.plural),
      },
      {
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
        tally,
      },
    );
    const { CONCURRENCY: concurrency, STALLED_RETRY, RETRY_MAX } = settings;
    const retries = { stalledRetryMs: STALLED_RETRY, maxBackoffMs: RETRY_MAX };
    return new Controller({ reconciler, log, concurrency, ...retries });
  }
}

function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** Resolves when the signal aborts: the queue stops at that very moment, before AWS's clients refuse its calls. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
