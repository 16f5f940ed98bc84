/** What is in AWS around an add-on: the roles of its ServiceAccounts, and associations that stand in its way. */

import type { EksAddon } from "../api/eks-addon.ts";
import { RESOURCE_TAG } from "../api/group.ts";
import { type AddonSeen, type ObservedAddon, roleKey } from "../plan/addon.ts";
import type { DesiredAddon } from "../plan/addon-desired.ts";
import type { DesiredIdentity } from "../plan/addon-identities.ts";
import { isOutside } from "../plan/addon-ownership.ts";
import { usersOf } from "../plan/claims.ts";
import { isReadyFor } from "../plan/conditions.ts";
import { isSameRole, parseRoleArn } from "../plan/names.ts";
import { isOurs } from "../plan/ownership.ts";
import type { ClusterFacts, ObservedAssociation, ObservedRole } from "../plan/resources.ts";
import { shutOutBy } from "../plan/trust-admission.ts";
import type { AddonPorts } from "./addon-ports.ts";
import { checkPolicies, missingRole, readAssociation, readNoted, readRole } from "./observe.ts";

/** Verdicts on trust policies, each read once: nobody changes them every two minutes. */
export type Admissions = Map<string, string | undefined>;

/** More than there are shared roles; a trust policy that is edited for ever must not fill memory. */
const ADMISSIONS_MAX = 1_000;

export interface Surrounding {
  readonly object: EksAddon;
  readonly cluster: ClusterFacts;
  readonly ports: Pick<AddonPorts, "aws" | "objects" | "associations" | "exists">;
  readonly admissions: Admissions;
}

/** @throws Failure RoleNotFound or ManagedPolicyNotFound: what the add-on is to have is not there */
export async function observeAddon(
  desired: DesiredAddon,
  addon: ObservedAddon | undefined,
  around: Surrounding,
): Promise<AddonSeen> {
  const roles = new Map<string, ObservedRole>();
  const shutOut = new Map<string, string>();
  const outside: ObservedAssociation[] = [];
  for (const identity of desired.identities ?? []) {
    const role = await observeRole(identity, around);
    if (role) roles.set(roleKey(role.name), role);
    const fault = role && identity.kind === "shared" && (await admission(role, identity, around));
    if (role && fault) shutOut.set(roleKey(role.name), fault);
    const other = await observeOutside(identity, addon, around);
    if (other) outside.push(other);
  }
  const tags = [addon?.tags, ...(addon?.associations ?? []).map(({ details }) => details?.tags)];
  const owners = tags.flatMap((one) => one?.[RESOURCE_TAG] ?? []);
  return {
    addon,
    roles,
    shutOut,
    outside,
    formerRoles: await formerRoles(desired, around),
    abandonedBy: owners.filter((resource) => !around.ports.exists(resource)),
  };
}

/** Before an object is Ready its roles are read one by one; later the bulk read shows what changes. */
async function observeRole(
  { kind, role: wanted, roleArn }: DesiredIdentity,
  { object, ports: { aws } }: Surrounding,
): Promise<ObservedRole | undefined> {
  if (!wanted) {
    const missing = await missingRole({ role: undefined, roleArn }, aws);
    if (missing) throw missing;
    return undefined;
  }
  const seen = aws.inventory.role(wanted.name);
  const isKnown = isReadyFor(object.metadata.generation ?? 0, object.status);
  const role = isKnown && typeof seen === "object" ? seen : await readRole(wanted.name, aws);
  if (kind === "own") await checkPolicies(wanted, role, aws);
  return role;
}

async function admission(
  { name, arn, trustPolicy }: ObservedRole,
  { key }: DesiredIdentity,
  { cluster, ports: { aws }, admissions }: Surrounding,
): Promise<string | undefined> {
  const subject = [arn, trustPolicy, key.namespace, key.serviceAccount].join(" ");
  if (admissions.has(subject)) return admissions.get(subject);
  const text = await aws.roles.trustPolicy(name);
  const verdict = shutOutBy(text ?? "", { cluster, key });
  if (admissions.size >= ADMISSIONS_MAX) admissions.clear();
  admissions.set(subject, verdict);
  return verdict;
}

/** EKS allows one association for a ServiceAccount, and an add-on cannot take it over. */
async function observeOutside(
  { key }: DesiredIdentity,
  addon: ObservedAddon | undefined,
  { ports: { aws } }: Surrounding,
): Promise<ObservedAssociation | undefined> {
  const isInside = addon?.associations.some(
    ({ serviceAccount, namespace }) =>
      serviceAccount === key.serviceAccount && namespace === key.namespace,
  );
  const found = isInside ? undefined : await readAssociation(key, aws);
  return found && isOutside(found, addon) ? found : undefined;
}

/** Roles that carry our tags and are not asked for any more, and that no other object names. */
async function formerRoles(
  { owner, identities = [] }: DesiredAddon,
  { object, cluster, ports: { aws, associations, objects } }: Surrounding,
): Promise<readonly ObservedRole[]> {
  const isOurRole = ({ tags }: ObservedRole) => isOurs(tags, owner);
  const noted = (object.status?.identities ?? []).map(
    ({ roleArn = "" }) => parseRoleArn(roleArn)?.name ?? "",
  );
  const names = new Set([...aws.inventory.rolesWhere(isOurRole).map(({ name }) => name), ...noted]);
  for (const { role } of identities) {
    for (const name of names) if (isSameRole(name, role?.name ?? "")) names.delete(name);
  }
  const former: ObservedRole[] = [];
  for (const name of names) {
    const role = await ownRole(name, isOurRole, aws);
    const users = { all: associations.all(), addons: objects.all(), cluster };
    if (role && usersOf(role.arn, object, users).length === 0) former.push(role);
  }
  return former;
}

/** Read afresh, unless the bulk read shows that there is no such role, or that it is somebody else's. */
async function ownRole(
  name: string,
  isOurRole: (role: ObservedRole) => boolean,
  aws: AddonPorts["aws"],
): Promise<ObservedRole | undefined> {
  const seen = aws.inventory.role(name);
  if (name === "" || seen === "absent") return undefined;
  if (typeof seen === "object" && !isOurRole(seen)) return undefined;
  const role = await readNoted(name, aws);
  return role !== "denied" && role && isOurRole(role) ? role : undefined;
}
