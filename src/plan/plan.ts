/**
 * What has to be done in AWS, as data. `plan` is used by the operator and by the tests alike: no
 * actions means in sync, and every point between two actions is a point where a crash does no harm.
 *
 *   what the association needs   the association   what nobody needs any more
 *   CreateRole, SetTrustPolicy   Create- or        Detach, DeleteInlinePolicy,
 *   Attach, PutInlinePolicy …    SetAssociation…   DeleteRole (of the former name)
 */
import type { Action, AssociationAction, Observed, RoleAction } from "./actions.ts";
import type { Desired } from "./desired.ts";
import type { Failure } from "./outcome.ts";
import { associationConflict, type Owner, roleConflict } from "./ownership.ts";
import type { ObservedAssociation, ObservedRole } from "./resources.ts";
import { obsoletePolicies, roleGrants, tagChanges } from "./role-changes.ts";
import { deleteRole } from "./teardown.ts";

export type Plan = { readonly actions: readonly Action[] } | { readonly conflict: Failure };

export function plan(desired: Desired, observed: Observed): Plan {
  const conflict = conflictOf(desired, observed);
  if (conflict) return { conflict };
  return {
    actions: [
      ...(desired.role ? roleGrants(desired.role, observed.role) : []),
      ...associationActions(desired, observed.association),
      ...(desired.role && observed.role ? obsoletePolicies(desired.role, observed.role) : []),
      ...formerRole(desired.owner, observed.previousRole),
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
  found: ObservedAssociation | undefined,
): readonly AssociationAction[] {
  const { key, roleArn, associationTags } = desired;
  if (!found) return [{ type: "CreateAssociation", key, roleArn, tags: associationTags }];
  const { id, arn, details } = found;
  if (!details) return [];
  const { missing, obsolete } = tagChanges(associationTags, details.tags);
  return [
    ...(details.roleArn === roleArn ? [] : [{ type: "SetAssociationRole", id, roleArn } as const]),
    ...(obsolete.length > 0 ? [{ type: "UntagAssociation", arn, keys: obsolete } as const] : []),
    ...(missing ? [{ type: "TagAssociation", arn, tags: missing } as const] : []),
  ];
}

/** Only what our tags prove ours goes away. */
function formerRole(us: Owner, role: ObservedRole | undefined): readonly RoleAction[] {
  return role && !roleConflict(role, us) ? deleteRole(role) : [];
}
