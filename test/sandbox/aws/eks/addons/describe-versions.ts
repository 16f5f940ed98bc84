/** DescribeAddonVersions and DescribeAddonConfiguration: the catalogue, as far as it is asked for. */
import type { World } from "../../world.ts";
import { optionalList, optionalText, type Parameters, requiredText } from "../parameters.ts";
import { pageOf } from "../reads.ts";
import { type CatalogueAddon, findVersion } from "./catalogue.ts";
import { invalidAddon, unsupportedVersion } from "./refusals.ts";
import { catalogueShape } from "./shapes.ts";

export function describeAddonVersions(world: World, parameters: Parameters): object {
  const minor = optionalText(parameters, "kubernetesVersion");
  const name = optionalText(parameters, "addonName");
  if (name !== undefined && !world.addonCatalogue.get(name)) {
    if (world.settings.unverified.unknownAddon === "Refused") throw unknown(name);
    return { addons: [] };
  }
  const one = (list: string, value: string) =>
    optionalList(parameters, list)?.includes(value) ?? true;
  const accept = (addon: CatalogueAddon) =>
    (name === undefined || addon.name === name) &&
    one("types", addon.type) &&
    one("publishers", addon.publisher) &&
    one("owners", addon.owner) &&
    addon.versions.some(
      ({ compatibleWith }) => minor === undefined || compatibleWith.includes(minor),
    );
  const { items, ...next } = pageOf(world.addonCatalogue, parameters, { accept });
  return { addons: items.map((addon) => catalogueShape(addon, minor)), ...next };
}

export function describeAddonConfiguration(world: World, parameters: Parameters): object {
  const addonName = requiredText(parameters, "addonName");
  const addonVersion = requiredText(parameters, "addonVersion");
  const addon = world.addonCatalogue.get(addonName);
  if (!addon) throw unknown(addonName);
  const version = findVersion(addon, addonVersion);
  if (!version) throw unsupportedVersion({ addonName });
  return {
    addonName,
    addonVersion,
    configurationSchema: JSON.stringify(addon.schema),
    podIdentityConfiguration: version.podIdentity,
  };
}

/** NV: text, and whether DescribeAddonVersions says so or shows an empty list. */
const unknown = (addonName: string) =>
  invalidAddon(`Addon ${addonName} specified is not supported`, { addonName });
