/** Which role each ServiceAccount of an add-on is to have: named, recommended, or one of its own. */
import type { EksAddonSpec } from "../api/eks-addon.ts";
import { type Recommendation, roleKey } from "./addon.ts";
import { rolesDisabled } from "./desired.ts";
import { desiredRole } from "./desired-role.ts";
import { existingRoleArn } from "./existing-role.ts";
import { generatedRoleName, nearestNames } from "./names.ts";
import { Failure } from "./outcome.ts";
import { addonResource, type Owner } from "./ownership.ts";
import { recommendedRole } from "./recommended-roles.ts";
import type { AssociationKey, DesiredRole } from "./resources.ts";
import type { Surroundings } from "./surroundings.ts";

export interface DesiredIdentity {
  readonly key: AssociationKey;
  /** own: the operator makes and changes it. shared: it is made if absent, and then left alone. named: it exists. */
  readonly kind: "own" | "shared" | "named";
  /** `undefined` exactly where it is only named. */
  readonly role: DesiredRole | undefined;
  readonly roleArn: string;
  readonly recommendedPolicies: readonly string[];
}

type Asked = NonNullable<EksAddonSpec["identities"]>[number];

export interface IdentityRequest {
  readonly objectName: string;
  /** Where the add-on is, or will be. */
  readonly namespace: string;
  readonly version: string;
  readonly owner: Owner;
  /** Of that version of the add-on. */
  readonly recommendations: readonly Recommendation[];
  readonly surroundings: Surroundings;
}

/** Whether the catalogue has to be read to understand the identities. */
export function wantsIdentities(
  spec: Pick<EksAddonSpec, "identities" | "recommendedIdentities">,
): boolean {
  return spec.recommendedIdentities || (spec.identities ?? []).length > 0;
}

/**
 * @returns `undefined`: they are left alone; `[]`: all go
 * @throws Failure with what the user has to change
 */
export function desiredIdentities(
  spec: EksAddonSpec,
  request: IdentityRequest,
): readonly DesiredIdentity[] | undefined {
  const { identities, recommendedIdentities, addonName } = spec;
  if (!recommendedIdentities && identities === undefined) return undefined;
  const { recommendations, version } = request;
  if (wantsIdentities(spec) && recommendations.length === 0) {
    throw new Failure(
      "AddonIdentityNotSupported",
      `add-on ${addonName} ${version} does not take roles through EKS Pod Identity: remove identities and recommendedIdentities, or choose another version`,
      { kind: "never" },
    );
  }
  const isAdvised = ({ policies }: Recommendation) => policies.length > 0;
  if (recommendedIdentities && !recommendations.some(isAdvised)) throw nothingAdvised(spec);
  const given = new Set((identities ?? []).map(({ serviceAccountName }) => serviceAccountName));
  const shorthand: readonly Asked[] = recommendations
    .filter((one) => recommendedIdentities && isAdvised(one) && !given.has(one.serviceAccount))
    .map(({ serviceAccount }) => ({ serviceAccountName: serviceAccount, recommended: true }));
  const desired = [...(identities ?? []), ...shorthand].map((asked) =>
    identityOf(asked, spec, request),
  );
  checkRoleNames(desired);
  return desired;
}

/** Each would give the role its own trust policy, in turns, for ever. */
function checkRoleNames(desired: readonly DesiredIdentity[]): void {
  const accounts = new Map<string, string>();
  for (const { key, role } of desired) {
    if (!role) continue;
    const other = accounts.get(roleKey(role.name));
    accounts.set(roleKey(role.name), key.serviceAccount);
    if (other === undefined) continue;
    throw new Failure(
      "RoleNameConflict",
      `ServiceAccounts ${other} and ${key.serviceAccount} are both to have a role of their own named ${role.name}: choose another role.name for one of them, or leave it out`,
      { kind: "never" },
    );
  }
}

/** An empty list would take all identities away. */
function nothingAdvised({ addonName }: EksAddonSpec): Failure {
  return new Failure(
    "AddonIdentityNotSupported",
    `AWS recommends no policies for any ServiceAccount of add-on ${addonName}: remove recommendedIdentities, and give roles by entries of spec.identities with roleArn or role`,
    { kind: "never" },
  );
}

function identityOf(asked: Asked, spec: EksAddonSpec, request: IdentityRequest): DesiredIdentity {
  const { recommendations, namespace, surroundings } = request;
  const { serviceAccountName: serviceAccount } = asked;
  const found = recommendations.find((one) => one.serviceAccount === serviceAccount);
  if (!found) throw accountUnknown(serviceAccount, spec, request);
  const key = { namespace, serviceAccount };
  const recommendedPolicies = found.policies;
  if (asked.roleArn !== undefined) {
    const roleArn = existingRoleArn(asked.roleArn, surroundings.cluster);
    return { key, kind: "named", role: undefined, roleArn, recommendedPolicies };
  }
  const role = asked.role
    ? ownRole(asked.role, { key, tags: spec.tags }, request)
    : sharedRole(spec.addonName, { key, policies: found.policies }, surroundings);
  const kind = asked.role ? "own" : "shared";
  return { key, kind, role, roleArn: role.arn, recommendedPolicies };
}

function ownRole(
  asked: NonNullable<Asked["role"]>,
  { key, tags }: { readonly key: AssociationKey; readonly tags: EksAddonSpec["tags"] },
  { owner, objectName, surroundings }: IdentityRequest,
): DesiredRole {
  if (!surroundings.manageRoles) throw rolesDisabled();
  const generatedName = ownRoleName(surroundings.cluster.arn, objectName, key.serviceAccount);
  return desiredRole(asked, { owner, key, generatedName, tags, surroundings });
}

/** Where the spec names none. */
export function ownRoleName(clusterArn: string, objectName: string, account: string): string {
  const [kind = ""] = addonResource(objectName).split("/");
  return generatedRoleName(clusterArn, kind, `${objectName}/${account}`);
}

function sharedRole(
  addonName: string,
  asked: { readonly key: AssociationKey; readonly policies: readonly string[] },
  surroundings: Surroundings,
): DesiredRole {
  if (asked.policies.length > 0) return recommendedRole(addonName, asked, surroundings);
  throw new Failure(
    "AddonIdentityNotSupported",
    `AWS recommends no policies for ServiceAccount ${asked.key.serviceAccount} of add-on ${addonName}: give it a role by an entry of spec.identities with roleArn or role`,
    { kind: "never" },
  );
}

function accountUnknown(
  serviceAccount: string,
  { addonName }: EksAddonSpec,
  { version, recommendations }: IdentityRequest,
): Failure {
  const known = recommendations.map((one) => one.serviceAccount);
  const [nearest] = nearestNames(serviceAccount, known, 1);
  const hint = nearest === undefined || known.length === 1 ? "" : ` (did you mean ${nearest}?)`;
  return new Failure(
    "AddonServiceAccountUnknown",
    `add-on ${addonName} ${version} has no ServiceAccount ${serviceAccount} for EKS Pod Identity; it has ${known.join(", ")}${hint}`,
    { kind: "never" },
  );
}
