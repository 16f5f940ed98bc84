/** Add-ons of a cluster, made and deleted as EKS does: CREATING and DELETING for a while. NV: texts of refusals. */
import { randomUUID } from "node:crypto";
import { AwsError } from "../aws-error.ts";
import { decodeMarker, encodeMarker } from "../wire/marker.ts";
import type { Addon, Cluster, World } from "../world.ts";
import {
  optionalText,
  optionalTexts,
  type Parameters,
  pageSize,
  requiredText,
} from "./parameters.ts";
import { invalidParameter, noCluster } from "./refusals.ts";

const DEFAULT_VERSION = "v1.3.10-eksbuild.2";

export function createAddon(world: World, parameters: Parameters): object {
  const cluster = clusterOf(world, parameters);
  const name = requiredText(parameters, "addonName");
  if (found(world, cluster, name)) {
    const message = `Addon already exists.`;
    throw new AwsError(
      { code: "ResourceInUseException", status: 409, message },
      about(cluster, name),
    );
  }
  if (parameters["podIdentityAssociations"] !== undefined) {
    throw invalidParameter(
      `Addon ${name} does not support pod identity associations`,
      cluster.facts.name,
    );
  }
  const configurationValues = optionalText(parameters, "configurationValues");
  const now = world.clock.now();
  const addon: Addon = {
    name,
    arn: `${cluster.arn.replace(":cluster/", ":addon/")}/${name}/${randomUUID()}`,
    version: optionalText(parameters, "addonVersion") ?? DEFAULT_VERSION,
    createdAt: now,
    changedAt: now,
    isDeleting: false,
    tags: optionalTexts(parameters, "tags") ?? {},
    ...(configurationValues === undefined ? {} : { configurationValues }),
  };
  cluster.addons.set(name, addon);
  return { addon: shape(world, cluster, addon) };
}

export function describeAddon(world: World, parameters: Parameters): object {
  const cluster = clusterOf(world, parameters);
  return { addon: shape(world, cluster, addonOf(world, cluster, parameters)) };
}

export function deleteAddon(world: World, parameters: Parameters): object {
  const cluster = clusterOf(world, parameters);
  const addon = {
    ...addonOf(world, cluster, parameters),
    isDeleting: true,
    changedAt: world.clock.now(),
  };
  cluster.addons.set(addon.name, addon);
  return { addon: shape(world, cluster, addon) };
}

export function listAddons(world: World, parameters: Parameters): object {
  const cluster = clusterOf(world, parameters);
  const token = optionalText(parameters, "nextToken");
  const after = token === undefined ? undefined : decodeMarker(token);
  if (token !== undefined && after === undefined) throw invalidParameter("Invalid nextToken");
  const page = cluster.addons.page({
    after,
    limit: pageSize(parameters),
    accept: ({ name }) => found(world, cluster, name) !== undefined,
  });
  return {
    addons: page.items.map(({ name }) => name),
    ...(page.next === undefined ? {} : { nextToken: encodeMarker(page.next) }),
  };
}

function clusterOf(world: World, parameters: Parameters): Cluster {
  const name = requiredText(parameters, "clusterName");
  const cluster = world.clusters.get(name);
  if (!cluster) throw noCluster(name);
  return cluster;
}

function addonOf(world: World, cluster: Cluster, parameters: Parameters): Addon {
  const name = requiredText(parameters, "addonName");
  const addon = found(world, cluster, name);
  if (addon) return addon;
  const message = `No addon: ${name} found in cluster: ${cluster.facts.name}`;
  throw new AwsError(
    { code: "ResourceNotFoundException", status: 404, message },
    about(cluster, name),
  );
}

/** Those that a cluster has at this moment. */
export function addonsOf(world: World, cluster: Cluster): readonly Addon[] {
  return [...cluster.addons.values()].filter(({ name }) => found(world, cluster, name));
}

/** One whose deletion is over is gone, though nobody has looked since. */
function found(world: World, { addons }: Cluster, name: string): Addon | undefined {
  const addon = addons.get(name);
  return addon?.isDeleting && isSettled(world, addon) ? undefined : addon;
}

function isSettled({ clock, settings }: World, { changedAt }: Addon): boolean {
  return clock.now() - changedAt >= settings.addonLagMs;
}

const about = ({ facts }: Cluster, addonName: string) => ({ clusterName: facts.name, addonName });

function shape(world: World, { facts }: Cluster, addon: Addon): object {
  const { name, arn, version, createdAt, changedAt, tags, configurationValues } = addon;
  const working = addon.isDeleting ? "DELETING" : "CREATING";
  const isDone = isSettled(world, addon) && !addon.isDeleting;
  return {
    addonName: name,
    clusterName: facts.name,
    status: isDone ? "ACTIVE" : working,
    addonVersion: version,
    health: { issues: [] },
    addonArn: arn,
    createdAt: createdAt / 1000,
    modifiedAt: changedAt / 1000,
    tags,
    ...(configurationValues === undefined ? {} : { configurationValues }),
  };
}
