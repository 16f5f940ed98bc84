/**
 * What has to be done in AWS, as data. `plan` is used by the operator, by mode Plan and by the tests alike:
 * no actions means in sync, and every point between two actions is a point where a crash does no harm.
 *
 *   what the association needs   the association   what nobody needs any more
 *   CreateRole, SetTrustPolicy   Create- or        Detach, DeleteInlinePolicy,
 *   Attach, PutInlinePolicy …    UpdateAssociation DeleteRole (of the former name)
 */
import type { Action, AssociationAction, Observed, RoleAction } from "./actions.ts";
import type { Desired } from "./desired.ts";
import { after, type FoldedAction } from "./fold.ts";
import type { Failure } from "./outcome.ts";
import {
  associationConflict,
  isOurs,
  ownershipTags,
  roleConflict,
  type Taking,
} from "./ownership.ts";
import type { ObservedAssociation, ObservedRole } from "./resources.ts";
import { roleSteps, tagChanges } from "./role-changes.ts";
import { sessionChanges } from "./session.ts";
import { deleteRole, releaseRole } from "./teardown.ts";

export type Plan = { readonly actions: readonly Action[] } | { readonly conflict: Failure };

export function plan(desired: Desired, observed: Observed): Plan {
  const conflict = conflictOf(desired, observed);
  if (conflict) return { conflict };
  const adoption = adoptionOf(desired, observed);
  const [first] = adoption;
  if (first) {
    // The tags alone first: from then on it is ours, and the rest is an ordinary plan.
    const owned = adoption.reduce((seen, action) => after(action, seen), observed);
    const rest = plan(desired, owned);
    return "conflict" in rest ? rest : { actions: [...adoption, ...rest.actions] };
  }
  return {
    actions: [
      ...around(desired, observed),
      ...(desired.managesRoles ? farewells(desired, observed) : []),
    ],
  };
}

/** Why nothing may be done; `undefined` if all that is in the way is ours, or may become ours. */
export function conflictOf(
  desired: Desired,
  { role, association, abandonedBy = [], cededBy }: Observed,
): Failure | undefined {
  const { owner, adopts } = desired;
  const taking = (allowed: boolean): Taking => ({ abandonedBy, allowed, refused: adopts.refused });
  const ofAssociation =
    association &&
    associationConflict(association, owner, { ...taking(adopts.association), cededBy });
  if (ofAssociation) return ofAssociation;
  return desired.role && role ? roleConflict(role, owner, taking(adopts.role)) : undefined;
}

function adoptionOf(desired: Desired, { role, association }: Observed): readonly FoldedAction[] {
  const tags = ownershipTags(desired.owner);
  return [
    ...(association?.details && !isOurs(association.details.tags, desired.owner)
      ? [{ type: "TagAssociation", arn: association.arn, tags } as const]
      : []),
    ...(desired.role && role && !isOurs(role.tags, desired.owner)
      ? [{ type: "TagRole", name: role.name, tags } as const]
      : []),
  ];
}

function around(desired: Desired, observed: Observed): readonly Action[] {
  const { role: found, association } = observed;
  if (!desired.role) return associationActions(desired, observed);
  const isInUse = association !== undefined && pointsTo(association, found?.arn);
  const { before, after: last } = roleSteps(desired.role, found, isInUse);
  const late = before.filter((action) => isInUse && needsTags(action, desired, association));
  return [
    ...before.filter((action) => !late.includes(action)),
    ...associationActions(desired, observed),
    ...late,
    ...last,
  ];
}

/** Without details it counts as in sync. */
function pointsTo({ details }: ObservedAssociation, roleArn: string | undefined): boolean {
  return details === undefined || details.roleArn === roleArn;
}

/** A trust policy that asks for session tags would shut out the sessions that do not have them yet. */
function needsTags(
  { type }: RoleAction,
  { session }: Desired,
  { details }: ObservedAssociation,
): boolean {
  const tagsComeBack = details?.disableSessionTags === true && !session.disableSessionTags;
  return type === "SetTrustPolicy" && tagsComeBack;
}

/** An association that only List has shown counts as in sync: nothing can be said of it yet. */
function associationActions(desired: Desired, observed: Observed): readonly AssociationAction[] {
  const { role, association: found, policySticks } = observed;
  const { key, associationTags, session } = desired;
  const roleArn = actualRoleArn(desired, role);
  const create = {
    type: "CreateAssociation",
    key,
    roleArn,
    tags: associationTags,
    session,
  } as const;
  if (!found) return [create];
  const { id, arn, details } = found;
  if (!details) return [];
  const { missing, obsolete } = tagChanges(associationTags, details.tags);
  const { ordinary, clearing } = sessionChanges(session, details);
  const updates = [
    ...(details.roleArn === roleArn && !ordinary ? [] : [ordinary ?? {}]),
    ...(clearing ? [clearing] : []),
  ];
  // The last resort, when nothing else is left to change that EKS might have refused.
  if (policySticks && clearing && updates.length === 1) {
    return [{ type: "DeleteAssociation", id }, create];
  }
  return [
    ...updates.map(
      (change) => ({ type: "UpdateAssociation", id, roleArn, session: change }) as const,
    ),
    ...(obsolete.length > 0 ? [{ type: "UntagAssociation", arn, keys: obsolete } as const] : []),
    ...(missing ? [{ type: "TagAssociation", arn, tags: missing } as const] : []),
  ];
}

/** Only what our tags prove ours goes away. */
function farewells(
  { owner }: Desired,
  { formerRoles, handedOver }: Observed,
): readonly RoleAction[] {
  return [
    ...formerRoles.filter(({ tags }) => isOurs(tags, owner)).flatMap(deleteRole),
    ...(handedOver && isOurs(handedOver.tags, owner) ? releaseRole(handedOver, owner) : []),
  ];
}

/** A role of ours that exists keeps its path, which nobody can change, even if ROLE_PATH is another now. */
export function actualRoleArn({ role, roleArn }: Desired, found: ObservedRole | undefined): string {
  return role && found ? found.arn : roleArn;
}
