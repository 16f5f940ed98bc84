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
  /** @default "not allowed" */
  readonly decision?: "explicitly denied" | "not allowed";
}

/** A caller with credentials of a role, whose policies do not allow it. */
export function sessionDenied(
  service: string,
  who: string,
  { action, resource, decision }: Denied,
): AwsError {
  const why = reason(action, decision);
  return new AwsError({
    code: service === "eks" ? "AccessDeniedException" : "AccessDenied",
    status: 403,
    message: `User: ${who} is not authorized to perform: ${action} on resource: "${resource}" ${why}`,
  });
}

function reason(action: string, decision: Denied["decision"]): string {
  return decision === "explicitly denied"
    ? "with an explicit deny in an identity-based policy"
    : `because no identity-based policy allows the ${action} action`;
}

export function denied(
  world: World,
  service: string,
  { action, resource, decision }: Denied,
): AwsError {
  return new AwsError({
    code: service === "eks" ? "AccessDeniedException" : "AccessDenied",
    status: 403,
    message: `User: ${callerArn(world)} is not authorized to perform: ${action} on resource: ${resource} ${reason(action, decision)}`,
  });
}
