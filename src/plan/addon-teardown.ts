/**
 * What has to be done in AWS when an EKSAddon is deleted: only what our tags prove ours is touched. Roles
 * come when the add-on is gone; those that AWS recommends are the account's, and stay.
 */
import { OWNER_TAG, RETAINED_TAG } from "../api/group.ts";
import type { AddonAction, AnyAction } from "./actions.ts";
import type { ObservedAddon } from "./addon.ts";
import { isOurs, type Owner } from "./ownership.ts";
import type { ObservedRole } from "./resources.ts";
import { deleteRole, releaseAssociation, releaseRole } from "./teardown.ts";

/** Delete: take away. Preserve: EKS lets go, the software stays. Retain: leave all of it, without our owner tag. */
export type AddonDeletionPolicy = "Delete" | "Preserve" | "Retain";

export function addonTeardown(
  policy: AddonDeletionPolicy,
  us: Owner,
  {
    addon,
    roles,
  }: { readonly addon: ObservedAddon | undefined; readonly roles: readonly ObservedRole[] },
): readonly AnyAction[] {
  const ours = roles.filter(({ tags }) => isOurs(tags, us));
  return [
    ...(policy === "Delete" ? [] : associationsReleased(addon, us)),
    ...(addon && isOurs(addon.tags, us) ? farewell(policy, us, addon) : []),
    ...ours.flatMap((role) => (policy === "Delete" ? deleteRole(role) : releaseRole(role, us))),
  ];
}

/** They outlive the object. */
function associationsReleased(addon: ObservedAddon | undefined, us: Owner): readonly AnyAction[] {
  return (addon?.associations ?? [])
    .filter(({ details }) => details && isOurs(details.tags, us))
    .flatMap(({ arn }) => releaseAssociation(arn, us));
}

function farewell(
  policy: AddonDeletionPolicy,
  us: Owner,
  { name, arn, status }: ObservedAddon,
): readonly AddonAction[] {
  if (policy === "Retain") {
    return [
      { type: "TagAddon", arn, tags: { [RETAINED_TAG]: us.clusterArn } },
      { type: "UntagAddon", arn, keys: [OWNER_TAG] },
    ];
  }
  if (status === "DELETING") return [];
  return [{ type: "DeleteAddon", name, preserve: policy === "Preserve" }];
}
