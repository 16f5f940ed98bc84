/** Versions of a customer managed policy: at most five, of which the default one cannot be deleted. */
import { list, type Query } from "../wire/query.ts";
import type { ManagedPolicy, PolicyVersion, World } from "../world.ts";
import { checkPolicyDocument, ownPolicy, readPolicy } from "./managed-policies.ts";
import { DOCUMENT, optional, pageParameters, required } from "./parameters.ts";
import { deleteConflict, limitExceeded, noSuchEntity } from "./refusals.ts";
import { pageEnd } from "./roles.ts";
import { versionShape } from "./shapes.ts";

const MOST_VERSIONS = 5;

export function createPolicyVersion(world: World, query: Query): object {
  const policy = ownPolicy(world, query);
  const document = required(query, "PolicyDocument", DOCUMENT);
  checkPolicyDocument(world, document);
  if (policy.versions.length >= MOST_VERSIONS) {
    throw limitExceeded(
      `A managed policy can have up to ${MOST_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
    );
  }
  const now = world.clock.now();
  const lastVersion = policy.lastVersion + 1;
  const version: PolicyVersion = { id: `v${lastVersion}`, document, createdAt: now };
  const asDefault = optional(query, "SetAsDefault") === "true";
  const changed: ManagedPolicy = {
    ...policy,
    versions: [...policy.versions, version],
    defaultVersionId: asDefault ? version.id : policy.defaultVersionId,
    lastVersion,
    updatedAt: now,
  };
  world.policies.set(policy.arn, changed);
  return { PolicyVersion: versionShape(changed, version, false) };
}

export function getPolicyVersion(world: World, query: Query): object {
  const policy = readPolicy(world, query);
  return { PolicyVersion: versionShape(policy, findVersion(policy, query), true) };
}

export function listPolicyVersions(world: World, query: Query): object {
  const policy = readPolicy(world, query);
  const { after, limit } = pageParameters(query);
  const newestFirst = policy.versions.toReversed();
  const start = after === undefined ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1;
  const shown = newestFirst.slice(start, start + limit);
  const next = start + limit < newestFirst.length ? shown.at(-1)?.id : undefined;
  return {
    Versions: list(shown.map((version) => versionShape(policy, version, false))),
    ...pageEnd(next),
  };
}

export function setDefaultPolicyVersion(world: World, query: Query): void {
  const policy = ownPolicy(world, query);
  const { id } = findVersion(policy, query);
  world.policies.set(policy.arn, { ...policy, defaultVersionId: id, updatedAt: world.clock.now() });
}

export function deletePolicyVersion(world: World, query: Query): void {
  const policy = ownPolicy(world, query);
  const { id } = findVersion(policy, query);
  if (id === policy.defaultVersionId) {
    throw deleteConflict("Cannot delete the default version of a policy.");
  }
  world.policies.set(policy.arn, {
    ...policy,
    versions: policy.versions.filter((version) => version.id !== id),
    updatedAt: world.clock.now(),
  });
}

function findVersion(policy: ManagedPolicy, query: Query): PolicyVersion {
  const id = required(query, "VersionId", { pattern: /^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$/ });
  const version = policy.versions.find((candidate) => candidate.id === id);
  if (!version)
    throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  return version;
}
