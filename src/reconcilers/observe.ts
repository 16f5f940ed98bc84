/**
 * What is in AWS of one object. Mostly the inventory knows, and nothing is read: a new object needs no
 * read, an object in sync needs none either. A single thing is read afresh where its absence, or a
 * detail that the bulk reads leave out, is about to be acted upon.
 */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Observed } from "../plan/actions.ts";
import { isReadyFor } from "../plan/conditions.ts";
import type { Desired } from "../plan/desired.ts";
import type { DesiredRole, ObservedAssociation, ObservedRole } from "../plan/resources.ts";
import type { Aws } from "./ports.ts";

export async function observe(
  object: PodIdentityAssociation,
  desired: Desired,
  aws: Aws,
): Promise<Observed> {
  const association = await observeAssociation(object, desired, aws);
  const role = desired.role && (await observeRole(object, desired.role, aws));
  const previousRole = await observePreviousRole(object, desired, aws);
  return { role, previousRole, association };
}

async function observeRole(
  object: PodIdentityAssociation,
  wanted: DesiredRole,
  aws: Aws,
): Promise<ObservedRole | undefined> {
  const seen = aws.inventory.role(wanted.name);
  if (seen === "absent" || seen === "unknown") {
    // A role we never had is created without a look: if there is one, IAM says so.
    return object.status?.roleName === wanted.name ? readRole(wanted.name, aws) : undefined;
  }
  return isEnough(seen, wanted, object) ? seen : readRole(wanted.name, aws);
}

/**
 * The bulk read leaves out description and duration, and was once reported to leave out the boundary:
 * before anything is changed for their sake they are read from the role itself.
 */
function isEnough(
  seen: ObservedRole,
  wanted: DesiredRole,
  object: PodIdentityAssociation,
): boolean {
  const boundaryMissing =
    wanted.permissionsBoundaryArn !== undefined && seen.permissionsBoundaryArn === undefined;
  const textsMissing = seen.description === undefined || seen.maxSessionSeconds === undefined;
  const isNews = !isReadyFor(object.metadata.generation ?? 0, object.status);
  return !boundaryMissing && !(textsMissing && isNews);
}

async function observeAssociation(
  object: PodIdentityAssociation,
  { key }: Desired,
  aws: Aws,
): Promise<ObservedAssociation | undefined> {
  const claimed = object.status?.associationId;
  if (claimed === undefined) await aws.inventory.associationsAtMostSecondsOld();
  const seen = aws.inventory.association(key);
  if (seen === "absent" || seen === "unknown") {
    return claimed === undefined ? undefined : readAssociation(key, aws);
  }
  if (seen.details) return seen;
  // Until the rotating Describe comes round, a List that shows the very id we noted is proof enough.
  const noted = claimed === seen.id && isReadyFor(object.metadata.generation ?? 0, object.status);
  return noted ? seen : readAssociation(key, aws);
}

/** Noted in status before the first call of a rename, so that it is found again after a crash. */
async function observePreviousRole(
  object: PodIdentityAssociation,
  desired: Desired,
  aws: Aws,
): Promise<ObservedRole | undefined> {
  const name = object.status?.previousRoleName;
  if (name === undefined || name === desired.role?.name) return undefined;
  return readRole(name, aws);
}

export async function readRole(
  name: string,
  { roles, inventory }: Aws,
): Promise<ObservedRole | undefined> {
  const role = await roles.find(name);
  inventory.readRole(name, role);
  return role;
}

export async function readAssociation(
  key: Desired["key"],
  { associations, inventory }: Aws,
): Promise<ObservedAssociation | undefined> {
  const association = await associations.find(key);
  inventory.readAssociation(key, association);
  return association;
}
