/** Looks at the pods of an object that has its association: restarts what came too early, and tells of the rest. */
import type {
  PodIdentityAssociation,
  PodIdentityAssociationStatus,
} from "../api/pod-identity-association.ts";
import { setConditions } from "../plan/conditions.ts";
import type { PodFacts } from "../plan/pod.ts";
import type { AssociationKey } from "../plan/resources.ts";
import { candidates, effectiveAt } from "../plan/restart.ts";
import type { Moment } from "../plan/status.ts";
import { type Offender, verification, withoutPods } from "../plan/verification.ts";
import { keyOf, type Ports } from "./ports.ts";
import type { Restarts } from "./restarts.ts";

type Status = PodIdentityAssociationStatus;

/** All in milliseconds. */
export interface VerificationTimes {
  /** EKS's webhook knows of an association at most so long after it was made. */
  readonly webhookSettleMs: number;
  /** Pods older than this when the association came are not restarted. */
  readonly restartWindowMs: number;
  /** A ServiceAccount may come so long after its association. */
  readonly serviceAccountPatienceMs: number;
}

export interface Looked {
  readonly object: PodIdentityAssociation;
  /** What it is about to be. */
  readonly status: Status;
  readonly moment: Moment;
  /** All is in AWS as wanted, and workloads may be restarted. */
  readonly mayRestart: boolean;
  /** New pods are known to get the credentials since; milliseconds since the epoch. */
  readonly provenAt: number | undefined;
}

export class Verification {
  readonly #ports: Ports;
  readonly #restarts: Restarts;
  readonly #times: VerificationTimes;
  /** UID of an object → what has been told of its pods: workload and cause. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(ports: Ports, restarts: Restarts, times: VerificationTimes) {
    this.#ports = ports;
    this.#restarts = restarts;
    this.#times = times;
  }

  forget({ metadata: { uid = "" } }: PodIdentityAssociation): void {
    this.#told.delete(uid);
  }

  /** The status with what is to be said of pods. */
  async look(how: Looked): Promise<Status> {
    const { object, status, moment } = how;
    const { pods } = this.#ports;
    if (pods.state === "off" || status.associationId === undefined) return withoutPods(status);
    // Until they have been listed, what was said last still counts.
    if (pods.state === "unseen") return status;
    if (pods.state === "forbidden") return notVisible(status, moment);
    const { namespace = "" } = object.metadata;
    const key = { namespace, serviceAccount: object.spec.serviceAccountName };
    const found = pods.of(key);
    const notes = how.mayRestart ? await this.#restart(how, key, found) : new Map<string, string>();
    const otherAccounts = found.length === 0 ? this.#otherAccounts(how, key) : undefined;
    const verdict = verification({ key, pods: found, notes, otherAccounts });
    this.#tell(object, verdict.offenders, verdict.condition.message);
    return {
      ...status,
      pods: verdict.pods,
      conditions: setConditions(status.conditions ?? [], [verdict.condition], {
        ...moment,
        remove: [],
      }),
    };
  }

  /** What was done about each workload, or is in the way, in words. */
  async #restart(
    { object, status, moment, provenAt }: Looked,
    key: AssociationKey,
    pods: readonly PodFacts[],
  ): Promise<ReadonlyMap<string, string>> {
    const { webhookSettleMs, restartWindowMs: windowMs } = this.#times;
    const associatedAt = Date.parse(status.associatedAt ?? moment.now);
    const since = provenAt ?? effectiveAt(associatedAt, webhookSettleMs);
    const timeline = { associatedAt, effectiveAt: since, windowMs };
    const chosen = candidates(pods, object.spec.podRestart, timeline);
    if (chosen.length === 0) return new Map();
    // Any earlier, and the new pods would lack them just the same.
    const leftMs = since - Date.parse(moment.now);
    if (leftMs > 0) {
      this.#ports.lookAgain(keyOf(object), leftMs);
      const note = "it will be restarted as soon as EKS knows of the association";
      return new Map(chosen.map(({ kind, name }) => [`${kind}/${name}`, note]));
    }
    return this.#restarts.carryOut(object, chosen, {
      key,
      associationId: status.associationId ?? "",
      repeats: object.spec.podRestart === "Stale",
    });
  }

  /** The namespace's ServiceAccounts, if this one should be there by now. */
  #otherAccounts(
    { object, status, moment }: Looked,
    key: AssociationKey,
  ): readonly string[] | undefined {
    const { serviceAccounts, lookAgain } = this.#ports;
    if (serviceAccounts.get(key)) return undefined;
    const since = Date.parse(status.associatedAt ?? moment.now);
    const leftMs = since + this.#times.serviceAccountPatienceMs - Date.parse(moment.now);
    if (leftMs > 0) lookAgain(keyOf(object), leftMs);
    return leftMs > 0 ? undefined : serviceAccounts.namesIn(key.namespace);
  }

  /** One Event for each workload and cause. After a start of the operator the status says what has been told. */
  #tell(object: PodIdentityAssociation, offenders: readonly Offender[], message: string): void {
    const { uid = "" } = object.metadata;
    const names = offenders.map(({ workload: { kind, name }, reason }) =>
      [kind, name, reason].join(),
    );
    const before = object.status?.conditions?.find(({ type }) => type === "PodsVerified");
    const isKnown = before?.message === message;
    const told = this.#told.get(uid) ?? new Set(isKnown ? names : []);
    for (const [index, { reason, message: note }] of offenders.entries()) {
      if (told.has(names[index] ?? "")) continue;
      this.#ports.events.record(object, { type: "Warning", reason, action: "VerifyPods", note });
    }
    if (names.length > 0) this.#told.set(uid, new Set(names));
    else this.#told.delete(uid);
  }
}

function notVisible(status: Status, moment: Moment): Status {
  const condition = {
    type: "PodsVerified",
    status: "Unknown",
    reason: "PodsNotVisible",
    message:
      "the operator may not list and watch pods: apply config/rbac/verify-pods.yaml, or set VERIFY_PODS=false",
  } as const;
  const { pods: _, ...rest } = status;
  const conditions = setConditions(status.conditions ?? [], [condition], { ...moment, remove: [] });
  return { ...rest, conditions };
}
