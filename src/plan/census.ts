/** How many objects and pods are in which state: counted over all of them for metrics, nothing is kept of any one. */
import { CONDITION_TYPES, FAILURE_REASONS, PROGRESS_REASONS } from "../api/conditions.ts";
import type { PodIdentityAssociationStatus } from "../api/pod-identity-association.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly lastTransitionTime: string;
}

/** What is counted of an object of any of our kinds. */
export interface Counted {
  readonly metadata: { readonly creationTimestamp?: string };
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined;
}

export interface ConditionCount {
  readonly condition: string;
  readonly status: string;
  readonly reason: string;
  readonly count: number;
}

const TYPES: ReadonlySet<string> = new Set(Object.keys(CONDITION_TYPES));
const REASONS: ReadonlySet<string> = new Set([...PROGRESS_REASONS, ...FAILURE_REASONS]);

/** Whoever may write a status can write any word into it: the number of series must not grow with that. */
function known(reason: string): string {
  return REASONS.has(reason) ? reason : "Other";
}

export function conditionCounts(objects: Iterable<Counted>): readonly ConditionCount[] {
  const counts = new Map<string, ConditionCount>();
  for (const { status: all } of objects) {
    for (const { type: condition, status, reason: told } of all?.conditions ?? []) {
      if (!TYPES.has(condition)) continue;
      const reason = known(told);
      const key = `${condition} ${status} ${reason}`;
      const { count } = counts.get(key) ?? { count: 0 };
      counts.set(key, { condition, status, reason, count: count + 1 });
    }
  }
  return [...counts.values()];
}

/**
 * For how long the one that has waited longest is not Ready, by reason, in milliseconds. Whose changes are
 * only planned, or who is suspended, waits for nobody.
 *
 * @param now milliseconds since the epoch
 */
export function longestNotReady(
  objects: Iterable<Counted>,
  now: number,
): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  for (const { metadata, status } of objects) {
    const conditions = status?.conditions ?? [];
    const ready = conditions.find(({ type }) => type === "Ready");
    const waitsForNobody =
      ready?.reason === "Planned" || conditions.some(({ type }) => type === "Suspended");
    if (!ready || ready.status === "True" || waitsForNobody) continue;
    // The API server's default for a fresh object says 1970.
    const times = [ready.lastTransitionTime, metadata.creationTimestamp ?? ""].map(Date.parse);
    const sinceMs = Math.max(0, now - Math.max(...times.filter(Number.isFinite)));
    const reason = known(ready.reason);
    longest.set(reason, Math.max(longest.get(reason) ?? 0, sinceMs));
  }
  return longest;
}

/** What a pod has: exactly one of them. */
export type PodState = "injected" | "missing" | "irsa" | "shadowed" | "unsupported" | "skipped";

/** Pods of all objects, as their status says. */
export function podCounts(
  objects: Iterable<{ readonly status?: PodIdentityAssociationStatus | undefined }>,
): Readonly<Record<PodState, number>> {
  const sum = { injected: 0, missing: 0, irsa: 0, shadowed: 0, unsupported: 0, skipped: 0 };
  for (const { status } of objects) {
    if (!status?.pods) continue;
    const { injected, stale, unsupported, irsa = 0, shadowed = 0, skipped = 0 } = status.pods;
    sum.injected += injected;
    sum.missing += stale - irsa;
    sum.irsa += irsa;
    sum.shadowed += shadowed;
    sum.unsupported += unsupported;
    sum.skipped += skipped;
  }
  return sum;
}
