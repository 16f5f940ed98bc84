/** Plans and applies until nothing is left to do, and says how far it came, whatever happens. */
import type { Action, Observed } from "../plan/actions.ts";
import type { Desired } from "../plan/desired.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { plan } from "../plan/plan.ts";
import { afterRefusal } from "../plan/propagation.ts";
import { inWords } from "../plan/words.ts";
import { apply } from "./apply.ts";
import type { Aws, Clock } from "./ports.ts";

export interface Attempt {
  readonly outcome: Outcome;
  readonly observed: Observed;
  /** What was changed in AWS, in words, in order. */
  readonly changes: readonly string[];
}

/** Each surprise shows something new (a role, then an association); more means that somebody plays with us. */
const MOST_SURPRISES = 3;

export interface Circumstances {
  readonly aws: Aws;
  readonly clock: Clock;
  /** When this process began: the bound for roles that an earlier one wrote. */
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

export async function attempt(
  desired: Desired,
  seen: Observed,
  how: Circumstances,
): Promise<Attempt> {
  let observed = seen;
  const changes: string[] = [];
  for (let surprises = 0; surprises <= MOST_SURPRISES; ) {
    const todo = plan(desired, observed);
    if ("conflict" in todo) {
      return { outcome: { kind: "failed", failure: todo.conflict }, observed, changes };
    }
    const [action] = todo.actions;
    if (!action) return { outcome: { kind: "settled" }, observed, changes };
    try {
      how.signal.throwIfAborted();
      const applied = await apply(action, observed, how.aws, desired.key);
      observed = applied.observed;
      if (applied.surprised) surprises += 1;
      else changes.push(inWords(action));
    } catch (thrown) {
      const failure = asFailure(thrown);
      forget(action, failure, desired, how.aws);
      return { outcome: refusal(failure, desired, how), observed, changes };
    }
  }
  return { outcome: { kind: "failed", failure: contested() }, observed, changes };
}

function refusal(failure: Failure, desired: Desired, how: Circumstances): Outcome {
  if (!desired.role) return afterRefusal(failure, undefined);
  const writtenAt = how.aws.inventory.roleWrittenAt(desired.role.name) ?? how.startedAt;
  return afterRefusal(failure, how.clock.monotonic() - writtenAt);
}

/** A step that failed may have happened, or rested on what is no longer so: the next attempt looks. */
function forget(action: Action, failure: Failure, desired: Desired, { inventory }: Aws): void {
  if (failure.reason === "Throttled") return;
  if (action.type === "CreateRole") inventory.forgetRole(action.role.name);
  else if ("name" in action) inventory.forgetRole(action.name);
  else inventory.forgetAssociation(desired.key);
}

function contested(): Failure {
  return new Failure(
    "AWSStateContested",
    "what AWS shows changed several times during one attempt; is another tool managing the same role or association?",
    { kind: "backoff" },
  );
}
