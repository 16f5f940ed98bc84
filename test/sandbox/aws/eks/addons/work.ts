/**
 * What EKS does with an add-on once it has answered: it begins, takes `settings.addonLagMs`, and ends. Nobody has to
 * look for that: whatever is due is carried out before the next call is.
 */
import type { Cluster, World } from "../../world.ts";
import type { Addon, AddonIssue, AddonStatus, AddonWork } from "./addon.ts";
import type { AddonFailure } from "./failures.ts";
import { ownedAssociations } from "./identities.ts";

const CONFLICTS =
  "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:";

/**
 * What the operation will fail for: what a test has asked for, or an unmanaged copy in the cluster whose fields differ.
 * On create, PRESERVE is like NONE; on update it leaves the fields as they are.
 */
export function failureOf(
  world: World,
  cluster: Cluster,
  asked: Pick<AddonFailure, "addonName" | "operation"> & { readonly resolveConflicts: string },
): readonly AddonIssue[] {
  const { addonName, operation, resolveConflicts } = asked;
  const failure = world.addonFailures.take({ cluster: cluster.facts.name, addonName, operation });
  if (failure) return failure;
  const fields = cluster.unmanagedAddons.get(addonName);
  if (!fields) return [];
  if (resolveConflicts === "OVERWRITE") cluster.unmanagedAddons.delete(addonName);
  const yields =
    resolveConflicts === "OVERWRITE" || (resolveConflicts === "PRESERVE" && operation === "update");
  return yields
    ? []
    : [{ code: "ConfigurationConflict", message: [CONFLICTS, ...fields].join("\n") }];
}

/** The add-on while it is being worked on. */
export function begin(
  world: World,
  cluster: Cluster,
  addon: Addon,
  work: Omit<AddonWork, "since"> & { readonly status: AddonStatus },
): Addon {
  const { status, ...rest } = work;
  const since = world.clock.now();
  const begun = { ...addon, status, modifiedAt: since, work: { ...rest, since } };
  if (addon.work?.updateId !== undefined) endUpdate(cluster, addon.work.updateId, "Cancelled");
  cluster.addons.set(addon.name, begun);
  return begun;
}

export function settleAddons(world: World): void {
  const now = world.clock.now();
  for (const cluster of world.clusters.values()) {
    for (const addon of [...cluster.addons.values()]) {
      const { work } = addon;
      if (work && now - work.since >= world.settings.addonLagMs) {
        settle(world, cluster, { addon, work });
      }
    }
  }
}

interface Due {
  readonly addon: Addon;
  readonly work: AddonWork;
}

function settle(world: World, cluster: Cluster, { addon, work }: Due): void {
  const { work: _work, ...rest } = addon;
  const { changes, end, updateId } = work;
  const after: Addon = { ...rest, ...changes, modifiedAt: world.clock.now() };
  if (updateId !== undefined) {
    const failed = after.status === "UPDATE_FAILED";
    endUpdate(cluster, updateId, failed ? "Failed" : "Successful", after.issues);
  }
  if (end === "stays") {
    cluster.addons.set(addon.name, after);
    if (after.isInstalled) cluster.preservedAddons.delete(addon.name);
    return;
  }
  cluster.addons.delete(addon.name);
  if (end === "preserved") cluster.preservedAddons.set(addon.name, after);
  for (const association of ownedAssociations(cluster, addon.arn)) {
    const { ownerArn: _owner, ...free } = association;
    if (end === "gone") cluster.associations.delete(association.associationId);
    else if (world.settings.unverified.preservedOwner === "Dropped") {
      cluster.associations.set(association.associationId, free);
    }
  }
}

function endUpdate(
  cluster: Cluster,
  id: string,
  status: "Failed" | "Cancelled" | "Successful",
  errors: readonly AddonIssue[] = [],
): void {
  const update = cluster.addonUpdates.get(id);
  if (update) cluster.addonUpdates.set(id, { ...update, status, errors });
}
