/** How an object of any kind leaves: when nothing is taken away, when it is let go, and what is said meanwhile. */
import { FINALIZER } from "../api/group.ts";
import type { Condition } from "../api/pod-identity-association.ts";
import type { Logger } from "../engine/log.ts";
import { isNewRefusal } from "../plan/conditions.ts";
import { asFailure, type Failure, type Outcome } from "../plan/outcome.ts";
import type { Moment } from "../plan/status.ts";
import type { EventSubject, Events, Objects } from "./ports.ts";

/** For so long after the deletion, Retain tries again what may only be an outage. */
const RETAIN_PATIENCE_MS = 120_000;

const UNTOUCHED = {
  kind: "waiting",
  reason: "Planned",
  message:
    "nothing is deleted while the operator runs with OPERATOR_MODE=Plan; what this object made is deleted once it runs with Apply",
  checkAfterMs: 60_000,
} as const;

export type Open = Exclude<Outcome, { kind: "settled" }>;

type Leaver<S> = EventSubject & {
  readonly status?: (S & { readonly conditions?: readonly Condition[] | undefined }) | undefined;
};

export interface Departure<T extends Leaver<S>, S> {
  readonly object: T;
  readonly objects: Pick<Objects<T, S>, "removeFinalizer" | "patchStatus">;
  readonly events: Events;
  readonly log: Logger;
  readonly moment: Moment;
  readonly signal: AbortSignal;
  /** Nothing in AWS is changed. */
  readonly readOnly: boolean;
  /** It leaves everything where it is. */
  readonly retains: boolean;
  readonly isUninstalled: () => Promise<boolean>;
  /** What was done, in words, in order; `takeAway` adds to it. */
  readonly changes: string[];
  /** "settled": AWS says that all of it is gone, or let go. */
  takeAway(): Promise<Outcome>;
  statusWhile(outcome: Open): S;
}

export async function leave<T extends Leaver<S>, S>(leaving: Departure<T, S>): Promise<Outcome> {
  if (!leaving.object.metadata.finalizers?.includes(FINALIZER)) return { kind: "settled" };
  const untouched = await leaveUntouched(leaving);
  if (untouched) return untouched;
  const outcome = await takenAway(leaving);
  if (leaving.signal.aborted) return outcome;
  if (outcome.kind === "settled") return letGo(leaving);
  if (leaving.retains && outcome.kind === "failed" && isEnough(leaving, outcome.failure)) {
    leaving.changes.push(`left in place, still tagged as ours: ${outcome.failure.message}`);
    return letGo(leaving);
  }
  await report(leaving, outcome);
  return outcome;
}

async function takenAway<T extends Leaver<S>, S>(leaving: Departure<T, S>): Promise<Outcome> {
  try {
    return await leaving.takeAway();
  } catch (thrown) {
    return { kind: "failed", failure: asFailure(thrown) };
  }
}

/** `undefined`: nothing speaks against taking it away. */
async function leaveUntouched<T extends Leaver<S>, S>(
  leaving: Departure<T, S>,
): Promise<Outcome | undefined> {
  const untouched = (why: string) => {
    leaving.changes.push(`left everything in AWS, tagged as before: ${why}`);
    return letGo({ ...leaving, retains: true });
  };
  try {
    // Uninstalling is not deleting: whoever installs us again finds all of it.
    if (await leaving.isUninstalled()) return untouched("the operator is being uninstalled");
  } catch (thrown) {
    const outcome: Outcome = { kind: "failed", failure: asFailure(thrown) };
    // Retain takes nothing away, so it need not know.
    if (!leaving.retains) await report(leaving, outcome);
    if (!leaving.retains) return outcome;
  }
  if (!leaving.readOnly) return undefined;
  if (leaving.retains) return untouched("OPERATOR_MODE=Plan");
  await report(leaving, UNTOUCHED);
  return UNTOUCHED;
}

/** Retain is the way out: it finishes even where AWS, or the right to tag, stays away. */
function isEnough<T extends Leaver<S>, S>(
  { object, moment }: Departure<T, S>,
  { retry }: Failure,
): boolean {
  if (retry.kind === "never" || retry.kind === "sweep") return true;
  const deletedAt = Date.parse(object.metadata.deletionTimestamp ?? moment.now);
  return Date.parse(moment.now) - deletedAt > RETAIN_PATIENCE_MS;
}

async function letGo<T extends Leaver<S>, S>({
  object,
  changes,
  retains,
  objects,
  events,
  log,
}: Departure<T, S>): Promise<Outcome> {
  const { namespace, name } = object.metadata;
  await objects.removeFinalizer(object);
  if (changes.length > 0) {
    const reason = retains ? "Retained" : "Deleted";
    const note = changes.join("; ");
    events.record(object, { type: "Normal", reason, action: "Delete", note });
    log.info("deleted", { namespace, name, changes });
  }
  return { kind: "settled" };
}

async function report<T extends Leaver<S>, S>(
  { object, objects, events, statusWhile }: Departure<T, S>,
  outcome: Open,
): Promise<void> {
  if (outcome.kind === "failed" && isNewRefusal(object.status, outcome.failure)) {
    const { reason, message: note } = outcome.failure;
    events.record(object, { type: "Warning", reason, action: "Delete", note });
  }
  await objects.patchStatus(object, statusWhile(outcome));
}
