/** Which roles in AWS may be an object's own when it leaves, and what is there of each. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { type Users, usersOf } from "../plan/claims.ts";
import { isRoleReferenced } from "../plan/conditions.ts";
import { generatedRoleName, isSameRole, parseRoleArn } from "../plan/names.ts";
import { Failure } from "../plan/outcome.ts";
import { isOurs, type Owner } from "../plan/ownership.ts";
import { fillIn } from "../plan/placeholders.ts";
import type { ClusterFacts, ObservedRole } from "../plan/resources.ts";
import type { Fixed } from "../plan/surroundings.ts";
import { readNoted } from "./observe.ts";
import type { Aws, Clock, Ports } from "./ports.ts";

/** For so long after our own write a role that IAM does not show may be there all the same. */
const READ_LAG_MS = 30_000;

const AGAIN_MS = 2_000;

/** Somebody has to change another object first. */
export const IN_USE_CHECK_MS = 15_000;

export interface Leaver {
  readonly object: PodIdentityAssociation;
  readonly ports: Ports;
  readonly fixed: Fixed;
  readonly us: Owner;
}

/**
 * Every name that this object's role may have: generated, given, noted, or found by our tags. Tags on a
 * fresh read decide which are ours. The role of `roleArn` is never among them, even if it was ours once.
 */
export function roleNames({ object, fixed, ports, us }: Leaver): readonly string[] {
  const { spec, status } = object;
  const tagged = ports.aws.inventory.rolesWhere(({ tags }) => isOurs(tags, us));
  const noted = [ownRoleName(object), status?.previousRoleName];
  const named = [...namesOwn(object, fixed), ...noted, ...tagged.map(({ name }) => name)];
  const referenced = referencedRole(spec.roleArn, fixed.cluster);
  const names: string[] = [];
  for (const name of named) {
    if (name === undefined || isSameRole(name, referenced)) continue;
    if (!names.some((other) => isSameRole(other, name))) names.push(name);
  }
  return names;
}

/** The names that follow from the object itself: generated, and given. */
export function namesOwn(
  { metadata, spec }: PodIdentityAssociation,
  { cluster }: Fixed,
): readonly string[] {
  const generated = generatedRoleName(cluster.arn, metadata.namespace ?? "", metadata.name);
  return [generated, ...(spec.role?.name === undefined ? [] : [spec.role.name])];
}

/** With its placeholders filled in; what cannot be filled in names nothing. */
function referencedRole(roleArn: string | undefined, cluster: ClusterFacts): string {
  if (roleArn === undefined) return "";
  try {
    return parseRoleArn(fillIn(roleArn, cluster))?.name ?? "";
  } catch {
    return "";
  }
}

/** The name in status, unless it is that of a role somebody else owns: then there is nothing to look up. */
function ownRoleName({ status }: PodIdentityAssociation): string | undefined {
  return isRoleReferenced(status) ? undefined : status?.roleName;
}

/**
 * IAM may not show yet what we made a moment ago; letting go of the object now would leave it for ever.
 *
 * @param isNamed whether the object itself says that this may be its own; else only a status does
 * @throws Failure RolePropagating
 */
export async function freshRole(
  name: string,
  isNamed: boolean,
  { aws, clock }: { readonly aws: Pick<Aws, "roles" | "inventory">; readonly clock: Clock },
): Promise<ObservedRole | undefined> {
  const known = aws.inventory.role(name);
  const writtenAt = aws.inventory.roleWrittenAt(name);
  const isRecent = writtenAt !== undefined && clock.monotonic() - writtenAt < READ_LAG_MS;
  // What is hearsay and may not even be read is not ours.
  const isHearsay = typeof known !== "object" && !isNamed;
  const role = isHearsay ? await readNoted(name, aws) : await aws.roles.find(name);
  if (role === "denied") return undefined;
  if (!role && isRecent && !aws.inventory.isRoleDeletedByUs(name)) {
    throw new Failure(
      "RolePropagating",
      `IAM does not show role ${name} at the moment; it is read again`,
      {
        kind: "after",
        ms: AGAIN_MS,
      },
    );
  }
  aws.inventory.readRole(name, role);
  return role;
}

/** @throws Failure RoleInUse, naming the objects that would lose their role */
export function checkUnused(
  { arn }: ObservedRole,
  owner: Pick<PodIdentityAssociation, "metadata">,
  around: Users,
): void {
  const users = usersOf(arn, owner, around);
  if (users.length === 0) return;
  throw new Failure(
    "RoleInUse",
    `role ${arn} is kept while other objects name it by roleArn: ${users.slice(0, 5).join(", ")}; change or delete them, or set deletionPolicy: Retain here`,
    { kind: "after", ms: IN_USE_CHECK_MS },
  );
}

/** Without MANAGE_ROLES no call to IAM changes anything: a role that an earlier setting made stays, and is named. */
export function rolesLeft(us: Owner, { inventory }: Pick<Aws, "inventory">): readonly string[] {
  return inventory
    .rolesWhere(({ tags }) => isOurs(tags, us))
    .map(({ arn }) => `left role ${arn}: this operator manages no roles`);
}
