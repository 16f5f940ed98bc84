/** DescribeAddon, ListAddons and DeleteAddon. */
import type { World } from "../../world.ts";
import { optionalText, type Parameters } from "../parameters.ts";
import { findCluster, pageOf } from "../reads.ts";
import type { Addon } from "./addon.ts";
import { findAddon } from "./requests.ts";
import { addonShape } from "./shapes.ts";
import { begin } from "./work.ts";

export function describeAddon(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  return { addon: addonShape(world, cluster, findAddon(cluster, parameters)) };
}

export function listAddons(world: World, parameters: Parameters): object {
  const { items, ...next } = pageOf(findCluster(world, parameters).addons, parameters);
  return { addons: items.map(({ name }) => name), ...next };
}

/** With `preserve` the software and the associations stay in the cluster. A second delete changes nothing. */
export function deleteAddon(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  const addon = findAddon(cluster, parameters);
  if (addon.status === "DELETING") return { addon: addonShape(world, cluster, addon) };
  const asked = {
    cluster: cluster.facts.name,
    addonName: addon.name,
    operation: "delete",
  } as const;
  const issues = world.addonFailures.take(asked) ?? [];
  const preserve = optionalText(parameters, "preserve") === "true";
  const failed: Partial<Addon> = { status: "DELETE_FAILED", issues };
  const deleting = begin(world, cluster, addon, {
    status: "DELETING",
    ...(issues.length > 0
      ? { changes: failed, end: "stays" }
      : { changes: {}, end: preserve ? "preserved" : "gone" }),
  });
  return { addon: addonShape(world, cluster, deleting) };
}
