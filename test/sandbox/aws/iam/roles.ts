/** IAM roles: create, read, change, delete and list. */
import { iamId } from "../ids.ts";
import { encodeMarker } from "../wire/marker.ts";
import { list, type Query } from "../wire/query.ts";
import { nameKey, type Role, type World, withRole } from "../world.ts";
import { checkDocument } from "./documents.ts";
import {
  ARN,
  DESCRIPTION,
  DOCUMENT,
  optional,
  optionalNumber,
  PATH,
  pageParameters,
  ROLE_NAME,
  required,
} from "./parameters.ts";
import { alreadyExists, deleteConflict, noRole, noSuchEntity, overQuota } from "./refusals.ts";
import { fullRole, listedRole } from "./shapes.ts";
import { requestedTags } from "./tags.ts";

const DURATION = { least: 3600, most: 43200 };

/** The role as it is. @throws AwsError NoSuchEntity */
export function findRole(world: World, query: Query): Role {
  return found(world, query, 0);
}

/** The role as IAM's reads see it, which may lag behind the writes. @throws AwsError NoSuchEntity */
export function readRole(world: World, query: Query): Role {
  return found(world, query, world.settings.iamReadLagMs);
}

function found(world: World, query: Query, lagMs: number): Role {
  const name = required(query, "RoleName", ROLE_NAME);
  const role = world.roles.get(nameKey(name), lagMs);
  if (!role) throw noRole(name);
  return role;
}

/** Replaces some members of a role. A member that is `undefined` is removed. */
export function changeRole(
  world: World,
  role: Role,
  changes: { readonly [M in keyof Role]?: Role[M] | undefined },
): Role {
  const entries = Object.entries({ ...role, ...changes }).filter(
    ([, value]) => value !== undefined,
  );
  const changed = Object.fromEntries(entries) as unknown as Role;
  world.roles.set(nameKey(role.name), changed);
  return changed;
}

export function createRole(world: World, query: Query): object {
  const name = required(query, "RoleName", ROLE_NAME);
  const trustPolicy = required(query, "AssumeRolePolicyDocument", DOCUMENT);
  const path = optional(query, "Path", PATH) ?? "/";
  const description = optional(query, "Description", DESCRIPTION) ?? "";
  const maxSessionSeconds = optionalNumber(query, "MaxSessionDuration", DURATION) ?? 3600;
  const boundary = optional(query, "PermissionsBoundary", ARN);
  const { quotas } = world.settings;
  const tags = requestedTags(query, quotas.tagsPerResource);
  checkTrustPolicy(world, trustPolicy);
  if (world.roles.get(nameKey(name))) throw alreadyExists(`Role with name ${name} already exists.`);
  if (boundary !== undefined) checkBoundary(world, boundary);
  if (world.roles.size >= quotas.rolesPerAccount)
    throw overQuota("RolesPerAccount", quotas.rolesPerAccount);
  const { partition, id } = world.account;
  const role: Role = {
    name,
    path,
    arn: `arn:${partition}:iam::${id}:role${path}${name}`,
    roleId: iamId("AROA"),
    createdAt: world.clock.now(),
    trustPolicy,
    description,
    maxSessionSeconds,
    ...(boundary === undefined ? {} : { permissionsBoundaryArn: boundary }),
    tags,
    inlinePolicies: {},
    managedPolicyArns: [],
  };
  world.roles.set(nameKey(name), role);
  return { Role: fullRole(role) };
}

export function getRole(world: World, query: Query): object {
  return { Role: fullRole(readRole(world, query)) };
}

export function updateAssumeRolePolicy(world: World, query: Query): void {
  const role = findRole(world, query);
  const trustPolicy = required(query, "PolicyDocument", DOCUMENT);
  checkTrustPolicy(world, trustPolicy);
  changeRole(world, role, { trustPolicy });
}

/** What is absent stays as it is. */
export function updateRole(world: World, query: Query): object {
  const role = findRole(world, query);
  changeRole(world, role, {
    description: optional(query, "Description", DESCRIPTION) ?? role.description,
    maxSessionSeconds:
      optionalNumber(query, "MaxSessionDuration", DURATION) ?? role.maxSessionSeconds,
  });
  return {};
}

export function updateRoleDescription(world: World, query: Query): object {
  const description = required(query, "Description", DESCRIPTION);
  return { Role: fullRole(changeRole(world, findRole(world, query), { description })) };
}

export function putRolePermissionsBoundary(world: World, query: Query): void {
  const role = findRole(world, query);
  const permissionsBoundaryArn = required(query, "PermissionsBoundary", ARN);
  checkBoundary(world, permissionsBoundaryArn);
  changeRole(world, role, { permissionsBoundaryArn });
}

/** NV: the answer where there is no boundary; success here. */
export function deleteRolePermissionsBoundary(world: World, query: Query): void {
  changeRole(world, findRole(world, query), { permissionsBoundaryArn: undefined });
}

export function deleteRole(world: World, query: Query): void {
  const role = findRole(world, query);
  if (world.instanceProfiles.firstOf(withRole(role.name))) {
    throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
  }
  if (role.managedPolicyArns.length > 0) {
    throw deleteConflict("Cannot delete entity, must detach all policies first.");
  }
  if (Object.keys(role.inlinePolicies).length > 0) {
    throw deleteConflict("Cannot delete entity, must delete policies first.");
  }
  world.roles.delete(nameKey(role.name));
}

export function listRoles(world: World, query: Query): object {
  const prefix = optional(query, "PathPrefix") ?? "/";
  const { iamReadLagMs, listLagMs } = world.settings;
  const page = world.roles.page({
    ...pageParameters(query),
    lagMs: Math.max(iamReadLagMs, listLagMs),
    accept: ({ path }) => path.startsWith(prefix),
  });
  return { Roles: list(page.items.map(listedRole)), ...pageEnd(page.next) };
}

/** How every IAM list ends. */
export function pageEnd(next: string | undefined): object {
  return {
    IsTruncated: next !== undefined,
    Marker: next === undefined ? undefined : encodeMarker(next),
  };
}

function checkTrustPolicy(world: World, document: string): void {
  checkDocument(document, "trust");
  const most = world.settings.quotas.trustPolicySize;
  if (document.length > most) throw overQuota("ACLSizePerRole", most);
}

function checkBoundary(world: World, arn: string): void {
  if (world.findPolicy(arn)) return;
  throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
}
