/**
 * UpdateAddon and DescribeUpdate. NV: that identities change at once and the rest when the update has succeeded,
 * that a delete cancels it, and how `params` spell their values.
 */
import { randomUUID } from "node:crypto";
import type { Cluster, World } from "../../world.ts";
import { once } from "../once.ts";
import { optionalText, type Parameters, requiredText } from "../parameters.ts";
import { findCluster } from "../reads.ts";
import type { Addon, AddonUpdate } from "./addon.ts";
import { findVersion } from "./catalogue.ts";
import { checkIdentities, replaceIdentities, wantedIdentities } from "./identities.ts";
import { busyAddon, noUpdate } from "./refusals.ts";
import {
  catalogued,
  compatibleVersion,
  configuration,
  findAddon,
  irsaRole,
  refOf,
  resolveConflicts,
} from "./requests.ts";
import { updateShape } from "./shapes.ts";
import { begin, failureOf } from "./work.ts";

/** Member of the request → type of the update's parameter. */
const PARAMS: Readonly<Record<string, string>> = {
  addonVersion: "AddonVersion",
  serviceAccountRoleArn: "ServiceAccountRoleArn",
  resolveConflicts: "ResolveConflicts",
  configurationValues: "ConfigurationValues",
  podIdentityAssociations: "PodIdentityAssociations",
};

export function updateAddon(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  return once(world, parameters, () => ({
    update: updateShape(update(world, cluster, parameters)),
  }));
}

export function describeUpdate(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  const id = requiredText(parameters, "updateId");
  const update = cluster.addonUpdates.get(id);
  const addonName = optionalText(parameters, "addonName");
  if (update && update.addonName === addonName) return { update: updateShape(update) };
  throw noUpdate(id, { clusterName: cluster.facts.name });
}

function update(world: World, cluster: Cluster, parameters: Parameters): AddonUpdate {
  const addon = findAddon(cluster, parameters);
  const about = refOf(cluster, addon.name);
  if (addon.work) throw busyAddon(addon.status, world.settings.unverified.busyAddon, about);
  const { changes, identities } = checked(world, cluster, { addon, parameters });
  const mode = resolveConflicts(parameters, about);
  const changed =
    identities !== undefined &&
    replaceIdentities(world, cluster, { owner: addon, wanted: identities });
  const asked = { addonName: addon.name, operation: "update", resolveConflicts: mode } as const;
  const issues = failureOf(world, cluster, asked);
  const made: AddonUpdate = {
    id: randomUUID(),
    addonName: addon.name,
    status: "InProgress",
    params: paramsOf(parameters),
    createdAt: world.clock.now(),
    errors: [],
  };
  cluster.addonUpdates.set(made.id, made);
  const restart = changed ? { identitiesChangedAt: made.createdAt } : {};
  const outcome: Partial<Addon> =
    issues.length === 0
      ? { ...changes, ...restart, status: "ACTIVE", issues, isInstalled: true }
      : { ...restart, status: "UPDATE_FAILED", issues };
  begin(world, cluster, addon, {
    status: "UPDATING",
    changes: outcome,
    end: "stays",
    updateId: made.id,
  });
  return made;
}

/** @throws AwsError before anything is changed */
function checked(
  world: World,
  cluster: Cluster,
  { addon, parameters }: { readonly addon: Addon; readonly parameters: Parameters },
) {
  const known = catalogued(world, cluster, addon.name);
  const asked = optionalText(parameters, "addonVersion");
  // The version that it has may be too old for the cluster by now, or nowhere to be found: it stays.
  const version =
    asked === undefined
      ? (findVersion(known, addon.version) ?? { version: addon.version, podIdentity: [] })
      : compatibleVersion(cluster, known, asked);
  const identities = wantedIdentities(parameters);
  checkIdentities(world, cluster, { owner: addon, version, wanted: identities ?? [] });
  const cleared = world.settings.unverified.omittedOnUpdate === "Cleared";
  const values = configuration(cluster, known, parameters);
  const roleArn = irsaRole(parameters, refOf(cluster, addon.name));
  const changes = {
    version: version.version,
    configurationValues: values ?? (cleared ? "" : addon.configurationValues),
    serviceAccountRoleArn: roleArn ?? (cleared ? "" : addon.serviceAccountRoleArn),
  };
  return { changes, identities };
}

function paramsOf(parameters: Parameters): AddonUpdate["params"] {
  return Object.entries(PARAMS).flatMap(([name, type]) => {
    const value = parameters[name] ?? undefined;
    if (value === undefined) return [];
    return [{ type, value: typeof value === "string" ? value : JSON.stringify(value) }];
  });
}
