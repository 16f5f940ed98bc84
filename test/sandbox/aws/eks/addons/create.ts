/** CreateAddon: what EKS takes, and the add-on that is CREATING then. NV: texts of refusals without a source. */
import { randomUUID } from "node:crypto";
import type { Cluster, Texts, World } from "../../world.ts";
import { once } from "../once.ts";
import { optionalText, optionalTexts, type Parameters, requiredText } from "../parameters.ts";
import { findCluster } from "../reads.ts";
import { badBody } from "../refusals.ts";
import { tagFault } from "../tag-fault.ts";
import type { Addon } from "./addon.ts";
import { type CatalogueAddon, type CatalogueVersion, defaultVersion } from "./catalogue.ts";
import { checkIdentities, replaceIdentities, wantedIdentities } from "./identities.ts";
import { type AddonRef, addonExists, invalidAddon, unsupportedVersion } from "./refusals.ts";
import {
  catalogued,
  compatibleVersion,
  configuration,
  irsaRole,
  refOf,
  resolveConflicts,
} from "./requests.ts";
import { addonShape } from "./shapes.ts";
import { begin, failureOf } from "./work.ts";

const PRESERVE_REFUSED =
  "Resolve conflicts option preserve is not supported for operation CreateAddon";

export function createAddon(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  return once(world, parameters, () => ({
    addon: addonShape(world, cluster, create(world, cluster, parameters)),
  }));
}

function create(world: World, cluster: Cluster, parameters: Parameters): Addon {
  const addonName = requiredText(parameters, "addonName");
  const about = refOf(cluster, addonName);
  if (cluster.addons.get(addonName)) throw addonExists(about);
  const known = catalogued(world, cluster, addonName);
  const version = versionOf(cluster, known, parameters);
  const mode = resolveConflicts(parameters, about);
  if (mode === "PRESERVE" && world.settings.unverified.preserveOnCreate === "Refused") {
    throw invalidAddon(PRESERVE_REFUSED, about);
  }
  const wanted = wantedIdentities(parameters) ?? [];
  const addon = newAddon(world, cluster, {
    name: addonName,
    version: version.version,
    namespace: namespaceOf(parameters, about) ?? known.defaultNamespace,
    tags: tagsOf(world, parameters, about),
    configurationValues: configuration(cluster, known, parameters) ?? "",
    serviceAccountRoleArn: irsaRole(parameters, about) ?? "",
  });
  checkIdentities(world, cluster, { owner: addon, version, wanted });
  replaceIdentities(world, cluster, { owner: addon, wanted });
  const asked = { addonName, operation: "create", resolveConflicts: mode } as const;
  const issues = failureOf(world, cluster, asked);
  const status = issues.length === 0 ? "ACTIVE" : "CREATE_FAILED";
  const changes = { status, issues, isInstalled: issues.length === 0 } as const;
  return begin(world, cluster, addon, { status: "CREATING", changes, end: "stays" });
}

/** One that is ACTIVE already, as far as nothing else is said. */
export function newAddon(
  world: World,
  cluster: Cluster,
  facts: Pick<Addon, "name" | "version" | "namespace"> & Partial<Addon>,
): Addon {
  const now = world.clock.now();
  return {
    arn: `${cluster.arn.replace(":cluster/", ":addon/")}/${facts.name}/${randomUUID()}`,
    createdAt: now,
    modifiedAt: now,
    status: "ACTIVE",
    issues: [],
    tags: {},
    configurationValues: "",
    serviceAccountRoleArn: "",
    isInstalled: false,
    ...facts,
  };
}

function versionOf(
  cluster: Cluster,
  known: CatalogueAddon,
  parameters: Parameters,
): CatalogueVersion {
  const asked = optionalText(parameters, "addonVersion");
  if (asked !== undefined) return compatibleVersion(cluster, known, asked);
  const version = defaultVersion(known, cluster.facts.version);
  if (!version) throw unsupportedVersion(refOf(cluster, known.name));
  return version;
}

function tagsOf(world: World, parameters: Parameters, about: AddonRef): Texts {
  const tags = optionalTexts(parameters, "tags");
  const fault = tags && tagFault(tags, world.settings.quotas.tagsPerResource);
  if (fault) throw invalidAddon(fault, about);
  return tags ?? {};
}

/** NV: text. */
function namespaceOf(parameters: Parameters, about: AddonRef): string | undefined {
  const given = parameters["namespaceConfig"] ?? undefined;
  if (given === undefined) return undefined;
  if (typeof given !== "object") throw badBody("namespaceConfig must be an object");
  const namespace = optionalText(given as Parameters, "namespace");
  if (namespace === undefined || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
    return namespace;
  }
  throw invalidAddon("namespaceConfig.namespace is not the name of a namespace", about);
}
