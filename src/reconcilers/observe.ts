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
import { isOurs } from "../plan/ownership.ts";
import type { DesiredRole, ObservedAssociation, ObservedRole } from "../plan/resources.ts";
import type { Aws } from "./ports.ts";

/**
 * What nobody owns is taken over only by what a fresh read shows: it may be somebody's by now. And where
 * the association is about to be taken over the role is looked at first, lest half of it be done.
 *
 * @param looksFirst nothing will be tried that would show it, so a role that may be there is asked for
 */
export async function observe(
  object: PodIdentityAssociation,
  desired: Desired,
  { aws, looksFirst }: { readonly aws: Aws; readonly looksFirst: boolean },
): Promise<Observed> {
  const association = await observeAssociation(object, desired, aws);
  const { adopts, owner } = desired;
  const tags = association?.details?.tags;
  const takesOver = adopts.association && tags !== undefined && !isOurs(tags, owner);
  const role =
    desired.role && (await observeRole(object, desired, { aws, looks: looksFirst || takesOver }));
  if (desired.role) await checkPolicies(desired.role, role, aws);
  const former = await observeFormerRoles(object, desired, aws);
  return { role, ...former, association, handedOver: observeHandedOver(desired, aws) };
}

async function observeRole(
  object: PodIdentityAssociation,
  { role: wanted, adopts, owner }: Desired,
  { aws, looks }: { readonly aws: Aws; readonly looks: boolean },
): Promise<ObservedRole | undefined> {
  const name = wanted?.name ?? "";
  const seen = aws.inventory.role(name);
  if (!wanted || looks) return readRole(name, aws);
  if (seen === "absent" || seen === "unknown") {
    // A role we never had is created without a look: if there is one, IAM says so.
    const hadIt = isSameRole(object.status?.roleName ?? "", name);
    return hadIt ? readRole(name, aws) : undefined;
  }
  if (adopts.role && !isOurs(seen.tags, owner)) return readRole(name, aws);
  return isEnough(seen, wanted, object) ? seen : readRole(name, aws);
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
  { key, owner, adopts }: Desired,
  aws: Aws,
): Promise<ObservedAssociation | undefined> {
  const claimed = object.status?.associationId;
  if (claimed === undefined) await aws.inventory.associationsAtMostSecondsOld();
  const seen = aws.inventory.association(key);
  if (seen === "absent" || seen === "unknown") {
    return claimed === undefined ? undefined : readAssociation(key, aws);
  }
  if (seen.details) {
    const isTaken = adopts.association && !isOurs(seen.details.tags, owner);
    return isTaken ? readAssociation(key, aws) : seen;
  }
  // Until the rotating Describe comes round, a List that shows the very id we noted is proof enough.
  const noted = claimed === seen.id && isReadyFor(object.metadata.generation ?? 0, object.status);
  return noted ? seen : readAssociation(key, aws);
}

/** Before anything is done for them; a caller without the right to read policies finds out when it attaches them. */
export async function checkPolicies(
  wanted: DesiredRole,
  found: ObservedRole | undefined,
  { roles }: Aws,
): Promise<void> {
  for (const arn of ownPolicies(wanted)) {
    if (found?.managedPolicyArns.includes(arn)) continue;
    const exists = await roles.policyExists(arn).catch((thrown: unknown) => {
      if (asFailure(thrown).reason === "AccessDenied") return true;
      throw thrown;
    });
    if (!exists) throw policyMissing(arn);
  }
}

/**
 * Whether a role that is only named is not there. EKS does not mind when the role of an association goes;
 * the pods do. The bulk read shows it, and a read of the one role confirms it.
 */
export async function missingRole(
  { role, roleArn }: Pick<Desired, "role" | "roleArn">,
  aws: Aws,
): Promise<Failure | undefined> {
  const name = parseRoleArn(roleArn)?.name ?? "";
  const seen = aws.inventory.role(name);
  if (role || seen === "unknown" || (seen !== "absent" && seen.arn === roleArn)) return undefined;
  try {
    // A role of that name below another path is another role to EKS, and to the guardrail that allowed the ARN.
    if ((await readRole(name, aws))?.arn === roleArn) return undefined;
  } catch (thrown) {
    // Without the right to read it, EKS will say.
    if (asFailure(thrown).reason === "AccessDenied") return undefined;
    throw thrown;
  }
  return new Failure(
    "RoleNotFound",
    `role ${roleArn} does not exist; create it, or name another one`,
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
): Promise<Pick<Observed, "formerRoles" | "keptNames">> {
  if (!mayHaveFormerRoles(object)) return { formerRoles: [] };
  const { previousRoleName: noted } = object.status ?? {};
  const wanted = role?.name ?? parseRoleArn(roleArn)?.name ?? "";
  const tagged = aws.inventory
    .rolesWhere(({ tags }) => isOurs(tags, owner))
    .map(({ name }) => name);
  const formerRoles: ObservedRole[] = [];
  const keptNames: string[] = [];
  const names = [noted, ...tagged].filter((name) => name !== undefined);
  for (const name of new Set(names.filter((one) => !isSameRole(one, wanted)))) {
    const former = tagged.includes(name) ? await readRole(name, aws) : await readNoted(name, aws);
    if (former === "denied") keptNames.push(name);
    else if (former && isOurs(former.tags, owner)) formerRoles.push(former);
  }
  return { formerRoles, keptNames };
}

/** A role that only a status names, which may be somebody else's that we may not even read. */
export async function readNoted(
  name: string,
  aws: Pick<Aws, "roles" | "inventory">,
): Promise<ObservedRole | "denied" | undefined> {
  try {
    return await readRole(name, aws);
  } catch (thrown) {
    if (asFailure(thrown).reason === "AccessDenied") return "denied";
    throw thrown;
  }
}

/** An object that has made nothing yet has none: what carries its name was left by a namesake. */
function mayHaveFormerRoles({ status, metadata }: PodIdentityAssociation): boolean {
  if (status?.previousRoleName !== undefined) return true;
  if (isReadyFor(metadata.generation ?? 0, status)) return false;
  return status?.roleName !== undefined || status?.associationId !== undefined;
}

/** A role that was ours and is now only named by `roleArn`: its owner gave it to somebody else. */
function observeHandedOver({ role, roleArn, owner }: Desired, aws: Aws): ObservedRole | undefined {
  if (role) return undefined;
  const seen = aws.inventory.role(parseRoleArn(roleArn)?.name ?? "");
  if (seen === "absent" || seen === "unknown") return undefined;
  return isOurs(seen.tags, owner) ? seen : undefined;
}

/** One that we deleted a moment ago is gone, whatever IAM shows: if it is not, creating it tells. */
export async function readRole(
  name: string,
  { roles, inventory }: Pick<Aws, "roles" | "inventory">,
): Promise<ObservedRole | undefined> {
  const role = inventory.isRoleJustDeleted(name) ? undefined : await roles.find(name);
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
