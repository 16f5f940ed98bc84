/** Reads roles from IAM: one in full, or all of the account in bulk. */
import { setImmediate } from "node:timers/promises";
import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateGetAccountAuthorizationDetails,
  paginateListAttachedRolePolicies,
  paginateListInstanceProfilesForRole,
  paginateListRolePolicies,
  paginateListRoles,
} from "@aws-sdk/client-iam";
import type { DocumentHash, ObservedRole } from "../plan/resources.ts";
import { unlessGone } from "./failures.ts";
import { decoded, hashOf, observedRole, sweptRole } from "./observed-role.ts";
import type { RoleTexts } from "./ports.ts";

/** More at once would hold up the event loop: a page takes 50 ms to parse and 25 ms to hash. */
const BULK_PAGE = 200;

/** IAM's most. */
const LIST_PAGE = 1000;

/** IAM's own default. */
const DEFAULT_SECONDS = 3600;

/** One role and its policies; `undefined` if it is not there or vanishes meanwhile. */
export async function findRole(client: IAMClient, name: string): Promise<ObservedRole | undefined> {
  const answer = await unlessGone(client.send(new GetRoleCommand({ RoleName: name })));
  if (!answer?.Role) return undefined;
  const policies = await unlessGone(
    Promise.all([attachedPolicies(client, name), inlinePolicies(client, name)]),
  );
  if (!policies) return undefined;
  const [managedPolicyArns, inline] = policies;
  return observedRole(answer.Role, { managedPolicyArns, inlinePolicies: inline });
}

/** IAM percent-encodes it (RFC 3986). */
export async function trustPolicyOf(
  client: IAMClient,
  RoleName: string,
): Promise<string | undefined> {
  const answer = await unlessGone(client.send(new GetRoleCommand({ RoleName })));
  const encoded = answer?.Role?.AssumeRolePolicyDocument;
  return encoded === undefined ? undefined : decoded(encoded);
}

async function attachedPolicies(client: IAMClient, RoleName: string): Promise<string[]> {
  const arns: string[] = [];
  const pages = paginateListAttachedRolePolicies({ client, pageSize: LIST_PAGE }, { RoleName });
  for await (const { AttachedPolicies = [] } of pages) {
    for (const { PolicyArn } of AttachedPolicies) if (PolicyArn) arns.push(PolicyArn);
  }
  return arns;
}

async function inlinePolicies(
  client: IAMClient,
  RoleName: string,
): Promise<Record<string, DocumentHash>> {
  const names: string[] = [];
  const pages = paginateListRolePolicies({ client, pageSize: LIST_PAGE }, { RoleName });
  for await (const { PolicyNames = [] } of pages) names.push(...PolicyNames);
  const found = await Promise.all(
    names.map(async (PolicyName) => {
      const get = new GetRolePolicyCommand({ RoleName, PolicyName });
      const answer = await unlessGone(client.send(get));
      return answer && ([PolicyName, hashOf(answer.PolicyDocument)] as const);
    }),
  );
  return Object.fromEntries(found.filter((one) => one !== undefined));
}

/** The account's roles, 200 at a time. Other work gets its turn after parsing and after hashing a page. */
export async function* rolePages(client: IAMClient): AsyncIterable<readonly ObservedRole[]> {
  const pages = paginateGetAccountAuthorizationDetails(
    { client, pageSize: BULK_PAGE },
    { Filter: ["Role"] },
  );
  for await (const { RoleDetailList = [] } of pages) {
    await setImmediate();
    yield RoleDetailList.map(sweptRole);
    await setImmediate();
  }
}

/** By role name. */
export async function descriptionsBelow(
  client: IAMClient,
  PathPrefix: string,
): Promise<ReadonlyMap<string, RoleTexts>> {
  const texts = new Map<string, RoleTexts>();
  for await (const { Roles = [] } of paginateListRoles(
    { client, pageSize: LIST_PAGE },
    { PathPrefix },
  )) {
    for (const { RoleName = "", Description = "", MaxSessionDuration = DEFAULT_SECONDS } of Roles) {
      texts.set(RoleName, { description: Description, maxSessionSeconds: MaxSessionDuration });
    }
  }
  return texts;
}

/** Names of the EC2 instance profiles that a role is in. */
export async function instanceProfilesOf(
  client: IAMClient,
  RoleName: string,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { InstanceProfiles = [] } of paginateListInstanceProfilesForRole(
    { client },
    { RoleName },
  )) {
    names.push(...InstanceProfiles.map(({ InstanceProfileName = "" }) => InstanceProfileName));
  }
  return names;
}
