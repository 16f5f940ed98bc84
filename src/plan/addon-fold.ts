/** What is true of an EKSAddon after a step. Steps that create answer for themselves. */
import type { AnyAction } from "./actions.ts";
import { type AddonSeen, type ObservedAddon, roleKey } from "./addon.ts";
import { isOnAddon, isOnAssociation } from "./calls.ts";
import { associationAfter, roleAfter, without } from "./fold.ts";
import { isSameRole } from "./names.ts";

export type FoldedAddonAction = Exclude<
  AnyAction,
  { type: "CreateRole" | "CreateAssociation" | "CreateAddon" }
>;

export function afterAddonStep(action: FoldedAddonAction, seen: AddonSeen): AddonSeen {
  const { addon } = seen;
  if (isOnAddon(action)) return { ...seen, addon: addon && addonAfter(action, addon) };
  if (isOnAssociation(action)) {
    const associations = addon?.associations.flatMap((one) => {
      const isIt = "arn" in action ? one.arn === action.arn : one.id === action.id;
      return isIt ? (associationAfter(action, one) ?? []) : one;
    });
    return { ...seen, addon: addon && { ...addon, associations: associations ?? [] } };
  }
  const roles = new Map(seen.roles);
  const known = roles.get(roleKey(action.name));
  const after = known && roleAfter(action, known);
  if (after) roles.set(roleKey(action.name), after);
  const formerRoles = seen.formerRoles.flatMap((role) =>
    isSameRole(role.name, action.name) ? (roleAfter(action, role) ?? []) : role,
  );
  return { ...seen, roles, formerRoles };
}

function addonAfter(
  action: Extract<FoldedAddonAction, { type: `${string}Addon` }>,
  addon: ObservedAddon,
): ObservedAddon {
  switch (action.type) {
    case "UpdateAddon":
      return { ...addon, status: "UPDATING" };
    case "DeleteAddon":
      return { ...addon, status: "DELETING" };
    case "TagAddon":
      return { ...addon, tags: { ...addon.tags, ...action.tags } };
    case "UntagAddon":
      return { ...addon, tags: without(addon.tags, action.keys) };
  }
}
