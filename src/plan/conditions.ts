/** Sets conditions by the Kubernetes rule: lastTransitionTime moves only when the status of one does. */
import type { Condition } from "../api/pod-identity-association.ts";

export type NewCondition = Pick<Condition, "type" | "status" | "reason" | "message">;

/** Longer messages are cut: they come from AWS in part. A trust policy to paste has to fit. In characters. */
const MESSAGE_MAX = 4096;

export function setConditions(
  previous: readonly Condition[],
  changed: readonly NewCondition[],
  how: { readonly generation: number; readonly now: string; readonly remove: readonly string[] },
): Condition[] {
  const replaced = new Set([...how.remove, ...changed.map(({ type }) => type)]);
  const kept = previous.filter(({ type }) => !replaced.has(type));
  const set = changed.map((condition) => {
    const before = previous.find(({ type }) => type === condition.type);
    return {
      ...condition,
      message: condition.message.slice(0, MESSAGE_MAX),
      observedGeneration: how.generation,
      lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : how.now,
    };
  });
  return [...kept, ...set].sort((a, b) => (a.type < b.type ? -1 : 1));
}

/** A status that says one thing more; `undefined`: nothing. */
export function withCondition<S extends { readonly conditions?: readonly Condition[] | undefined }>(
  status: S,
  condition: NewCondition | undefined,
  moment: { readonly generation: number; readonly now: string },
): S {
  if (!condition) return status;
  const conditions = setConditions(status.conditions ?? [], [condition], { ...moment, remove: [] });
  return { ...status, conditions };
}

/** Whether a status says that this very generation was brought to AWS in full. */
export function isReadyFor(
  generation: number,
  status: { readonly conditions?: readonly Condition[] | undefined } | undefined,
): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is, observedGeneration }) =>
      type === "Ready" && is === "True" && observedGeneration === generation,
  );
}

/** Whether mode Plan has looked at this very generation before. */
export function isPlannedFor({
  metadata,
  status,
}: {
  readonly metadata: { readonly generation?: number };
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined;
}): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason, observedGeneration }) =>
      type === "Ready" && reason === "Planned" && observedGeneration === metadata.generation,
  );
}

/** Whether a refusal says something that the status does not say yet: one Event per refusal, not per retry. */
export function isNewRefusal(
  status: { readonly conditions?: readonly Condition[] | undefined } | undefined,
  { reason, message }: { readonly reason: string; readonly message: string },
): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.reason !== reason || ready.message !== message.slice(0, MESSAGE_MAX);
}

/** Whether the role in a status is somebody else's, which the spec only named; it may not exist at all. */
export function isRoleReferenced(
  status: { readonly conditions?: readonly Condition[] | undefined } | undefined,
): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason }) =>
      type === "RoleReady" && ["RoleReferenced", "RoleNotFound"].includes(reason),
  );
}
