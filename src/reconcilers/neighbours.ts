/** What other objects, and the object's own past, say of what was seen in AWS. */
import { RESOURCE_TAG } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Observed } from "../plan/actions.ts";
import { cedes, duplicateClaim, usersOf } from "../plan/claims.ts";
import { isRoleReferenced } from "../plan/conditions.ts";
import type { Desired } from "../plan/desired.ts";
import { isSameRole, parseRoleArn } from "../plan/names.ts";
import { Failure } from "../plan/outcome.ts";
import { isOurs, ownership } from "../plan/ownership.ts";
import type { ClusterFacts, ObservedRole } from "../plan/resources.ts";
import type { Objects, Ports } from "./ports.ts";

interface Neighbourhood extends Pick<Ports, "addonObjects"> {
  readonly objects: Objects;
  readonly cluster: ClusterFacts;
}

/**
 * Why another object comes first. One that had the association keeps its claim: it may just have been
 * deleted by hand. What nobody owns yet is claimed like what is not there yet.
 */
export function rivalOf(
  object: PodIdentityAssociation,
  { owner }: Desired,
  {
    observed: { association, abandonedBy },
    objects,
  }: { readonly observed: Observed; readonly objects: Pick<Objects, "all"> },
): Failure | undefined {
  const tags = association?.details?.tags ?? {};
  const whose = association && ownership(tags, owner, abandonedBy).kind;
  if (whose === "sibling") return undefined;
  // What was made for it stays with it, unless a person has written another.
  const keeps = whose === "ours" || object.status?.associationId !== undefined;
  if (keeps && !isDisplaced(object, objects.all())) return undefined;
  return duplicateClaim(object, objects.all());
}

function isDisplaced(
  object: PodIdentityAssociation,
  all: Iterable<PodIdentityAssociation>,
): boolean {
  for (const other of all) if (cedes(object, other)) return true;
  return false;
}

/** A role is not taken over while objects of other namespaces use it: it would be theirs no more. */
export function strangersUse(
  object: PodIdentityAssociation,
  { adopts, owner }: Desired,
  {
    observed: { role },
    objects,
    addonObjects,
    cluster,
  }: Neighbourhood & { readonly observed: Observed },
): Failure | undefined {
  if (!role || !adopts.role || isOurs(role.tags, owner)) return undefined;
  const users = usersOf(role.arn, object, {
    all: objects.all(),
    addons: addonObjects.all(),
    cluster,
  }).filter((user) => !user.startsWith(`${object.metadata.namespace}/`));
  if (users.length === 0) return undefined;
  return new Failure(
    "RoleInUse",
    `role ${role.arn} is not taken over while objects of other namespaces use it: ${users.slice(0, 5).join(", ")}; name it by spec.roleArn, or choose another name`,
    { kind: "sweep" },
  );
}

/**
 * A former role that others name by roleArn stays until they do not; what tags give to an object that is
 * no more belongs to nobody.
 */
export function amongNeighbours(
  object: PodIdentityAssociation,
  observed: Observed,
  { objects, addonObjects, exists, cluster }: Neighbourhood & Pick<Ports, "exists">,
): Observed {
  const isUnused = ({ arn }: ObservedRole) =>
    usersOf(arn, object, { all: objects.all(), addons: addonObjects.all(), cluster }).length === 0;
  const owners = [observed.role?.tags, observed.association?.details?.tags].flatMap(
    (tags) => tags?.[RESOURCE_TAG] ?? [],
  );
  return {
    ...observed,
    formerRoles: observed.formerRoles.filter(isUnused),
    keptNames: [
      ...(observed.keptNames ?? []),
      ...observed.formerRoles.filter((role) => !isUnused(role)).map(({ name }) => name),
    ],
    abandonedBy: owners.filter((resource) => !exists(resource)),
    cededBy: owners.filter((key) => {
      const other = objects.get(key);
      return other !== undefined && cedes(other, object);
    }),
  };
}

/**
 * A rename is noted before its first call: killed in between, the next process still finds the old role.
 *
 * @returns the status with the note; the same one if there is nothing to note
 */
export function withFormerRole(
  { status }: PodIdentityAssociation,
  wanted: Desired,
): PodIdentityAssociation["status"] {
  const former = status?.roleName;
  if (!status || former === undefined || status.previousRoleName === former) return status;
  if (isSameRole(former, parseRoleArn(wanted.roleArn)?.name ?? "")) return status;
  // Somebody else's role was only referred to: there is nothing to find again.
  if (isRoleReferenced(status)) return status;
  return { ...status, previousRoleName: former };
}
