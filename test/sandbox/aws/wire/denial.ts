/** The refusal of a caller who lacks an IAM permission, as EKS and IAM word it. */
import { AwsError } from "../aws-error.ts";
import type { World } from "../world.ts";

/** The identity that every call is made by. */
export function callerArn({ account }: World): string {
  return `arn:${account.partition}:sts::${account.id}:assumed-role/pod-identity-operator/sandbox`;
}

export interface Denied {
  readonly action: string;
  readonly resource: string;
}

/** A caller with credentials of a role, whose policies do not allow it. */
export function sessionDenied(
  service: string,
  who: string,
  { action, resource }: Denied,
  decision: "explicitly denied" | "not allowed",
): AwsError {
  const why =
    decision === "explicitly denied"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${action} action`;
  return new AwsError({
    code: service === "eks" ? "AccessDeniedException" : "AccessDenied",
    status: 403,
    message: `User: ${who} is not authorized to perform: ${action} on resource: "${resource}" ${why}`,
  });
}

export function denied(world: World, service: string, { action, resource }: Denied): AwsError {
  return new AwsError({
    code: service === "eks" ? "AccessDeniedException" : "AccessDenied",
    status: 403,
    message: `User: ${callerArn(world)} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  });
}
