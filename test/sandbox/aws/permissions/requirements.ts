/** What a caller's policies must allow before a call is carried out: all of it. */
import type { Call, Permission } from "../service.ts";
import type { World } from "../world.ts";
import { eksRequirements } from "./eks-requirements.ts";
import { type Decision, evaluate, type Policies } from "./evaluate.ts";
import { iamRequirements } from "./iam-requirements.ts";
import { contextOf } from "./pattern.ts";

/** A call, as far as its permissions depend on it. */
export type Asked = Pick<Call, "operation" | "parameters">;

export function requirementsOf(world: World, call: Asked & Pick<Call, "service">): Permission[] {
  if (call.service === "eks") return eksRequirements(world, call);
  if (call.service === "iam") return iamRequirements(world, call);
  // Anybody may ask who they are.
  if (call.operation === "GetCallerIdentity") return [];
  const action = `${call.service}:${call.operation}`;
  return [{ action, resource: String(call.parameters["RoleArn"] ?? "*") }];
}

/** Whose call it is, as far as decisions depend on it. */
export interface Principal {
  readonly policies: Policies;
  /** Condition keys. */
  readonly keys?: NonNullable<Permission["keys"]>;
}

/** The first thing that the caller's policies do not allow. */
export function refusedOf(
  world: World,
  call: Asked & Pick<Call, "service" | "permission">,
  { policies, keys }: Principal,
): (Permission & { readonly decision: Exclude<Decision, "allowed"> }) | undefined {
  const required = call.permission ? [call.permission(world)] : requirementsOf(world, call);
  for (const permission of required) {
    const account = { "aws:PrincipalAccount": world.account.id };
    const context = contextOf({ ...account, ...keys, ...permission.keys });
    const decision = evaluate({ ...permission, context }, policies);
    if (decision !== "allowed") return { ...permission, decision };
  }
  return undefined;
}
