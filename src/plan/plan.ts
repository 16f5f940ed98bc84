/**
 * What has to be done in AWS, as data. `plan` is used by the operator and by the tests alike: no
 * actions means in sync, and every point between two actions is a point where a crash does no harm.
 *
 *   what the association needs   the association   what nobody needs any more
 *   CreateRole, SetTrustPolicy   Create- or        Detach, DeleteInlinePolicy,
 *   Attach, PutInlinePolicy …    UpdateAssociation DeleteRole (of the former name)
 */
import type { Action, AssociationAction, Observed, RoleAction, Stray } from "./actions.ts";
import type { Desired } from "./desired.ts";
import type { Failure } from "./outcome.ts";
import { associationConflict, type Owner, roleConflict } from "./ownership.ts";
import type { AssociationDetails, ObservedRole } from "./resources.ts";
import { obsoletePolicies, roleGrants, tagChanges } from "./role-changes.ts";
import { deleteRole, releaseRole } from "./teardown.ts";

export type Plan = { readonly actions: readonly Action[] } | { readonly conflict: Failure };

export function plan(desired: Desired, observed: Observed): Plan {
  const conflict = conflictOf(desired, observed);
  if (conflict) return { conflict };
  return {
    actions: [
      ...(desired.role ? roleGrants(desired.role, observed.role) : []),
      ...associationActions(desired, observed),
      ...(desired.role && observed.role ? obsoletePolicies(desired.role, observed.role) : []),
      ...observed.formerRoles.flatMap((role) => formerRole(desired.owner, role)),
      ...handOver(desired.owner, observed.handedOver),
    ],
  };
}

function conflictOf(desired: Desired, { role, association }: Observed): Failure | undefined {
  const ofAssociation = association && associationConflict(association, desired.owner);
  if (ofAssociation) return ofAssociation;
  return desired.role && role ? roleConflict(role, desired.owner) : undefined;
}

/** An association that only List has shown counts as in sync: nothing can be said of it yet. */
function associationActions(
  desired: Desired,
  { role, association: found }: Observed,
): readonly AssociationAction[] {
  const { key, associationTags } = desired;
  const roleArn = actualRoleArn(desired, role);
  if (!found) return [{ type: "CreateAssociation", key, roleArn, tags: associationTags }];
  const { id, arn, details } = found;
  if (!details) return [];
  const strays = straysOf(details);
  const { missing, obsolete } = tagChanges(associationTags, details.tags);
  return [
    ...(details.roleArn === roleArn && strays.length === 0
      ? []
      : [{ type: "UpdateAssociation", id, roleArn, strays } as const]),
    ...(obsolete.length > 0 ? [{ type: "UntagAssociation", arn, keys: obsolete } as const] : []),
    ...(missing ? [{ type: "TagAssociation", arn, tags: missing } as const] : []),
  ];
}

/** Only what our tags prove ours goes away. */
function formerRole(us: Owner, role: ObservedRole): readonly RoleAction[] {
  return roleConflict(role, us) ? [] : deleteRole(role);
}

function handOver(us: Owner, role: ObservedRole | undefined): readonly RoleAction[] {
  return role && !roleConflict(role, us) ? releaseRole(role, us) : [];
}

function straysOf({
  targetRoleArn,
  disableSessionTags,
  policy,
}: AssociationDetails): readonly Stray[] {
  return [
    ...(targetRoleArn === undefined ? [] : (["targetRoleArn"] as const)),
    ...(disableSessionTags ? (["disableSessionTags"] as const) : []),
    ...(policy === undefined ? [] : (["policy"] as const)),
  ];
}

/** A role of ours that exists keeps its path, which nobody can change, even if ROLE_PATH is another now. */
export function actualRoleArn({ role, roleArn }: Desired, found: ObservedRole | undefined): string {
  return role && found ? found.arn : roleArn;
}
