/** Reads and checks what CreateAddon and UpdateAddon have in common. */
import type { Cluster, World } from "../../world.ts";
import { optionalText, type Parameters, requiredText } from "../parameters.ts";
import type { Addon } from "./addon.ts";
import { type CatalogueAddon, type CatalogueVersion, findVersion } from "./catalogue.ts";
import { checkConfiguration } from "./configuration.ts";
import {
  type AddonRef,
  invalidAddon,
  noAddon,
  unknownAddon,
  unsupportedVersion,
} from "./refusals.ts";

export const refOf = ({ facts }: Cluster, addonName: string): AddonRef => ({
  clusterName: facts.name,
  addonName,
});

/** @throws AwsError ResourceNotFoundException */
export function findAddon(cluster: Cluster, parameters: Parameters): Addon {
  const name = requiredText(parameters, "addonName");
  const addon = cluster.addons.get(name);
  if (!addon) throw noAddon(refOf(cluster, name));
  return addon;
}

/** What EKS knows of an add-on of this name. @throws AwsError InvalidParameterException */
export function catalogued(world: World, cluster: Cluster, name: string): CatalogueAddon {
  const known = world.addonCatalogue.get(name);
  const minor = cluster.facts.version;
  if (known?.versions.some(({ compatibleWith }) => compatibleWith.includes(minor))) return known;
  throw unknownAddon(minor, refOf(cluster, name));
}

/** @throws AwsError InvalidParameterException if the cluster's Kubernetes version cannot have it */
export function compatibleVersion(
  cluster: Cluster,
  known: CatalogueAddon,
  version: string,
): CatalogueVersion {
  const found = findVersion(known, version);
  if (found?.compatibleWith.includes(cluster.facts.version)) return found;
  throw unsupportedVersion(refOf(cluster, known.name));
}

/** Absent: NONE. */
export function resolveConflicts(parameters: Parameters, about: AddonRef): string {
  const mode = optionalText(parameters, "resolveConflicts") ?? "NONE";
  if (["NONE", "OVERWRITE", "PRESERVE"].includes(mode)) return mode;
  throw invalidAddon(`Resolve conflicts option ${mode} is not supported`, about);
}

/** `undefined` where it is absent. */
export function configuration(
  cluster: Cluster,
  known: CatalogueAddon,
  parameters: Parameters,
): string | undefined {
  const values = optionalText(parameters, "configurationValues");
  if (values !== undefined) checkConfiguration(values, known.schema, cluster.facts.name);
  return values;
}

/** `undefined` where it is absent. NV: text, and whether EKS looks at the role itself (not done here). */
export function irsaRole(parameters: Parameters, about: AddonRef): string | undefined {
  const arn = optionalText(parameters, "serviceAccountRoleArn");
  if (arn === undefined || /^arn:[a-z-]+:iam::\d{12}:role\/./.test(arn)) return arn;
  throw invalidAddon("serviceAccountRoleArn is not a role ARN", about);
}
