/** Restarts workloads: not those that are paused or protected just now, not twice for the same, and few a minute. */
import { ASSOCIATION_ANNOTATION, RESTARTED_ANNOTATION } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { budgetInTheWay } from "../plan/disruption.ts";
import { asFailure } from "../plan/outcome.ts";
import { remedy } from "../plan/remedy.ts";
import type { AssociationKey } from "../plan/resources.ts";
import type { Candidate } from "../plan/restart.ts";
import { Pace } from "./pace.ts";
import { keyOf, type Ports, type WorkloadObject } from "./ports.ts";

export interface RestartLimits {
  readonly perMinute: number;
  /** Between two restarts of one workload, where it may be restarted again. Milliseconds. */
  readonly intervalMs: number;
}

export interface Restarting {
  readonly key: AssociationKey;
  readonly associationId: string;
  /** Again and again, not once for each association. */
  readonly repeats: boolean;
}

interface Done {
  readonly associationId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Somebody is rolling it out, or pods are becoming ready. */
const BUSY_CHECK_MS = 30_000;
/** It changed between our look and our write. */
const CHANGED_CHECK_MS = 2_000;

export class Restarts {
  readonly #ports: Ports;
  readonly #limits: RestartLimits;
  readonly #pace: Pace;
  /** "namespace/kind/name" → its last restart. */
  readonly #done = new Map<string, Done>();

  constructor(ports: Ports, limits: RestartLimits) {
    this.#ports = ports;
    this.#limits = limits;
    this.#pace = new Pace(limits.perMinute, () => ports.clock.monotonic());
  }

  /** @returns of each workload ("kind/name") what was done, or why not, in words */
  async carryOut(
    object: PodIdentityAssociation,
    chosen: readonly Candidate[],
    how: Restarting,
  ): Promise<ReadonlyMap<string, string>> {
    const notes = new Map<string, string>();
    for (const candidate of chosen) {
      const note = await this.#restart(object, candidate, how);
      if (note !== undefined) notes.set(`${candidate.kind}/${candidate.name}`, note);
    }
    return notes;
  }

  async #restart(
    object: PodIdentityAssociation,
    candidate: Candidate,
    how: Restarting,
  ): Promise<string | undefined> {
    try {
      return await this.#attempt(object, candidate, how);
    } catch (thrown) {
      const { reason, message, retry } = asFailure(thrown);
      const soonMs = retry.kind === "after" ? CHANGED_CHECK_MS : BUSY_CHECK_MS;
      if (retry.kind !== "never") this.#ports.lookAgain(keyOf(object), soonMs);
      const isForbidden = reason === "KubernetesForbidden";
      const advice = isForbidden ? " (apply config/rbac/restart-pods.yaml)" : "";
      const command = remedy(candidate, "missing", how.key);
      return `the operator could not restart it: ${message}${advice}; ${command}`;
    }
  }

  async #attempt(
    object: PodIdentityAssociation,
    candidate: Candidate,
    how: Restarting,
  ): Promise<string | undefined> {
    const { namespace, serviceAccount } = how.key;
    const enough = `it has been restarted for this association before; if its pods still have none when that is done, ${remedy(candidate, "missing", how.key)}`;
    const known = this.#done.get(nameOf(namespace, candidate));
    if (known && this.#isEnough(known, how)) return enough;
    const { kind, name } = candidate;
    const workload = await this.#ports.workloads.get({ kind, namespace, name });
    // Its pods are on their way out, or only named as if they were its own.
    if (!workload || accountOf(workload) !== serviceAccount) return undefined;
    const done = noted(workload);
    if (done) this.#done.set(nameOf(namespace, candidate), done);
    if (done && this.#isEnough(done, how)) return enough;
    const obstacle = await this.#obstacle(object, workload, { candidate, namespace });
    return obstacle ?? (await this.#carryOut(workload, candidate, how));
  }

  #isEnough({ associationId, at }: Done, how: Restarting): boolean {
    if (!how.repeats) return associationId === how.associationId;
    return Date.parse(this.#ports.clock.timestamp()) - at < this.#limits.intervalMs;
  }

  async #obstacle(
    object: PodIdentityAssociation,
    { spec }: WorkloadObject,
    { candidate, namespace }: { readonly candidate: Candidate; readonly namespace: string },
  ): Promise<string | undefined> {
    if (spec?.updateStrategy?.type === "OnDelete") {
      return "its update strategy is OnDelete: delete its pods";
    }
    const later = (why: string, ms: number) => {
      this.#ports.lookAgain(keyOf(object), ms);
      return `it will be restarted ${why}`;
    };
    if (spec?.paused) return later("when its rollout is paused no more", BUSY_CHECK_MS);
    if (candidate.isServing) {
      const budgets = await this.#ports.workloads.budgets(namespace);
      const budget = budgetInTheWay(budgets, spec?.template?.metadata?.labels ?? {});
      if (budget) return later(`when PodDisruptionBudget ${budget} allows it`, BUSY_CHECK_MS);
    }
    const waitMs = this.#pace.waitMs();
    return waitMs > 0 ? later("in a moment, after others", waitMs) : undefined;
  }

  async #carryOut(
    workload: WorkloadObject,
    candidate: Candidate,
    { key, associationId }: Restarting,
  ): Promise<string> {
    const { clock, workloads, events, log } = this.#ports;
    const { kind, name } = candidate;
    const now = clock.timestamp();
    this.#pace.take();
    await workloads.annotateTemplate(kind, workload, {
      [RESTARTED_ANNOTATION]: now,
      [ASSOCIATION_ANNOTATION]: associationId,
    });
    this.#done.set(nameOf(key.namespace, candidate), { associationId, at: Date.parse(now) });
    const note = `restarted, because its pods came before EKS knew of association ${associationId} and have no AWS credentials`;
    events.record(workload, { type: "Normal", reason: "Restarted", action: "Restart", note });
    log.info("restarted", { namespace: key.namespace, kind, workload: name, associationId });
    return "it is being restarted";
  }
}

function nameOf(namespace: string, { kind, name }: Candidate): string {
  return `${namespace}/${kind}/${name}`;
}

function accountOf({ spec }: WorkloadObject): string {
  return spec?.template?.spec?.serviceAccountName ?? "default";
}

/** What the workload itself says of its last restart by us: it outlives this process. */
function noted({ spec }: WorkloadObject): Done | undefined {
  const { annotations = {} } = spec?.template?.metadata ?? {};
  const associationId = annotations[ASSOCIATION_ANNOTATION];
  if (associationId === undefined) return undefined;
  return { associationId, at: Date.parse(annotations[RESTARTED_ANNOTATION] ?? "") || 0 };
}
