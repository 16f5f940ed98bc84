/** What stands in the way of an add-on's plan: whatever belongs to somebody else stays as it is. */
import { RESOURCE_TAG } from "../api/group.ts";
import type { AddonSeen, ObservedAddon } from "./addon.ts";
import type { DesiredAddon } from "./addon-desired.ts";
import type { DesiredIdentity } from "./addon-identities.ts";
import { roleOf } from "./addon-roles.ts";
import { Failure } from "./outcome.ts";
import {
  describeTags,
  history,
  type Owner,
  objectOfTags,
  ownership,
  roleConflict,
  stranger,
} from "./ownership.ts";
import type { ObservedAssociation } from "./resources.ts";

/** Why nothing may be done; `undefined` if all that is in the way is ours, or may become ours. */
export function addonConflict(desired: DesiredAddon, seen: AddonSeen): Failure | undefined {
  const { addon, abandonedBy } = seen;
  const ofAddon = addon && ownerConflict(addon, desired, abandonedBy);
  if (ofAddon) return ofAddon;
  const misplaced = addon && placeConflict(addon, desired);
  if (misplaced) return misplaced;
  if (desired.identities?.length === 0) return anyInsideConflict(desired, seen);
  for (const identity of desired.identities ?? []) {
    const conflict = identityConflict(identity, desired, seen);
    if (conflict) return conflict;
  }
  return undefined;
}

function ownerConflict(
  { name, tags }: ObservedAddon,
  { owner, adopts }: DesiredAddon,
  abandonedBy: readonly string[],
): Failure | undefined {
  const whose = ownership(tags, owner, abandonedBy);
  switch (whose.kind) {
    case "ours":
      return undefined;
    case "sibling":
      return new Failure(
        "DuplicateClaim",
        `add-on ${name} belongs to ${objectOfTags(whose.resource)}: delete one of the two objects`,
        { kind: "sweep" },
      );
    case "stranger":
      return conflict(
        `add-on ${name} belongs to ${stranger(whose)}: delete this object, or have it released there (deletionPolicy: Retain)`,
      );
    default:
      if (adopts) return undefined;
      return conflict(
        `add-on ${name} is installed and ${history(whose, tags)}: set spec.adoptionPolicy: Addon to take it over, or delete this object`,
      );
  }
}

function placeConflict(
  { name, namespace: found }: ObservedAddon,
  { namespace: wanted }: DesiredAddon,
): Failure | undefined {
  if (wanted === undefined || found === undefined || wanted === found) return undefined;
  return conflict(
    `add-on ${name} is in namespace ${found}, and EKS cannot move it to ${wanted}: write namespace: ${found}, or delete the add-on`,
  );
}

function conflict(message: string): Failure {
  return new Failure("AddonConflict", message, { kind: "sweep" });
}

function identityConflict(
  identity: DesiredIdentity,
  { owner }: DesiredAddon,
  seen: AddonSeen,
): Failure | undefined {
  const { addon, outside, abandonedBy } = seen;
  const isOfIt = ({ namespace, serviceAccount }: ObservedAssociation) =>
    serviceAccount === identity.key.serviceAccount && namespace === identity.key.namespace;
  const alien = outside.find(isOfIt);
  if (alien) return outsideConflict(alien, owner, abandonedBy);
  const inside = addon?.associations.find(isOfIt);
  const ofAssociation = inside && insideConflict(inside, owner, abandonedBy);
  if (ofAssociation) return ofAssociation;
  const role = roleOf(identity, seen);
  return identity.kind === "own" && role ? roleConflict(role, owner) : undefined;
}

/** An add-on that is not installed owns none, and an association that nobody's add-on owns is outside all of them. */
export function isOutside(
  { ownerArn }: ObservedAssociation,
  addon: ObservedAddon | undefined,
): boolean {
  return addon === undefined || ownerArn !== addon.arn;
}

/** EKS does not let an add-on have a ServiceAccount that has an association already. */
function outsideConflict(
  { id, namespace, serviceAccount, ownerArn, details }: ObservedAssociation,
  owner: Owner,
  abandonedBy: readonly string[],
): Failure {
  const tags = details?.tags ?? {};
  const whose = ownership(tags, owner, abandonedBy);
  const maker =
    ownerArn !== undefined
      ? `it belongs to the add-on ${ownerArn}`
      : whose.kind === "sibling"
        ? `it is that of ${objectOfTags(whose.resource)}: delete that object`
        : describeTags(tags);
  return new Failure(
    "AssociationConflict",
    `ServiceAccount ${namespace}/${serviceAccount} has association ${id} outside the add-on, which EKS cannot give to an add-on (${maker}); delete it, or take the ServiceAccount out of spec.identities`,
    { kind: "sweep" },
  );
}

/** All are to go, but for those that somebody else cares for. */
function anyInsideConflict(
  { owner }: DesiredAddon,
  { addon, abandonedBy }: AddonSeen,
): Failure | undefined {
  for (const association of addon?.associations ?? []) {
    const conflict = insideConflict(association, owner, abandonedBy);
    if (conflict) return conflict;
  }
  return undefined;
}

/** Somebody else cares for it: it keeps its role. */
function insideConflict(
  { id, namespace, serviceAccount, details }: ObservedAssociation,
  owner: Owner,
  abandonedBy: readonly string[],
): Failure | undefined {
  const tags = details?.tags ?? {};
  const whose = ownership(tags, owner, abandonedBy);
  if (whose.kind !== "sibling" && whose.kind !== "stranger") return undefined;
  const other =
    whose.kind === "stranger" ? stranger(whose) : objectOfTags(tags[RESOURCE_TAG] ?? "");
  return new Failure(
    "AssociationConflict",
    `association ${id} of ServiceAccount ${namespace}/${serviceAccount} is in the add-on and belongs to ${other}: leave this ServiceAccount alone in spec.identities (an empty list asks for all), or remove its tags podidentity.io/… to have it taken over`,
    { kind: "sweep" },
  );
}
