/**
 * What has to be done in AWS for an EKSAddon, as data: no actions means in sync. EKS changes an add-on in
 * the background, so whatever comes after Create- or UpdateAddon is planned again once it is done.
 *
 *   what the add-on needs    the add-on        its associations   what nobody needs any more
 *   CreateRole, Attach …     Create-, Update   Tag, Untag         Detach …, DeleteRole
 *
 * Associations that are there already get their tags first, so that a try that fails leaves none without.
 */
import { OWNER_TAG } from "../api/group.ts";
import type { AddonAction, AddonIdentity, AnyAction } from "./actions.ts";
import type { AddonSeen, ObservedAddon } from "./addon.ts";
import { type DesiredAddon, isSameConfiguration } from "./addon-desired.ts";
import { addonConflict } from "./addon-ownership.ts";
import { addonRoleSteps, associationOf, roleArnOf } from "./addon-roles.ts";
import { busyWith, degradation, FAILED_STATES } from "./addon-state.ts";
import { Failure, type Outcome } from "./outcome.ts";
import { isOurs, ownershipTags } from "./ownership.ts";
import type { ObservedAssociation } from "./resources.ts";
import { tagChanges } from "./role-changes.ts";

const UNREAD_AGAIN_MS = 3_000;

export type AddonPlan =
  | { readonly actions: readonly AnyAction[] }
  | { readonly conflict: Failure }
  /** Nothing is to be done, and it is not as it should be all the same. */
  | { readonly outcome: Outcome };

/** @param pollMs until an add-on that EKS is changing is looked at again, in milliseconds */
export function planAddon(desired: DesiredAddon, seen: AddonSeen, pollMs: number): AddonPlan {
  const conflict = addonConflict(desired, seen);
  if (conflict) return { conflict };
  const { addon } = seen;
  const busy = addon && busyWith(addon, pollMs);
  if (busy) return planMeanwhile(desired, seen, busy);
  const isTaken = addon && !isOurs(addon.tags, desired.owner);
  return isTaken ? adopt(desired, seen, addon, pollMs) : planOwn(desired, seen);
}

/** An association without our tags would be somebody else's, should the spec change before EKS is done. */
function planMeanwhile(desired: DesiredAddon, seen: AddonSeen, busy: Outcome): AddonPlan {
  const { addon } = seen;
  const isOurOwn = addon && isOurs(addon.tags, desired.owner) && addon.status !== "DELETING";
  const actions = isOurOwn ? associationTags(desired, seen) : [];
  return actions.length > 0 ? { actions } : { outcome: busy };
}

function planOwn(desired: DesiredAddon, seen: AddonSeen): AddonPlan {
  const { addon } = seen;
  const roles = addonRoleSteps(desired, seen);
  if (roles instanceof Failure) return { conflict: roles };
  const actions = [
    ...roles.before,
    ...associationTags(desired, seen),
    ...(addon ? changes(desired, seen, addon) : [creation(desired, seen)]),
    ...roles.after,
  ];
  const unread = addon && unreadConflict(addon, actions);
  if (unread) return { conflict: unread };
  const degraded = actions.length === 0 && addon ? degradation(addon) : undefined;
  return degraded ? { outcome: { kind: "failed", failure: degraded } } : { actions };
}

/** What is not known cannot be sent along, and EKS would take it away. */
function unreadConflict(
  { name, unread }: ObservedAddon,
  actions: readonly AnyAction[],
): Failure | undefined {
  const update = actions.find((action) => action.type === "UpdateAddon");
  const sends = update?.identities !== undefined && update.identities.length > 0;
  if (unread.length === 0 || !sends) return undefined;
  return new Failure(
    "ConcurrentModification",
    `EKS names association ${unread.join(", ")} of add-on ${name} and does not show it; it is read again before identities change`,
    { kind: "after", ms: UNREAD_AGAIN_MS },
  );
}

/** The tags alone first: from then on it is ours, and the rest is an ordinary plan. */
function adopt(
  desired: DesiredAddon,
  seen: AddonSeen,
  addon: ObservedAddon,
  pollMs: number,
): AddonPlan {
  const tags = ownershipTags(desired.owner);
  const owned = { ...seen, addon: { ...addon, tags: { ...addon.tags, ...tags } } };
  const rest = planAddon(desired, owned, pollMs);
  if ("conflict" in rest) return rest;
  const then = "actions" in rest ? rest.actions : [];
  return { actions: [{ type: "TagAddon", arn: addon.arn, tags }, ...then] };
}

function creation(desired: DesiredAddon, seen: AddonSeen): AddonAction {
  const { name, version, resolveConflicts, tags, configuration, namespace } = desired;
  const identities = wantedIdentities(desired, seen) ?? [];
  return {
    type: "CreateAddon",
    name,
    version,
    // EKS documents PRESERVE as NONE here, and was seen to refuse it.
    resolveConflicts: resolveConflicts === "PRESERVE" ? "NONE" : resolveConflicts,
    tags,
    configuration,
    namespace,
    identities,
  };
}

function changes(
  desired: DesiredAddon,
  seen: AddonSeen,
  addon: ObservedAddon,
): readonly AddonAction[] {
  const { missing, obsolete } = tagChanges(desired.tags, addon.tags);
  const { arn } = addon;
  return [
    ...update(desired, seen, addon),
    ...(obsolete.length > 0 ? [{ type: "UntagAddon", arn, keys: obsolete } as const] : []),
    ...(missing ? [{ type: "TagAddon", arn, tags: missing } as const] : []),
  ];
}

/** After a failure the same once more: a later try may find what was in the way gone. */
function update(
  desired: DesiredAddon,
  seen: AddonSeen,
  addon: ObservedAddon,
): readonly AddonAction[] {
  const { name, version, resolveConflicts, configuration } = desired;
  const identities = wantedIdentities(desired, seen);
  const identitiesDiffer = identities !== undefined && !isSame(identities, present(addon));
  const configurationDiffers =
    configuration !== undefined && !isSameConfiguration(configuration, addon.configuration);
  const versionDiffers = version !== addon.version;
  const isFailed = FAILED_STATES.has(addon.status);
  if (!identitiesDiffer && !configurationDiffers && !versionDiffers && !isFailed) return [];
  return [
    {
      type: "UpdateAddon",
      name,
      resolveConflicts,
      version: versionDiffers || isFailed ? version : undefined,
      // Whether EKS keeps what an update does not name is not documented.
      configuration: configuration ?? addon.configuration,
      identities: identitiesDiffer ? identities : undefined,
    },
  ];
}

/**
 * EKS replaces the whole list, so it is always what there is together with what is wanted: only what we
 * caused ourselves, and what the spec no longer names, is left out.
 */
function wantedIdentities(
  desired: DesiredAddon,
  seen: AddonSeen,
): readonly AddonIdentity[] | undefined {
  const { identities } = desired;
  if (identities === undefined || identities.length === 0) return identities && [];
  const roles = new Map<string, string>();
  for (const association of seen.addon?.associations ?? []) {
    const { serviceAccount, details } = association;
    if (details && !isOfOurs(association, desired, seen))
      roles.set(serviceAccount, details.roleArn);
  }
  for (const identity of identities) {
    roles.set(identity.key.serviceAccount, roleArnOf(identity, seen));
  }
  return [...roles].map(([serviceAccount, roleArn]) => ({ serviceAccount, roleArn }));
}

/** Its tags say so, or the role that it has: EKS makes it without tags, and we may be stopped before they are there. */
function isOfOurs(
  { details }: ObservedAssociation,
  { owner }: DesiredAddon,
  { formerRoles }: AddonSeen,
): boolean {
  if (!details) return false;
  const isFormer = formerRoles.some(
    ({ arn, tags }) => arn === details.roleArn && isOurs(tags, owner),
  );
  return isOurs(details.tags, owner) || (isFormer && details.tags[OWNER_TAG] === undefined);
}

function present({ associations }: ObservedAddon): readonly AddonIdentity[] {
  return associations.map(({ serviceAccount, details }) => ({
    serviceAccount,
    roleArn: details?.roleArn ?? "",
  }));
}

function isSame(one: readonly AddonIdentity[], other: readonly AddonIdentity[]): boolean {
  const textOf = (list: readonly AddonIdentity[]) =>
    list
      .map(({ serviceAccount, roleArn }) => `${serviceAccount} ${roleArn}`)
      .sort()
      .join();
  return textOf(one) === textOf(other);
}

/** Tags never are a reason to update the add-on itself: EKS starts its pods anew when identities change. */
function associationTags(desired: DesiredAddon, seen: AddonSeen): readonly AnyAction[] {
  return (desired.identities ?? []).flatMap((identity) => {
    const found = associationOf(identity, seen);
    if (!found?.details || found.details.roleArn !== roleArnOf(identity, seen)) return [];
    const { missing, obsolete } = tagChanges(desired.tags, found.details.tags);
    const { arn } = found;
    return [
      ...(obsolete.length > 0 ? [{ type: "UntagAssociation", arn, keys: obsolete } as const] : []),
      ...(missing ? [{ type: "TagAssociation", arn, tags: missing } as const] : []),
    ];
  });
}
