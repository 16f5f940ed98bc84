/** Brings the role and the association of one PodIdentityAssociation to what is wanted, step by step. */
import type { Action, Observed } from "../plan/actions.ts";
import type { Desired } from "../plan/desired.ts";
import { parseRoleArn } from "../plan/names.ts";
import { asFailure, type Failure, type Outcome } from "../plan/outcome.ts";
import { plan } from "../plan/plan.ts";
import { afterRefusal } from "../plan/propagation.ts";
import { apply } from "./apply.ts";
import type { Aws, Clock } from "./ports.ts";
import { type Attempt, takeSteps } from "./steps.ts";

export interface Circumstances {
  readonly aws: Aws;
  readonly clock: Clock;
  /** When this process began: the bound for roles that an earlier one wrote. */
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

export function attempt(
  desired: Desired,
  seen: Observed,
  how: Circumstances,
): Promise<Attempt<Observed>> {
  const course = {
    plan: (observed: Observed) => plan(desired, observed),
    take: async (action: Action, observed: Observed) => {
      try {
        return await apply(action, observed, how.aws, desired.key);
      } catch (thrown) {
        forget(action, asFailure(thrown), desired, how.aws);
        throw thrown;
      }
    },
    refused: (_: Action, failure: Failure) => refusal(failure, desired, how),
  };
  return takeSteps(seen, course, how.signal);
}

function refusal(failure: Failure, desired: Desired, how: Circumstances): Outcome {
  // A role that is only named may be a sibling's, which we wrote a moment ago just the same.
  const name = desired.role?.name ?? parseRoleArn(desired.roleArn)?.name ?? "";
  const writtenAt = how.aws.inventory.roleWrittenAt(name) ?? (desired.role && how.startedAt);
  return afterRefusal(failure, writtenAt && how.clock.monotonic() - writtenAt);
}

/** A step that failed may have happened, or rested on what is no longer so: the next attempt looks. */
function forget(action: Action, failure: Failure, { key }: Desired, { inventory }: Aws): void {
  if (failure.reason === "Throttled") return;
  if (action.type === "CreateRole" || "name" in action) forgetRole(action, failure, inventory);
  else inventory.forgetAssociation(key, mayHaveHappened(failure));
}

/** The same for a step on a role. */
export function forgetRole(
  action: Extract<Action, { readonly name: string } | { readonly type: "CreateRole" }>,
  failure: Failure,
  inventory: Pick<Aws["inventory"], "forgetRole">,
): void {
  if (failure.reason === "Throttled") return;
  const name = action.type === "CreateRole" ? action.role.name : action.name;
  inventory.forgetRole(name, mayHaveHappened(failure));
}

/** Without an answer it may have happened; what AWS refused has not. */
function mayHaveHappened({ reason }: Failure): boolean {
  return ["AWSUnavailable", "InternalError"].includes(reason);
}
