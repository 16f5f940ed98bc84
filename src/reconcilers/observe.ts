/**
 * What is in AWS of one object. Mostly the inventory knows, and nothing is read: a new object needs no
 * read, an object in sync needs none either. A single thing is read afresh where its absence, or a
 * detail that the bulk reads leave out, is about to be acted upon.
 */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Observed } from "../plan/actions.ts";
import { isReadyFor } from "../plan/conditions.ts";
import type { Desired } from "../plan/desired.ts";
import { ownPolicies, policyMissing } from "../plan/managed-policies.ts";
import { isSameRole, parseRoleArn } from "../plan/names.ts";
import { asFailure, Failure } from "../plan/outcome.ts";
import { ownership } from "../plan/ownership.ts";
import type { DesiredRole, ObservedAssociation, ObservedRole } from "../plan/resources.ts";
import type { Aws } from "./ports.ts";

export async function observe(
  object: PodIdentityAssociation,
  desired: Desired,
  aws: Aws,
): Promise<Observed> {
  const association = await observeAssociation(object, desired, aws);
  const role = desired.role && (await observeRole(object, desired.role, aws));
  if (desired.role && !role) await checkPolicies(desired.role, aws);
  if (!desired.role) await checkReferencedRole(object, desired.roleArn, aws);
  const formerRoles = await observeFormerRoles(object, desired, aws);
  return { role, formerRoles, association };
}

async function observeRole(
  object: PodIdentityAssociation,
  wanted: DesiredRole,
  aws: Aws,
): Promise<ObservedRole | undefined> {
  const seen = aws.inventory.role(wanted.name);
  if (seen === "absent" || seen === "unknown") {
    // A role we never had is created without a look: if there is one, IAM says so.
    return isSameRole(object.status?.roleName ?? "", wanted.name)
      ? readRole(wanted.name, aws)
      : undefined;
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

/** Before a role is made; a caller without the right to read policies finds out when it attaches them. */
async function checkPolicies(wanted: DesiredRole, { roles }: Aws): Promise<void> {
  for (const arn of ownPolicies(wanted)) {
    const exists = await roles.policyExists(arn).catch((thrown: unknown) => {
      if (asFailure(thrown).reason === "AccessDenied") return true;
      throw thrown;
    });
    if (!exists) throw policyMissing(arn);
  }
}

/**
 * EKS does not mind when the role of an association goes; the pods do. The bulk read shows it, and a read
 * of the one role confirms it.
 */
async function checkReferencedRole(
  object: PodIdentityAssociation,
  roleArn: string,
  aws: Aws,
): Promise<void> {
  const name = parseRoleArn(roleArn)?.name ?? "";
  const isNews = !isReadyFor(object.metadata.generation ?? 0, object.status);
  if (isNews || aws.inventory.role(name) !== "absent") return;
  if (await readRole(name, aws)) return;
  throw new Failure(
    "RoleNotFound",
    `role ${roleArn} does not exist any more; create it again, or name another one`,
    {
      kind: "sweep",
    },
  );
}

/** Roles that carry our tags under another name than the wanted one: left from a rename, however far it came. */
async function observeFormerRoles(
  object: PodIdentityAssociation,
  { owner, role, roleArn }: Desired,
  aws: Aws,
): Promise<readonly ObservedRole[]> {
  const { status, metadata } = object;
  const noted = status?.previousRoleName;
  if (noted === undefined && isReadyFor(metadata.generation ?? 0, status)) return [];
  const wanted = role?.name ?? parseRoleArn(roleArn)?.name ?? "";
  const tagged = aws.inventory.rolesWhere(({ tags }) => ownership(tags, owner).kind === "ours");
  const names = new Set([
    ...(noted === undefined ? [] : [noted]),
    ...tagged.map(({ name }) => name),
  ]);
  const found: ObservedRole[] = [];
  for (const name of names) {
    if (isSameRole(name, wanted)) continue;
    const former = await readRole(name, aws);
    if (former && ownership(former.tags, owner).kind === "ours") found.push(former);
  }
  return found;
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
