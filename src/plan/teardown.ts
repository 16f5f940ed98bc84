/**
 * What has to be done in AWS when the object is deleted. Everything here was read afresh, and only what
 * our tags prove ours is touched. Reverse order: the association first, the role when it is gone.
 */
import { OWNER_TAG, RETAINED_TAG } from "../api/group.ts";
import type { Action, AssociationAction, Observed, RoleAction } from "./actions.ts";
import { associationConflict, type Owner, roleConflict } from "./ownership.ts";
import type { ObservedAssociation, ObservedRole } from "./resources.ts";

/** Delete: take away. Retain: leave everything as it is, without our owner tag. */
export type DeletionPolicy = "Delete" | "Retain";

export function teardown(policy: DeletionPolicy, us: Owner, observed: Observed): readonly Action[] {
  const association = ours(observed.association, us);
  const { role, formerRoles } = observed;
  const roles = [...(role ? [role] : []), ...formerRoles].filter((one) => !roleConflict(one, us));
  if (policy === "Retain") return retain(us, association, roles);
  return [
    ...(association ? [{ type: "DeleteAssociation", id: association.id } as const] : []),
    ...roles.flatMap(deleteRole),
  ];
}

/** IAM refuses to delete a role that has policies. */
export function deleteRole(role: ObservedRole): readonly RoleAction[] {
  const { name } = role;
  return [
    ...role.managedPolicyArns.map((arn) => ({ type: "DetachPolicy", name, arn }) as const),
    ...Object.keys(role.inlinePolicies).map(
      (policyName) => ({ type: "DeleteInlinePolicy", name, policyName }) as const,
    ),
    { type: "DeleteRole", name },
  ];
}

/** The new tag first: were we stopped in between, the thing would still have an owner. */
function retain(
  us: Owner,
  association: ObservedAssociation | undefined,
  roles: readonly ObservedRole[],
): readonly Action[] {
  return [
    ...(association ? releaseAssociation(association.arn, us) : []),
    ...roles.flatMap((role) => releaseRole(role, us)),
  ];
}

export function releaseAssociation(arn: string, us: Owner): readonly AssociationAction[] {
  return [
    { type: "TagAssociation", arn, tags: { [RETAINED_TAG]: us.clusterArn } },
    { type: "UntagAssociation", arn, keys: [OWNER_TAG] },
  ];
}

/** Says whose it was, then that it is nobody's. */
export function releaseRole({ name, tags }: ObservedRole, us: Owner): readonly RoleAction[] {
  const said = tags[RETAINED_TAG] === us.clusterArn;
  return [
    ...(said ? [] : [{ type: "TagRole", name, tags: { [RETAINED_TAG]: us.clusterArn } } as const]),
    { type: "UntagRole", name, keys: [OWNER_TAG] },
  ];
}

/** Without details nothing proves it ours. */
function ours(
  association: ObservedAssociation | undefined,
  us: Owner,
): ObservedAssociation | undefined {
  if (!association?.details || associationConflict(association, us)) return undefined;
  return association;
}
