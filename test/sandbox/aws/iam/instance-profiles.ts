/** Instance profiles: here because a role inside one cannot be deleted. */
import { iamId } from "../ids.ts";
import { list, type Query } from "../wire/query.ts";
import { type InstanceProfile, nameKey, type World, withRole } from "../world.ts";
import { optional, PATH, PROFILE_NAME, pageParameters, required } from "./parameters.ts";
import {
  alreadyExists,
  deleteConflict,
  limitExceeded,
  noInstanceProfile,
  noSuchEntity,
} from "./refusals.ts";
import { findRole, pageEnd, readRole } from "./roles.ts";
import { profileShape, roleOf } from "./shapes.ts";

export function createInstanceProfile(world: World, query: Query): object {
  const name = required(query, "InstanceProfileName", PROFILE_NAME);
  const path = optional(query, "Path", PATH) ?? "/";
  if (world.instanceProfiles.get(nameKey(name))) {
    throw alreadyExists(`Instance Profile ${name} already exists.`);
  }
  const { partition, id } = world.account;
  const profile: InstanceProfile = {
    name,
    path,
    arn: `arn:${partition}:iam::${id}:instance-profile${path}${name}`,
    profileId: iamId("AIPA"),
    createdAt: world.clock.now(),
  };
  world.instanceProfiles.set(nameKey(name), profile);
  return { InstanceProfile: profileShape(profile, undefined) };
}

export function deleteInstanceProfile(world: World, query: Query): void {
  const profile = findProfile(world, query);
  if (profile.roleName !== undefined) {
    throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
  }
  world.instanceProfiles.delete(nameKey(profile.name));
}

export function addRoleToInstanceProfile(world: World, query: Query): void {
  const profile = findProfile(world, query);
  const role = findRole(world, query);
  if (profile.roleName !== undefined) {
    throw limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  }
  world.instanceProfiles.set(nameKey(profile.name), { ...profile, roleName: role.name });
}

export function removeRoleFromInstanceProfile(world: World, query: Query): void {
  const { roleName, ...profile } = findProfile(world, query);
  const role = findRole(world, query);
  if (roleName === undefined || nameKey(roleName) !== nameKey(role.name)) {
    throw noSuchEntity(
      `The role with name ${role.name} is not in instance profile ${profile.name}.`,
    );
  }
  world.instanceProfiles.set(nameKey(profile.name), profile);
}

export function listInstanceProfilesForRole(world: World, query: Query): object {
  const role = readRole(world, query);
  const page = world.instanceProfiles.page({
    ...pageParameters(query),
    group: withRole(role.name),
  });
  return {
    InstanceProfiles: list(
      page.items.map((profile) => profileShape(profile, roleOf(world, profile))),
    ),
    ...pageEnd(page.next),
  };
}

function findProfile(world: World, query: Query): InstanceProfile {
  const name = required(query, "InstanceProfileName", PROFILE_NAME);
  const profile = world.instanceProfiles.get(nameKey(name));
  if (!profile) throw noInstanceProfile(name);
  return profile;
}
