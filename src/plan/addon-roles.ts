/** The steps about the roles of an add-on's ServiceAccounts, before and after the add-on itself. */
import type { RoleAction } from "./actions.ts";
import { type AddonSeen, roleKey } from "./addon.ts";
import type { DesiredAddon } from "./addon-desired.ts";
import type { DesiredIdentity } from "./addon-identities.ts";
import { isSameRole, parseRoleArn } from "./names.ts";
import { Failure } from "./outcome.ts";
import { isOurs } from "./ownership.ts";
import { recommendedRoleSteps } from "./recommended-roles.ts";
import type { ObservedAssociation, ObservedRole } from "./resources.ts";
import { roleSteps } from "./role-changes.ts";
import { deleteRole, releaseRole } from "./teardown.ts";

/** The role that the operator has, or is to have, for it; `undefined`: not there, or only named. */
export function roleOf({ role }: DesiredIdentity, { roles }: AddonSeen): ObservedRole | undefined {
  return role && roles.get(roleKey(role.name));
}

/** A role that exists keeps its path, which nobody can change. */
export function roleArnOf(identity: DesiredIdentity, seen: AddonSeen): string {
  return roleOf(identity, seen)?.arn ?? identity.roleArn;
}

/** What the add-on shows of it; `undefined`: no association yet. */
export function associationOf(
  { key }: DesiredIdentity,
  { addon }: AddonSeen,
): ObservedAssociation | undefined {
  return addon?.associations.find(({ serviceAccount }) => serviceAccount === key.serviceAccount);
}

export interface RoleSteps {
  /** What the add-on needs. */
  readonly before: readonly RoleAction[];
  /** What nobody needs any more. */
  readonly after: readonly RoleAction[];
}

export function addonRoleSteps(desired: DesiredAddon, seen: AddonSeen): RoleSteps | Failure {
  const before: RoleAction[] = [];
  const after: RoleAction[] = [];
  for (const identity of desired.identities ?? []) {
    const steps = stepsOf(identity, desired, seen);
    if (steps instanceof Failure) return steps;
    before.push(...steps.before);
    after.push(...steps.after);
  }
  return { before, after: [...after, ...(desired.manageRoles ? farewells(desired, seen) : [])] };
}

function stepsOf(
  identity: DesiredIdentity,
  { manageRoles }: DesiredAddon,
  seen: AddonSeen,
): RoleSteps | Failure {
  const { kind, role } = identity;
  if (!role) return { before: [], after: [] };
  const found = roleOf(identity, seen);
  if (kind === "shared") {
    const shutOut = seen.shutOut.get(roleKey(role.name));
    const before = recommendedRoleSteps(role, found, { shutOut, manageRoles });
    return before instanceof Failure ? before : { before, after: [] };
  }
  const pointed = associationOf(identity, seen)?.details?.roleArn;
  return roleSteps(role, found, found !== undefined && pointed === found.arn);
}

/** Only what our tags prove ours, and what no association of the add-on points to. */
function farewells(
  { owner, identities = [] }: DesiredAddon,
  { formerRoles, addon }: AddonSeen,
): readonly RoleAction[] {
  const names = identities.map(({ roleArn }) => parseRoleArn(roleArn)?.name ?? "");
  const pointed = new Set((addon?.associations ?? []).map(({ details }) => details?.roleArn));
  return formerRoles
    .filter((role) => isOurs(role.tags, owner))
    .flatMap((role) => {
      // From now on it is somebody else's, and only named here.
      if (names.some((name) => isSameRole(name, role.name))) return releaseRole(role, owner);
      return pointed.has(role.arn) ? [] : deleteRole(role);
    });
}
