/** What other objects, and the object's own past, say of what was seen in AWS. */
import { RESOURCE_TAG } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Observed } from "../plan/actions.ts";
import { duplicateClaim, usersOf } from "../plan/claims.ts";
import { isRoleReferenced } from "../plan/conditions.ts";
import type { Desired } from "../plan/desired.ts";
import { isSameRole, parseRoleArn } from "../plan/names.ts";
import type { Failure } from "../plan/outcome.ts";
import type { ClusterFacts, ObservedRole } from "../plan/resources.ts";
import type { Objects } from "./ports.ts";

/** An object that had an association keeps its claim: the association may just have been deleted by hand. */
export function rivalOf(
  object: PodIdentityAssociation,
  { association }: Observed,
  objects: Pick<Objects, "all">,
): Failure | undefined {
  if (association || object.status?.associationId !== undefined) return undefined;
  return duplicateClaim(object, objects.all());
}

/**
 * A former role that others name by roleArn stays until they do not, or until this object goes; what tags
 * give to an object that is no more belongs to nobody.
 */
export function amongNeighbours(
  object: PodIdentityAssociation,
  observed: Observed,
  { objects, cluster }: { readonly objects: Objects; readonly cluster: ClusterFacts },
): Observed {
  const isUnused = ({ arn }: ObservedRole) =>
    usersOf(arn, object, { all: objects.all(), cluster }).length === 0;
  const owners = [observed.role?.tags, observed.association?.details?.tags].flatMap(
    (tags) => tags?.[RESOURCE_TAG] ?? [],
  );
  return {
    ...observed,
    formerRoles: observed.formerRoles.filter(isUnused),
    abandonedBy: owners.filter((key) => objects.get(key) === undefined),
  };
}

/** A rename is noted before its first call: killed in between, the next process still finds the old role. */
export async function noteFormerRole(
  object: PodIdentityAssociation,
  wanted: Desired,
  objects: Pick<Objects, "patchStatus">,
): Promise<PodIdentityAssociation> {
  const { status } = object;
  const former = status?.roleName;
  if (!status || former === undefined || status.previousRoleName === former) return object;
  if (isSameRole(former, parseRoleArn(wanted.roleArn)?.name ?? "")) return object;
  // Somebody else's role was only referred to: there is nothing to find again.
  if (isRoleReferenced(status)) return object;
  return objects.patchStatus(object, { ...status, previousRoleName: former });
}
