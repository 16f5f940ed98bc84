/**
 * Whose is it? The tags on a role or an association decide, never a name, never our own status.
 * What is not ours is never changed: it becomes a conflict that names the owner.
 */
import { INSTALLATION_TAG, OWNER_TAG, RESOURCE_TAG, RETAINED_TAG } from "../api/group.ts";
import { Failure, type Retry } from "./outcome.ts";
import type { ObservedAssociation, ObservedRole, Tags } from "./resources.ts";

/** Who we are to AWS: one object of one installation in one cluster. */
export interface Owner {
  readonly clusterArn: string;
  readonly installation: string;
  /** "namespace/name" of the object. */
  readonly resource: string;
}

/** The tags that say so, written in the call that creates. */
export function ownershipTags({ clusterArn, installation, resource }: Owner): Tags {
  return { [OWNER_TAG]: clusterArn, [INSTALLATION_TAG]: installation, [RESOURCE_TAG]: resource };
}

export type Ownership =
  | { readonly kind: "ours" }
  /** Another object of this same installation. */
  | { readonly kind: "sibling"; readonly resource: string }
  | { readonly kind: "stranger"; readonly owner: string; readonly installation: string }
  /** Left behind on purpose by `deletionPolicy: Retain`. */
  | { readonly kind: "retained"; readonly from: string }
  | { readonly kind: "untagged" };

export function ownership(tags: Tags, us: Owner): Ownership {
  const owner = tags[OWNER_TAG];
  const retainedFrom = tags[RETAINED_TAG];
  if (owner === undefined) {
    return retainedFrom === undefined
      ? { kind: "untagged" }
      : { kind: "retained", from: retainedFrom };
  }
  const installation = tags[INSTALLATION_TAG] ?? "";
  if (owner !== us.clusterArn || installation !== us.installation) {
    return { kind: "stranger", owner, installation };
  }
  const resource = tags[RESOURCE_TAG] ?? "";
  return resource === us.resource ? { kind: "ours" } : { kind: "sibling", resource };
}

/** Looked at again with each sweep: the conflict may be gone. */
const SWEEP: Retry = { kind: "sweep" };

/** Why the role must not be touched; `undefined` if it is ours. */
export function roleConflict(role: ObservedRole, us: Owner): Failure | undefined {
  const whose = ownership(role.tags, us);
  const way = "delete or rename that role, or name another one in spec.role.name";
  switch (whose.kind) {
    case "ours":
      return undefined;
    case "sibling":
      return new Failure(
        "RoleNameConflict",
        `role ${role.arn} belongs to PodIdentityAssociation ${whose.resource}: a role belongs to one object; use it here by spec.roleArn instead of spec.role, or choose another spec.role.name`,
        SWEEP,
      );
    case "stranger":
      return new Failure(
        "RoleNotOwned",
        `role ${role.arn} belongs to ${stranger(whose)}: ${way}`,
        SWEEP,
      );
    case "retained":
      return new Failure(
        "RoleNameConflict",
        `role ${role.arn} exists and was retained from ${whose.from}: ${way}`,
        SWEEP,
      );
    case "untagged":
      return new Failure(
        "RoleNameConflict",
        `role ${role.arn} exists and was not made by this operator: ${way}`,
        SWEEP,
      );
  }
}

/** Why the association must not be touched; `undefined` if it is ours, or if only List has shown it. */
export function associationConflict(found: ObservedAssociation, us: Owner): Failure | undefined {
  const subject = `association ${found.id} of ServiceAccount ${found.namespace}/${found.serviceAccount}`;
  if (found.ownerArn !== undefined) {
    return new Failure(
      "AssociationOwnedByAddon",
      `${subject} belongs to the add-on ${found.ownerArn}: change its role through the add-on, or remove it there first`,
      SWEEP,
    );
  }
  if (found.details === undefined) return undefined;
  const whose = ownership(found.details.tags, us);
  const way = "delete it to let this object make its own, or delete this object";
  switch (whose.kind) {
    case "ours":
      return undefined;
    case "sibling":
      return new Failure(
        "DuplicateClaim",
        `ServiceAccount ${found.namespace}/${found.serviceAccount} already has association ${found.id} of PodIdentityAssociation ${whose.resource}: delete one of the two objects`,
        SWEEP,
      );
    case "stranger":
      return new Failure(
        "AssociationConflict",
        `${subject} belongs to ${stranger(whose)}: ${way}`,
        SWEEP,
      );
    case "retained":
      return new Failure(
        "AssociationConflict",
        `${subject} was retained from ${whose.from}: ${way}`,
        SWEEP,
      );
    case "untagged":
      return new Failure(
        "AssociationConflict",
        `${subject} was made by somebody else (${describeTags(found.details.tags)}): ${way}`,
        SWEEP,
      );
  }
}

function stranger(whose: { readonly owner: string; readonly installation: string }): string {
  return `installation "${whose.installation}" of ${whose.owner}`;
}

/** At most a few tags: the message must stay readable. */
function describeTags(tags: Tags): string {
  const shown = Object.entries(tags).slice(0, 5);
  return shown.length === 0
    ? "it has no tags"
    : `tags ${shown.map(([k, v]) => `${k}=${v}`).join(", ")}`;
}
