/** Tells the user what a reconciliation did: one Event for what changed in AWS, one for each new refusal. */
import type { Condition } from "../api/pod-identity-association.ts";
import { isNewRefusal, isReadyFor } from "../plan/conditions.ts";
import type { EventSubject, Ports } from "./ports.ts";
import type { Result } from "./result.ts";

/** An object of ours, whatever its kind. */
type Own = EventSubject & {
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined;
};

export function announce(
  object: Own,
  {
    outcome,
    changes,
    changed,
    isFrozen,
    isStill,
  }: Pick<Result, "outcome" | "changes" | "changed" | "isFrozen" | "isStill">,
  { events, log }: Pick<Ports, "events" | "log">,
): void {
  if (changes.length > 0) {
    const drift = isReadyFor(object.metadata.generation ?? 0, object.status);
    const reason = changed ?? (drift ? "DriftRepaired" : "Applied");
    const note = changes.join("; ");
    events.record(object, { type: "Normal", reason, action: "Reconcile", note });
    const { namespace, name } = object.metadata;
    log.info(drift ? "repaired drift" : "applied", { namespace, name, changes });
  }
  if (outcome.kind !== "failed" || isStill) return;
  const { reason, message } = outcome.failure;
  const news = isFrozen
    ? isNewlyFrozen(object, message)
    : isNewRefusal(object.status, outcome.failure);
  if (!news) return;
  const warning = isFrozen
    ? { reason: "Frozen", note: `${reason}: ${message}` }
    : { reason, note: message };
  events.record(object, { type: "Warning", action: "Reconcile", ...warning });
}

function isNewlyFrozen({ status }: Own, message: string): boolean {
  const authorized = status?.conditions?.find(({ type }) => type === "Authorized");
  return authorized?.reason !== "Frozen" || !authorized.message.includes(message);
}
