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
  /** "namespace/name" of the object, or "EKSAddon/name": no namespace has capitals. */
  readonly resource: string;
}

const ADDONS = "EKSAddon/";

/** How tags name an EKSAddon. */
export function addonResource(name: string): string {
  return `${ADDONS}${name}`;
}

/** The name of the EKSAddon that tags name; `undefined` if it is none. */
export function addonNameOf(resource: string): string | undefined {
  return resource.startsWith(ADDONS) ? resource.slice(ADDONS.length) : undefined;
}

/** Kind and name of the object that tags name, for messages. */
export function objectOfTags(resource: string): string {
  const addon = addonNameOf(resource);
  return addon === undefined ? `PodIdentityAssociation ${resource}` : `EKSAddon ${addon}`;
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
  | Ownerless;

/** What nobody owns, and an object may take over if the user and a guardrail say so. */
export type Ownerless =
  /** Left behind on purpose by `deletionPolicy: Retain`. */
  | { readonly kind: "retained"; readonly from: string }
  /** Left behind by an object of this installation that is no more. */
  | { readonly kind: "abandoned"; readonly resource: string }
  | { readonly kind: "untagged" };

/** @param abandonedBy objects that are known to be no more, "namespace/name" */
export function ownership(tags: Tags, us: Owner, abandonedBy: readonly string[] = []): Ownership {
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
  if (resource === us.resource) return { kind: "ours" };
  return { kind: abandonedBy.includes(resource) ? "abandoned" : "sibling", resource };
}

export function isOurs(tags: Tags, us: Owner): boolean {
  return ownership(tags, us).kind === "ours";
}

/** Whether a thing that nobody owns may be taken over. */
export interface Taking {
  readonly abandonedBy: readonly string[];
  /** Objects of this installation that give theirs up to us, "namespace/name". */
  readonly cededBy?: readonly string[] | undefined;
  readonly allowed: boolean;
  /** The user has said so, and no guardrail has: why. */
  readonly refused?: Failure | undefined;
}

const NOT_AT_ALL: Taking = { abandonedBy: [], allowed: false };

/** Looked at again with each sweep: the conflict may be gone. */
const SWEEP: Retry = { kind: "sweep" };

/** Why the role must not be touched; `undefined` if it is ours, or may become ours. */
export function roleConflict(
  role: ObservedRole,
  us: Owner,
  taking: Taking = NOT_AT_ALL,
): Failure | undefined {
  const whose = ownership(role.tags, us, taking.abandonedBy);
  const way = "delete or rename that role, or name another one in spec.role.name";
  switch (whose.kind) {
    case "ours":
      return undefined;
    case "sibling":
      return new Failure(
        "RoleNameConflict",
        `role ${role.arn} belongs to ${objectOfTags(whose.resource)}: a role belongs to one object; use it here by spec.roleArn instead of spec.role, or choose another spec.role.name`,
        SWEEP,
      );
    case "stranger":
      return new Failure(
        "RoleNotOwned",
        `role ${role.arn} belongs to ${stranger(whose)}: ${way}`,
        SWEEP,
      );
    default:
      if (taking.allowed) return undefined;
      return new Failure(
        "RoleNameConflict",
        `role ${role.arn} exists and ${history(whose, role.tags)}: ${way}${orTakeOver("AssociationAndRole", taking)}`,
        SWEEP,
      );
  }
}

/** Why the association must not be touched; `undefined` if it is ours, may become ours, or only List has shown it. */
export function associationConflict(
  found: ObservedAssociation,
  us: Owner,
  taking: Taking = NOT_AT_ALL,
): Failure | undefined {
  const subject = `association ${found.id} of ServiceAccount ${found.namespace}/${found.serviceAccount}`;
  if (found.ownerArn !== undefined) {
    return new Failure(
      "AssociationOwnedByAddon",
      `${subject} belongs to the add-on ${found.ownerArn}: change its role through the add-on, or remove it there first`,
      SWEEP,
    );
  }
  if (found.details === undefined) return undefined;
  const whose = ownership(found.details.tags, us, taking.abandonedBy);
  const way = "delete it to let this object make its own, or delete this object";
  switch (whose.kind) {
    case "ours":
      return undefined;
    case "sibling":
      if (taking.cededBy?.includes(whose.resource)) return undefined;
      return new Failure(
        "DuplicateClaim",
        `ServiceAccount ${found.namespace}/${found.serviceAccount} already has association ${found.id} of ${objectOfTags(whose.resource)}: delete one of the two objects`,
        SWEEP,
      );
    case "stranger":
      return new Failure(
        "AssociationConflict",
        `${subject} belongs to ${stranger(whose)}: ${way}`,
        SWEEP,
      );
    default:
      if (taking.allowed) return undefined;
      return new Failure(
        "AssociationConflict",
        `${subject} ${history(whose, found.details.tags)}: ${way}${orTakeOver("Association", taking)}`,
        SWEEP,
      );
  }
}

export function stranger(whose: { readonly owner: string; readonly installation: string }): string {
  return `installation "${whose.installation}" of ${whose.owner}`;
}

export function history(whose: Ownerless, tags: Tags): string {
  switch (whose.kind) {
    case "retained":
      return `was retained from ${whose.from}`;
    case "abandoned":
      return `was left behind by ${objectOfTags(whose.resource)}, which is no more`;
    case "untagged":
      return `was made by somebody else (${describeTags(tags)})`;
  }
}

function orTakeOver(policy: "Association" | "AssociationAndRole", { refused }: Taking): string {
  return refused
    ? `; it is not taken over: ${refused.message}`
    : `; or set spec.adoptionPolicy: ${policy} to take it over, where a guardrail has adoption: Allowed`;
}

/** At most a few tags: the message must stay readable. */
export function describeTags(tags: Tags): string {
  const shown = Object.entries(tags).slice(0, 5);
  return shown.length === 0
    ? "it has no tags"
    : `tags ${shown.map(([k, v]) => `${k}=${v}`).join(", ")}`;
}
