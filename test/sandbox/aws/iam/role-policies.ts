/** What a role may do: its inline policies, the managed policies attached to it, and its tags. */
import { list, type Query } from "../wire/query.ts";
import type { World } from "../world.ts";
import { checkDocument } from "./documents.ts";
import {
  ARN,
  DOCUMENT,
  optional,
  POLICY_NAME,
  pageParameters,
  required,
  texts,
} from "./parameters.ts";
import {
  limitExceeded,
  noPolicy,
  noSuchEntity,
  notAttachable,
  overQuota,
  validationError,
} from "./refusals.ts";
import { changeRole, findRole, pageEnd, readRole } from "./roles.ts";
import { attachedPolicies, encodeDocument, tagList } from "./shapes.ts";
import { requestedTags, withoutTags, withTags } from "./tags.ts";

export function putRolePolicy(world: World, query: Query): void {
  const role = findRole(world, query);
  const name = required(query, "PolicyName", POLICY_NAME);
  const document = required(query, "PolicyDocument", DOCUMENT);
  checkDocument(document, "permissions");
  const others = Object.entries(role.inlinePolicies).filter(([other]) => other !== name);
  const all = [...others.map(([, text]) => text), document].join("").replace(/\s/g, "");
  const most = world.settings.quotas.inlinePolicySize;
  if (all.length > most) {
    throw limitExceeded(`Maximum policy size of ${most} bytes exceeded for role ${role.name}`);
  }
  const inlinePolicies = Object.fromEntries([
    ...Object.entries(role.inlinePolicies),
    [name, document],
  ]);
  changeRole(world, role, { inlinePolicies });
}

export function getRolePolicy(world: World, query: Query): object {
  const role = readRole(world, query);
  const name = required(query, "PolicyName", POLICY_NAME);
  if (!Object.hasOwn(role.inlinePolicies, name)) throw noRolePolicy(name);
  return {
    RoleName: role.name,
    PolicyName: name,
    PolicyDocument: encodeDocument(role.inlinePolicies[name] ?? ""),
  };
}

export function deleteRolePolicy(world: World, query: Query): void {
  const role = findRole(world, query);
  const name = required(query, "PolicyName", POLICY_NAME);
  if (!Object.hasOwn(role.inlinePolicies, name)) throw noRolePolicy(name);
  const kept = Object.entries(role.inlinePolicies).filter(([other]) => other !== name);
  changeRole(world, role, { inlinePolicies: Object.fromEntries(kept) });
}

export function listRolePolicies(world: World, query: Query): object {
  const names = Object.keys(readRole(world, query).inlinePolicies);
  const page = slice(names, query);
  return { PolicyNames: list(page.items), ...pageEnd(page.next) };
}

export function attachRolePolicy(world: World, query: Query): void {
  const role = findRole(world, query);
  const arn = required(query, "PolicyArn", ARN);
  if (!/^arn:[a-z-]+:iam::(aws|\d{12}):policy\//.test(arn)) {
    throw validationError(`ARN ${arn} is not valid.`);
  }
  if (!world.findPolicy(arn)) throw notAttachable(arn);
  if (role.managedPolicyArns.includes(arn)) return;
  const most = world.settings.quotas.managedPoliciesPerRole;
  if (role.managedPolicyArns.length >= most) throw overQuota("PoliciesPerRole", most);
  changeRole(world, role, { managedPolicyArns: [...role.managedPolicyArns, arn] });
}

export function detachRolePolicy(world: World, query: Query): void {
  const role = findRole(world, query);
  const arn = required(query, "PolicyArn", ARN);
  if (!role.managedPolicyArns.includes(arn)) throw noPolicy(arn);
  changeRole(world, role, {
    managedPolicyArns: role.managedPolicyArns.filter((other) => other !== arn),
  });
}

export function listAttachedRolePolicies(world: World, query: Query): object {
  const prefix = optional(query, "PathPrefix") ?? "/";
  const arns = readRole(world, query).managedPolicyArns.filter((arn) =>
    arn.slice(arn.indexOf("/")).startsWith(prefix),
  );
  const page = slice(arns, query);
  return { AttachedPolicies: attachedPolicies(page.items), ...pageEnd(page.next) };
}

export function tagRole(world: World, query: Query): void {
  const role = findRole(world, query);
  const most = world.settings.quotas.tagsPerResource;
  changeRole(world, role, { tags: withTags(role.tags, requestedTags(query, most), most) });
}

export function untagRole(world: World, query: Query): void {
  const role = findRole(world, query);
  changeRole(world, role, { tags: withoutTags(role.tags, texts(query, "TagKeys")) });
}

export function listRoleTags(world: World, query: Query): object {
  const { tags } = readRole(world, query);
  const page = slice(Object.keys(tags), query);
  const shown = Object.entries(tags).filter(([key]) => page.items.includes(key));
  return { Tags: tagList(Object.fromEntries(shown)), ...pageEnd(page.next) };
}

const noRolePolicy = (name: string) =>
  noSuchEntity(`The role policy with name ${name} cannot be found.`);

/** A page of a role's own short lists. */
function slice(items: readonly string[], query: Query) {
  const { after, limit } = pageParameters(query);
  const sorted = [...items].sort();
  const rest = after === undefined ? sorted : sorted.filter((item) => item > after);
  const shown = rest.slice(0, limit);
  return { items: shown, next: rest.length > limit ? shown.at(-1) : undefined };
}
