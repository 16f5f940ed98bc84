/** How one reconciliation of an object ended, what its status then says, and when it is looked at again. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Action, Observed } from "../plan/actions.ts";
import type { Desired } from "../plan/desired.ts";
import { Failure, type Outcome } from "../plan/outcome.ts";
import { plan } from "../plan/plan.ts";
import { frozenStatus, plannedStatus, revokedStatus, suspendedStatus } from "../plan/standstill.ts";
import { type Ending, type Moment, statusOf } from "../plan/status.ts";

export interface Result extends Ending {
  /** What was changed, in words, in order. */
  readonly changes: readonly string[];
  /** The reason of the Event that tells the changes. @default "Applied", or "DriftRepaired" */
  readonly changed?: string;
  /** Mode Plan: what would be done. */
  readonly planned?: readonly Action[];
  /** Allowed no more, and left as it is. */
  readonly isFrozen?: boolean;
  /** spec.suspend: only the status says so. */
  readonly isSuspended?: boolean;
  /** What was said before is still so: no status is written. */
  readonly isStill?: boolean;
  /** To be looked at again, whatever the outcome, in milliseconds. */
  readonly checkAfterMs?: number;
}

export const SETTLED: Outcome = { kind: "settled" };

/** Nobody is looking: what was last known stays as it is. */
export const SUSPENDED: Result = {
  outcome: SETTLED,
  desired: undefined,
  observed: undefined,
  changes: [],
  isSuspended: true,
};

/** Whether all is in AWS as wanted, and is wanted still: then workloads may be restarted. */
export function isBroughtAbout({ outcome, authorization, planned, isSuspended }: Result): boolean {
  const isAllowed = authorization?.allowed === true;
  return outcome.kind === "settled" && isAllowed && planned === undefined && !isSuspended;
}

/** The status says what is so; when it is looked at again is another matter. */
export function again({ outcome, checkAfterMs }: Result): Outcome {
  if (checkAfterMs === undefined) return outcome;
  if (outcome.kind !== "failed") {
    return { kind: "waiting", reason: "Suspended", message: "to be revoked", checkAfterMs };
  }
  const { reason, message } = outcome.failure;
  return {
    kind: "failed",
    failure: new Failure(reason, message, { kind: "after", ms: checkAfterMs }),
  };
}

export function statusFor(
  { status }: PodIdentityAssociation,
  result: Result,
  moment: Moment,
): ReturnType<typeof statusOf> {
  const { authorization, isFrozen, planned = [], desired: wanted, observed } = result;
  if (result.isSuspended) return suspendedStatus(status, moment);
  if (authorization && !authorization.allowed) {
    // Whatever AWS said while it was revoked: this is what keeps the object back.
    const { failure } = authorization;
    if (result.changed === "Revoked") return revokedStatus(status, failure, moment);
    if (isFrozen) return frozenStatus(status, failure, moment);
    return statusOf(status, { ...result, outcome: { kind: "failed", failure } }, moment);
  }
  if (planned.length > 0 && authorization && wanted && observed) {
    const { guardrail } = authorization;
    const foreseeing = { actions: planned, guardrail, desired: wanted, observed };
    return plannedStatus(status, foreseeing, moment);
  }
  const now = statusOf(status, result, moment);
  return result.planned ? { ...now, plannedActions: [] } : now;
}

/** What `attempt` would do. */
export function foreseen(wanted: Desired, observed: Observed): Result {
  const todo = plan(wanted, observed);
  if ("conflict" in todo) return { ...failed(todo.conflict, wanted), observed };
  return {
    authorization: undefined,
    outcome: SETTLED,
    desired: wanted,
    observed,
    changes: [],
    planned: todo.actions,
  };
}

export function failed(failure: Failure, wanted?: Desired): Result {
  return {
    outcome: { kind: "failed", failure },
    desired: wanted,
    observed: undefined,
    changes: [],
  };
}
