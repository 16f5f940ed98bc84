/** Which workloads are restarted because their pods came too early for their credentials. */
import type { PodIdentityAssociationSpec } from "../api/pod-identity-association.ts";
import type { PodFacts, Workload } from "./pod.ts";
import { RESTARTABLE_KINDS } from "./remedy.ts";
import { workloadKey } from "./verification.ts";

export interface Timeline {
  /** When the association came to be. Milliseconds since the epoch, as all here. */
  readonly associatedAt: number;
  /** From when on new pods get the credentials. */
  readonly effectiveAt: number;
  /** Pods older than this when the association came have worked without it, somehow. Milliseconds. */
  readonly windowMs: number;
}

/** status.associatedAt has whole seconds: the association may have come up to one later. */
const RESOLUTION_MS = 1_000;

/**
 * From when on EKS gives new pods the credentials for sure, in milliseconds since the epoch.
 *
 * @param settleMs how long its webhook may take to know of an association
 */
export function effectiveAt(associatedAt: number, settleMs: number): number {
  return associatedAt + RESOLUTION_MS + settleMs;
}

export interface Candidate extends Workload {
  /** Some of its pods are ready: an interruption would be felt. */
  readonly isServing: boolean;
}

export function candidates(
  pods: readonly PodFacts[],
  policy: PodIdentityAssociationSpec["podRestart"],
  timeline: Timeline,
): readonly Candidate[] {
  if (policy === "Never") return [];
  const qualifies = policy === "Initial" ? hasNeverWorked(timeline) : lacksCredentials;
  return [...Map.groupBy(pods, ({ workload }) => workloadKey(workload)).values()]
    .filter((group) => RESTARTABLE_KINDS.has(group[0]?.workload.kind ?? "") && qualifies(group))
    .map((group) => ({
      ...(group[0]?.workload ?? { kind: "", name: "" }),
      isServing: group.some(({ isReady }) => isReady),
    }));
}

/**
 * All of its pods came shortly before the association or before it took effect, and none has AWS
 * credentials of any kind. What ran before is never touched: it may not need them.
 */
function hasNeverWorked({ associatedAt, effectiveAt, windowMs }: Timeline) {
  return (group: readonly PodFacts[]): boolean =>
    group.every(
      ({ injection, createdAt }) =>
        injection === "missing" && createdAt > associatedAt - windowMs && createdAt <= effectiveAt,
    );
}

function lacksCredentials(group: readonly PodFacts[]): boolean {
  return group.some(({ injection }) => ["missing", "irsa"].includes(injection));
}
