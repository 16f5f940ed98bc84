/** Brings one EKSAddon to AWS, keeps it so, and takes it away again. */
import type { EksAddon } from "../api/eks-addon.ts";
import type { Reconciler } from "../engine/reconciler.ts";
import { KubeError } from "../kube/errors.ts";
import { type AddonSeen, AGENT_ADDON, type ObservedAddon } from "../plan/addon.ts";
import { addonRival } from "../plan/addon-claims.ts";
import { type DesiredAddon, desiredAddon } from "../plan/addon-desired.ts";
import { wantsIdentities } from "../plan/addon-identities.ts";
import { planAddon } from "../plan/addon-plan.ts";
import { type AddonEnding, addonStatusOf, suspendedAddonStatus } from "../plan/addon-status.ts";
import { type ResolvedVersion, resolveVersion } from "../plan/addon-version.ts";
import { clusterFault } from "../plan/cluster.ts";
import { asFailure, type Outcome } from "../plan/outcome.ts";
import type { ClusterFacts } from "../plan/resources.ts";
import type { Moment } from "../plan/status.ts";
import { attemptAddon } from "./addon-attempt.ts";
import { type Admissions, observeAddon } from "./addon-observe.ts";
import { AddonPace } from "./addon-pace.ts";
import type { AddonMode, AddonPorts } from "./addon-ports.ts";
import { tearDownAddon } from "./addon-tear-down.ts";
import { announce } from "./announce.ts";
import { SETTLED } from "./result.ts";
import { surroundingsOf } from "./surroundings.ts";

interface Result extends AddonEnding {
  /** What was changed, in words, in order. */
  readonly changes: readonly string[];
}

/** What an object wants, read against what EKS offers and has. */
interface Understood {
  readonly desired: DesiredAddon;
  readonly resolved: ResolvedVersion;
  readonly addon: ObservedAddon | undefined;
}

export class EksAddonReconciler implements Reconciler {
  readonly name = "EKSAddon";
  readonly #ports: AddonPorts;
  readonly #mode: AddonMode;
  readonly #pace: AddonPace;
  readonly #admissions: Admissions = new Map();
  readonly #startedAt: number;

  constructor(ports: AddonPorts, mode: AddonMode) {
    this.#ports = ports;
    this.#mode = mode;
    this.#pace = new AddonPace(mode.retryMs, () => ports.clock.monotonic());
    this.#startedAt = ports.clock.monotonic();
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    const object = this.#ports.objects.get(key);
    if (!object) return SETTLED;
    if (!object.metadata.deletionTimestamp) return this.#sync(object, signal);
    const moment = this.#moment(object);
    const how = { ports: this.#ports, mode: this.#mode, pace: this.#pace, moment, signal };
    const outcome = await tearDownAddon(object, how);
    if (outcome.kind === "settled") this.#pace.forget(object.metadata.uid ?? "");
    return outcome;
  }

  async #sync(object: EksAddon, signal: AbortSignal): Promise<Outcome> {
    const { objects } = this.#ports;
    const moment = this.#moment(object);
    if (object.spec.suspend) {
      await objects.patchStatus(object, suspendedAddonStatus(object.status, moment));
      return SETTLED;
    }
    const result = await this.#bringAbout(object, signal);
    // Stopped half-way: nothing is wrong, and the next process goes on from what AWS shows.
    if (signal.aborted) return result.outcome;
    announce(object, result, this.#ports);
    const latest = objects.get(object.metadata.name);
    if (latest && latest.metadata.uid === object.metadata.uid) {
      await objects.patchStatus(latest, addonStatusOf(latest.status, result, moment));
    }
    return result.outcome;
  }

  async #bringAbout(object: EksAddon, signal: AbortSignal): Promise<Result> {
    let known: Partial<Result> = {};
    try {
      const cluster = await this.#ports.catalogue.cluster();
      if (object.spec.addonName === AGENT_ADDON && cluster.isAutoMode) {
        return { outcome: SETTLED, changes: [], isBuiltIn: true };
      }
      const understood = await this.#understand(object, cluster);
      const { desired, addon } = understood;
      known = understood;
      const { owner } = desired;
      const rival = addonRival(object, { owner, addon, all: this.#ports.objects.all() });
      if (rival) return failed(rival, known);
      const seen = await this.#observe(object, understood);
      known = { ...known, seen };
      return { ...known, ...(await this.#approach(object, desired, seen, signal)) };
    } catch (thrown) {
      // What Kubernetes refuses is the queue's to try again, not the user's to read.
      if (thrown instanceof KubeError) throw thrown;
      return failed(thrown, known);
    }
  }

  /** Whatever EKS's catalogue speaks against is refused here, before anything is changed. */
  async #understand(object: EksAddon, cluster: ClusterFacts): Promise<Understood> {
    const { spec, status, metadata } = object;
    const { catalogue, addons, aws } = this.#ports;
    const fault = wantsIdentities(spec) ? clusterFault(cluster) : undefined;
    if (fault) throw fault;
    const [entry, addon] = await Promise.all([
      catalogue.entry(spec.addonName),
      addons.describe(spec.addonName),
    ]);
    const resolved = resolveVersion(
      {
        ...spec,
        noted: status?.version,
        installed: addon?.version,
        kubernetes: cluster.version,
      },
      entry,
    );
    const recommendations = wantsIdentities(spec)
      ? await catalogue.recommendations(spec.addonName, resolved.version)
      : [];
    const asked = (spec.identities ?? []).map(({ role }) => role);
    const surroundings = await surroundingsOf(asked, this.#mode.fixed, aws.roles);
    const desired = desiredAddon(spec, {
      objectName: metadata.name,
      version: resolved.version,
      namespace: addon?.namespace ?? spec.namespace ?? entry.defaultNamespace ?? "kube-system",
      recommendations,
      surroundings,
    });
    return { desired, resolved, addon };
  }

  #observe(object: EksAddon, { desired, addon }: Understood): Promise<AddonSeen> {
    const { cluster } = this.#mode.fixed;
    const around = { object, cluster, ports: this.#ports, admissions: this.#admissions };
    return observeAddon(desired, addon, around);
  }

  async #approach(
    object: EksAddon,
    desired: DesiredAddon,
    seen: AddonSeen,
    signal: AbortSignal,
  ): Promise<Result> {
    const { pollMs, readOnly } = this.#mode;
    const todo = planAddon(desired, seen, pollMs);
    if ("conflict" in todo) return failed(todo.conflict, { seen });
    if (readOnly || object.spec.mode === "Plan") {
      return "outcome" in todo
        ? { outcome: todo.outcome, changes: [] }
        : { outcome: SETTLED, changes: [], planned: todo.actions };
    }
    await this.#ports.objects.addFinalizer(object);
    const means = { ports: this.#ports, pace: this.#pace, startedAt: this.#startedAt };
    const tried = await attemptAddon(desired, seen, { ...means, object, pollMs, signal });
    return { ...tried, seen: tried.observed };
  }

  #moment(object: EksAddon): Moment {
    return {
      generation: object.metadata.generation ?? 0,
      cluster: this.#mode.fixed.cluster,
      now: this.#ports.clock.timestamp(),
    };
  }
}

function failed(thrown: unknown, known: Partial<Result>): Result {
  return { ...known, outcome: { kind: "failed", failure: asFailure(thrown) }, changes: [] };
}
