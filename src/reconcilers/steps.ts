/** Plans and takes one step after another until nothing is left to do, and says how far it came, whatever happens. */
import type { AnyAction } from "../plan/actions.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { inWords } from "../plan/words.ts";

export interface Attempt<S> {
  readonly outcome: Outcome;
  readonly observed: S;
  /** What was changed in AWS, in words, in order. */
  readonly changes: readonly string[];
}

/** What is true after a step. `surprised`: AWS had it already, so the rest of the plan is void. */
export interface Taken<S> {
  readonly observed: S;
  readonly surprised: boolean;
}

/** How one kind of object is brought to AWS. */
export interface Course<S, A extends AnyAction> {
  plan(
    observed: S,
  ):
    | { readonly actions: readonly A[] }
    | { readonly conflict: Failure }
    | { readonly outcome: Outcome };
  take(action: A, observed: S): Promise<Taken<S>>;
  /** What it means that a step could not be taken. */
  refused(action: A, failure: Failure): Outcome;
}

/** Each surprise shows something new (a role, then an association); more means that somebody plays with us. */
const MOST_SURPRISES = 3;

/** More steps than any object has: a plan that its own steps do not bring to an end must not run for ever. */
const MOST_STEPS = 200;

/** What IAM says of a role that has no place for one more policy. */
const FULL: ReadonlySet<string> = new Set(["QuotaExceeded", "PolicyTooLarge"]);

/** How far an attempt has come. */
interface Progress<S, A> {
  observed: S;
  surprises: number;
  /** A quota is reached: this obsolete policy goes before the new one is tried again. */
  first: A | undefined;
  readonly changes: string[];
}

export async function takeSteps<S, A extends AnyAction>(
  seen: S,
  course: Course<S, A>,
  signal: AbortSignal,
): Promise<Attempt<S>> {
  const progress: Progress<S, A> = { observed: seen, surprises: 0, first: undefined, changes: [] };
  for (;;) {
    const outcome = await step(progress, course, signal);
    if (outcome) return { outcome, observed: progress.observed, changes: progress.changes };
  }
}

/** One action. `undefined`: there may be more to do. */
async function step<S, A extends AnyAction>(
  progress: Progress<S, A>,
  course: Course<S, A>,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const todo = course.plan(progress.observed);
  if ("conflict" in todo) return { kind: "failed", failure: todo.conflict };
  if ("outcome" in todo) return todo.outcome;
  const action = progress.first ?? todo.actions[0];
  progress.first = undefined;
  if (!action) return { kind: "settled" };
  const taken = await take(action, progress.observed, course, signal);
  if (taken instanceof Failure) {
    progress.first = roomFor(action, taken, todo.actions);
    return progress.first ? undefined : course.refused(action, taken);
  }
  progress.observed = taken.observed;
  if (!taken.surprised) progress.changes.push(inWords(action));
  else progress.surprises += 1;
  const isOver = progress.surprises > MOST_SURPRISES || progress.changes.length > MOST_STEPS;
  return isOver ? { kind: "failed", failure: contested() } : undefined;
}

async function take<S, A extends AnyAction>(
  action: A,
  observed: S,
  course: Course<S, A>,
  signal: AbortSignal,
): Promise<Taken<S> | Failure> {
  try {
    signal.throwIfAborted();
    return await course.take(action, observed);
  } catch (thrown) {
    return asFailure(thrown);
  }
}

/**
 * Where a role has no place for one more policy, one that it is to lose goes first. Otherwise that comes
 * last, so that nothing is missing in between; and it is never taken from another role, which pods may use.
 */
function roomFor<A extends AnyAction>(
  refused: A,
  { reason }: Failure,
  actions: readonly A[],
): A | undefined {
  if (!FULL.has(reason)) return undefined;
  if (refused.type !== "AttachPolicy" && refused.type !== "PutInlinePolicy") return undefined;
  return actions.find(
    (action) => makesRoom(action) && "name" in action && action.name === refused.name,
  );
}

function makesRoom({ type }: AnyAction): boolean {
  return type === "DetachPolicy" || type === "DeleteInlinePolicy";
}

export function contested(): Failure {
  return new Failure(
    "AWSStateContested",
    "what AWS shows changed several times during one attempt; is another tool managing the same role or association?",
    { kind: "backoff" },
  );
}
