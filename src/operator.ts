/** The operator's life: from the first look at the cluster until everything has stopped. */

import { wakeAddons } from "./addon-wakes.ts";
import { OPERATOR_VERSION } from "./api/version.ts";
import { type Assembly, assemble } from "./assembly.ts";
import { type AwsClients, createClients } from "./aws/clients.ts";
import { EksCluster } from "./aws/cluster.ts";
import type { Logger } from "./engine/log.ts";
import { pause, repeat } from "./engine/repeat.ts";
import { serviceAccountIssuer } from "./kube/issuer.ts";
import { Transport } from "./kube/transport.ts";
import { ALONE, leadershipOf } from "./leadership.ts";
import { OperatorMetrics } from "./metrics.ts";
import { asFailure } from "./plan/outcome.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import { preflight } from "./reconcilers/preflight.ts";
import type { Settings } from "./settings.ts";
import { wakeSources } from "./sources.ts";
import { wakeOnChanges } from "./wakes.ts";

/** Between two looks at what keeps the operator from starting, at first and at most. Milliseconds. */
const PREFLIGHT_RETRY_MS = 2_000;
const PREFLIGHT_RETRY_MAX_MS = 60_000;

export class Operator {
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #metrics = new OperatorMetrics({
    ready: () => this.readiness().ready,
    leading: () => this.#leadership.isLeading,
    version: OPERATOR_VERSION,
    now: Date.now,
  });
  #assembly: Assembly | undefined;
  #leadership = ALONE;
  #waitingFor = "the API server and AWS to answer";

  constructor(settings: Settings, log: Logger, signal: AbortSignal) {
    this.#settings = settings;
    this.#log = log;
    this.#signal = signal;
  }

  readiness(): { readonly ready: boolean; readonly why: string } {
    const waitingFor = this.#assembly?.watches.waitingFor || this.#waitingFor;
    if (waitingFor) return { ready: false, why: `waiting for ${waitingFor}` };
    if ((this.#assembly?.watches.outOfTouchMs ?? 0) > this.#settings.WATCH_GRACE) {
      return { ready: false, why: "waiting for a connection to the API server" };
    }
    const { isLeading, standby } = this.#leadership;
    return isLeading ? { ready: true, why: "ready" } : standby;
  }

  /** Prometheus' text format. */
  metrics(): Promise<string> {
    return this.#metrics.text();
  }

  /**
   * Resolves after a stop.
   *
   * @throws Failure with what has to be set otherwise, and nothing was written then; or LeaseLost, and much may
   * still be under way that writes nothing any more
   */
  async run(): Promise<void> {
    const userAgent = `podidentity/${OPERATOR_VERSION}`;
    this.#leadership = leadershipOf(this.#settings, userAgent, this.#log);
    const { fence, lost } = this.#leadership;
    const transport = Transport.fromEnvironment(userAgent, fence);
    const clients = this.#createClients();
    const work = async () => {
      try {
        const cluster = await this.#preflight(transport, clients);
        if (cluster) await this.#operate(cluster, transport, clients);
      } finally {
        clients.close();
        await transport.close();
      }
    };
    await Promise.race([lost, work()]);
  }

  #createClients(): AwsClients {
    return createClients({
      region: this.#settings.AWS_REGION,
      version: OPERATOR_VERSION,
      maxCallsPerSecond: this.#settings.AWS_MAX_CALLS_PER_SECOND,
      signal: this.#signal,
      fence: this.#leadership.fence,
      onAttempt: (attempt) => this.#metrics.called(attempt),
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

  async #operate(cluster: ClusterFacts, transport: Transport, clients: AwsClients): Promise<void> {
    const settings = this.#settings;
    const log = this.#log;
    const metrics = this.#metrics;
    const assembly = assemble(cluster, { transport, clients, settings, log, metrics });
    this.#assembly = assembly;
    const { watches, sweeps, controller, orphans, pods, alarms } = assembly;
    const { store } = watches.associations;
    const watching = watches.run(this.#signal);
    await Promise.race([watches.synced(), watching]);
    this.#waitingFor = "";
    if (!(await this.#leadership.lead(this.#signal))) return;
    this.#waitingFor = "the first look at what is in AWS";
    await Promise.all([sweeps.first(), assembly.agent.look()]);
    wakeOnChanges(watches, pods, {
      enqueue: (key) => controller.enqueue(key, "user"),
      touch: (key) => alarms.touch(key),
      forget: (key) => alarms.forget(key),
    });
    wakeSources(watches, {
      annotation: (key) => assembly.annotations.enqueue(key, "user"),
      template: (name) => assembly.templates.enqueue(name, "user"),
      touchTemplate: (name) => assembly.templateAlarms.touch(name),
    });
    wakeAddons(watches, {
      enqueue: (name) => assembly.addons.enqueue(name, "user"),
      agentChanged: () => void assembly.agent.look(),
    });
    // Objects that are looked at before their pods are looked at once more. Nobody waits for pods.
    if (!watches.pods?.hasSynced) void watches.pods?.synced.then(() => sweeps.lookAtAll());
    sweeps.lookAtAll();
    assembly.lookAtAllAddons();
    this.#waitingFor = "";
    log.info("ready", { cluster: cluster.arn, objects: store.size });
    const lookAtAddons = async () => assembly.lookAtAllAddons();
    const report = () => assembly.reportGuardrails();
    const reading = Promise.all([
      watching,
      sweeps.run(this.#signal),
      this.#repeat("status of guardrails", report, settings.GUARDRAIL_STATUS),
      this.#repeat("look for the agent", () => assembly.agent.look(), settings.AGENT_CHECK),
      this.#repeat("look at add-ons", lookAtAddons, settings.ADDON_SWEEP),
      this.#repeat("look for orphans", async () => orphans.look(), settings.ROLE_SWEEP),
    ]);
    const stopped = aborted(this.#signal).then(() => this.#stop(assembly));
    // A read that is still to be answered need not be waited for.
    await Promise.race([reading.then(() => stopped), stopped]);
  }

  /** What is under way is brought to the end of its step; then another replica may go on. */
  async #stop({ alarms, templateAlarms, ...queues }: Assembly): Promise<void> {
    alarms.stop();
    templateAlarms.stop();
    const all = [queues.controller, queues.annotations, queues.templates, queues.addons];
    await Promise.all(all.map((one) => one.stop(this.#settings.SHUTDOWN_DEADLINE)));
    // A call that has not ended may still take effect: others wait until the Lease has run out.
    if (all.every((one) => one.load().running === 0)) await this.#leadership.release();
  }

  #repeat(name: string, task: () => Promise<void>, everyMs: number): Promise<void> {
    return repeat(task, this.#signal, { name, everyMs: () => everyMs, log: this.#log });
  }
}

/** Resolves when the signal aborts: the queue stops at that very moment, before AWS's clients refuse its calls. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
