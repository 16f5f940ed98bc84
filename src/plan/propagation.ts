/**
 * IAM is eventually consistent: EKS may say for some seconds that a role we just wrote does not exist, or
 * that its trust policy is invalid. Within a bound that is a wait; after it, it is the truth.
 */
import { Failure, type Outcome } from "./outcome.ts";

/** Terraform's budget for the same wait. */
export const PROPAGATION_LIMIT_MS = 120_000;

const TRANSIENT = new Set(["RoleNotFound", "TrustPolicyInvalid"]);

/** At least 3 s, then as long again as it has taken, at most 8 s: three tries cover ten seconds. */
const SHORTEST_MS = 3_000;
const LONGEST_MS = 8_000;

/**
 * What a refused create or update of an association means.
 *
 * @param sinceRoleWriteMs since our own last write to the role; `undefined` if the role is not ours
 */
export function afterRefusal(failure: Failure, sinceRoleWriteMs: number | undefined): Outcome {
  if (!TRANSIENT.has(failure.reason)) return { kind: "failed", failure };
  if (sinceRoleWriteMs === undefined)
    return { kind: "failed", failure: refusedUntilMended(failure) };
  if (sinceRoleWriteMs > PROPAGATION_LIMIT_MS)
    return { kind: "failed", failure: refusedForGood(failure) };
  return {
    kind: "waiting",
    reason: "RolePropagating",
    message: "EKS does not know the new state of the role yet; IAM takes seconds to spread it",
    checkAfterMs: Math.max(SHORTEST_MS, Math.min(LONGEST_MS, 2 * sinceRoleWriteMs)),
  };
}

/** Somebody else's role: its owner mends it, and the next sweep tries again. */
function refusedUntilMended({ reason, message }: Failure): Failure {
  return new Failure(reason, message, { kind: "sweep" });
}

function refusedForGood(failure: Failure): Failure {
  return new Failure(
    failure.reason,
    `${failure.message}; EKS still refuses the role two minutes after it was written. If EKS does not accept the conditions in its trust policy, set spec.role.trustScope: Account, or DEFAULT_TRUST_SCOPE=Account for all objects of the operator`,
    { kind: "never" },
    { cause: failure },
  );
}
