/** The account's own managed policies, and the list of all policies, AWS's included. */
import { iamId } from "../ids.ts";
import { list, type Query } from "../wire/query.ts";
import { boundedBy, type ManagedPolicy, type Role, type World, withPolicy } from "../world.ts";
import { checkDocument } from "./documents.ts";
import {
  ARN,
  DESCRIPTION,
  DOCUMENT,
  optional,
  PATH,
  POLICY_NAME,
  pageParameters,
  required,
} from "./parameters.ts";
import { alreadyExists, deleteConflict, noPolicy, overQuota, validationError } from "./refusals.ts";
import { pageEnd } from "./roles.ts";
import { fullPolicy, listedPolicy } from "./shapes.ts";
import { requestedTags } from "./tags.ts";

export function createPolicy(world: World, query: Query): object {
  const name = required(query, "PolicyName", POLICY_NAME);
  const document = required(query, "PolicyDocument", DOCUMENT);
  const path = optional(query, "Path", PATH) ?? "/";
  const description = optional(query, "Description", DESCRIPTION) ?? "";
  const { quotas } = world.settings;
  const tags = requestedTags(query, quotas.tagsPerResource);
  checkPolicyDocument(world, document);
  const { partition, id } = world.account;
  const arn = `arn:${partition}:iam::${id}:policy${path}${name}`;
  if (nameTaken(world, name))
    throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
  if (world.policies.size >= quotas.customerPoliciesPerAccount) {
    throw overQuota("PoliciesPerAccount", quotas.customerPoliciesPerAccount);
  }
  const now = world.clock.now();
  const policy: ManagedPolicy = {
    name,
    path,
    arn,
    policyId: iamId("ANPA"),
    description,
    createdAt: now,
    updatedAt: now,
    tags,
    versions: [{ id: "v1", document, createdAt: now }],
    defaultVersionId: "v1",
    lastVersion: 1,
  };
  world.policies.set(arn, policy);
  return { Policy: fullPolicy(world, policy) };
}

export function getPolicy(world: World, query: Query): object {
  return { Policy: fullPolicy(world, readPolicy(world, query)) };
}

export function deletePolicy(world: World, query: Query): void {
  const policy = ownPolicy(world, query);
  if (world.roles.firstOf(withPolicy(policy.arn)) || world.roles.firstOf(boundedBy(policy.arn))) {
    throw deleteConflict("Cannot delete a policy attached to entities.");
  }
  if (policy.versions.length > 1) {
    throw deleteConflict(
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
  }
  world.policies.delete(policy.arn);
}

/** Customer policies come first, then AWS's: one order, so that a marker continues where the page ended. */
export function listPolicies(world: World, query: Query): object {
  const scope = optional(query, "Scope") ?? "All";
  if (!["All", "AWS", "Local"].includes(scope)) throw validationError(`Invalid Scope ${scope}`);
  const { after, limit } = pageParameters(query);
  const { iamReadLagMs, listLagMs } = world.settings;
  const request = { limit, lagMs: Math.max(iamReadLagMs, listLagMs), accept: filter(world, query) };
  const inAws = after !== undefined && world.awsPolicies.get(after) !== undefined;
  const own =
    scope === "AWS" || inAws
      ? { items: [], next: undefined }
      : world.policies.page({ ...request, after });
  const room = limit - own.items.length;
  const aws =
    scope === "Local" || room === 0
      ? { items: [], next: undefined }
      : world.awsPolicies.page({ ...request, limit: room, after: inAws ? after : undefined });
  const items = [...own.items, ...aws.items];
  const next =
    own.next ?? aws.next ?? (room === 0 && scope === "All" ? items.at(-1)?.arn : undefined);
  return { Policies: list(items.map((policy) => listedPolicy(world, policy))), ...pageEnd(next) };
}

export function listEntitiesForPolicy(world: World, query: Query): object {
  const { arn } = readPolicy(world, query);
  const prefix = optional(query, "PathPrefix") ?? "/";
  const asBoundary = optional(query, "PolicyUsageFilter") === "PermissionsBoundary";
  const kind = optional(query, "EntityFilter") ?? "Role";
  const page =
    kind === "Role"
      ? world.roles.page({
          ...pageParameters(query),
          group: asBoundary ? boundedBy(arn) : withPolicy(arn),
          lagMs: world.settings.iamReadLagMs,
          accept: ({ path }: Role) => path.startsWith(prefix),
        })
      : { items: [], next: undefined };
  return {
    PolicyGroups: list([]),
    PolicyUsers: list([]),
    PolicyRoles: list(page.items.map(({ name, roleId }) => ({ RoleName: name, RoleId: roleId }))),
    ...pageEnd(page.next),
  };
}

/** As IAM's reads see it. @throws AwsError NoSuchEntity */
export function readPolicy(world: World, query: Query): ManagedPolicy {
  const arn = required(query, "PolicyArn", ARN);
  const policy = world.findPolicy(arn, world.settings.iamReadLagMs);
  if (!policy) throw noPolicy(arn);
  return policy;
}

/** A policy that can be changed: AWS's own can not. @throws AwsError NoSuchEntity */
export function ownPolicy(world: World, query: Query): ManagedPolicy {
  const arn = required(query, "PolicyArn", ARN);
  const policy = world.policies.get(arn);
  if (!policy) throw noPolicy(arn);
  return policy;
}

export function checkPolicyDocument(world: World, document: string): void {
  checkDocument(document, "permissions");
  const most = world.settings.quotas.managedPolicySize;
  if (document.replace(/\s/g, "").length > most) throw overQuota("PolicySize", most);
}

function filter(world: World, query: Query): (policy: ManagedPolicy) => boolean {
  const prefix = optional(query, "PathPrefix") ?? "/";
  const onlyAttached = optional(query, "OnlyAttached") === "true";
  return ({ path, arn }) =>
    path.startsWith(prefix) &&
    (!onlyAttached || world.roles.firstOf(withPolicy(arn)) !== undefined);
}

/** Policy names are unique in an account without regard to path and case. */
function nameTaken(world: World, name: string): boolean {
  const wanted = name.toLowerCase();
  for (const policy of world.policies.values()) {
    if (policy.name.toLowerCase() === wanted) return true;
  }
  return false;
}
