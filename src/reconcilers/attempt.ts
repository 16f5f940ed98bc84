/** Plans and applies until nothing is left to do, and says how far it came, whatever happens. */
import type { Action, Observed } from "../plan/actions.ts";
import type { Desired } from "../plan/desired.ts";
import { parseRoleArn } from "../plan/names.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { plan } from "../plan/plan.ts";
import { afterRefusal } from "../plan/propagation.ts";
import { inWords } from "../plan/words.ts";
import { type Applied, apply } from "./apply.ts";
import type { Aws, Clock } from "./ports.ts";

export interface Attempt {
  readonly outcome: Outcome;
  readonly observed: Observed;
  /** What was changed in AWS, in words, in order. */
  readonly changes: readonly string[];
}

/** Each surprise shows something new (a role, then an association); more means that somebody plays with us. */
const MOST_SURPRISES = 3;

/** More steps than any object has: a plan that its own steps do not bring to an end must not run for ever. */
const MOST_STEPS = 200;

/** What IAM says of a role that has no place for one more policy. */
const FULL: ReadonlySet<string> = new Set(["QuotaExceeded", "PolicyTooLarge"]);

function makesRoom({ type }: Action): boolean {
  return type === "DetachPolicy" || type === "DeleteInlinePolicy";
}

export interface Circumstances {
  readonly aws: Aws;
  readonly clock: Clock;
  /** When this process began: the bound for roles that an earlier one wrote. */
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

/** How far an attempt has come. */
interface Progress {
  observed: Observed;
  surprises: number;
  /** A quota is reached: this obsolete policy goes before the new one is tried again. */
  first: Action | undefined;
  readonly changes: string[];
}

export async function attempt(
  desired: Desired,
  seen: Observed,
  how: Circumstances,
): Promise<Attempt> {
  const progress: Progress = { observed: seen, surprises: 0, first: undefined, changes: [] };
  for (;;) {
    const outcome = await step(progress, desired, how);
    if (outcome) return { outcome, observed: progress.observed, changes: progress.changes };
  }
}

/** One action. `undefined`: there may be more to do. */
async function step(
  progress: Progress,
  desired: Desired,
  how: Circumstances,
): Promise<Outcome | undefined> {
  const todo = plan(desired, progress.observed);
  if ("conflict" in todo) return { kind: "failed", failure: todo.conflict };
  const action = progress.first ?? todo.actions[0];
  progress.first = undefined;
  if (!action) return { kind: "settled" };
  const taken = await take(action, progress.observed, { desired, how });
  if (taken instanceof Failure) {
    progress.first = roomFor(action, taken, todo.actions);
    return progress.first ? undefined : refusal(taken, desired, how);
  }
  progress.observed = taken.observed;
  if (!taken.surprised) progress.changes.push(inWords(action));
  else progress.surprises += 1;
  const isOver = progress.surprises > MOST_SURPRISES || progress.changes.length > MOST_STEPS;
  return isOver ? { kind: "failed", failure: contested() } : undefined;
}

async function take(
  action: Action,
  observed: Observed,
  { desired, how }: { readonly desired: Desired; readonly how: Circumstances },
): Promise<Applied | Failure> {
  try {
    how.signal.throwIfAborted();
    return await apply(action, observed, how.aws, desired.key);
  } catch (thrown) {
    const failure = asFailure(thrown);
    forget(action, failure, desired, how.aws);
    return failure;
  }
}

/**
 * Where a role has no place for one more policy, one that it is to lose goes first. Otherwise that comes
 * last, so that nothing is missing in between; and it is never taken from another role, which pods may use.
 */
function roomFor(
  refused: Action,
  { reason }: Failure,
  actions: readonly Action[],
): Action | undefined {
  if (!FULL.has(reason)) return undefined;
  if (refused.type !== "AttachPolicy" && refused.type !== "PutInlinePolicy") return undefined;
  return actions.find(
    (action) => makesRoom(action) && "name" in action && action.name === refused.name,
  );
}

function refusal(failure: Failure, desired: Desired, how: Circumstances): Outcome {
  // A role that is only named may be a sibling's, which we wrote a moment ago just the same.
  const name = desired.role?.name ?? parseRoleArn(desired.roleArn)?.name ?? "";
  const writtenAt = how.aws.inventory.roleWrittenAt(name) ?? (desired.role && how.startedAt);
  return afterRefusal(failure, writtenAt && how.clock.monotonic() - writtenAt);
}

/** A step that failed may have happened, or rested on what is no longer so: the next attempt looks. */
function forget(action: Action, failure: Failure, desired: Desired, { inventory }: Aws): void {
  if (failure.reason === "Throttled") return;
  // Without an answer it may have happened; what AWS refused has not.
  const mayBe = ["AWSUnavailable", "InternalError"].includes(failure.reason);
  if (action.type === "CreateRole") inventory.forgetRole(action.role.name, mayBe);
  else if ("name" in action) inventory.forgetRole(action.name, mayBe);
  else inventory.forgetAssociation(desired.key, mayBe);
}

function contested(): Failure {
  return new Failure(
    "AWSStateContested",
    "what AWS shows changed several times during one attempt; is another tool managing the same role or association?",
    { kind: "backoff" },
  );
}
