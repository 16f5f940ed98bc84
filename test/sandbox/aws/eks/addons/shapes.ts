/**
 * Add-ons, their updates and the catalogue as EKS shows them: times in seconds, absent members left out.
 * NV: that `namespaceConfig` is always shown, and that `podIdentityAssociations` is absent where there are none.
 */
import type { Cluster, World } from "../../world.ts";
import type { Addon, AddonIssue, AddonUpdate } from "./addon.ts";
import type { CatalogueAddon, CatalogueVersion } from "./catalogue.ts";
import { ownedAssociations } from "./identities.ts";

export function addonShape(world: World, cluster: Cluster, addon: Addon): object {
  const known = world.addonCatalogue.get(addon.name);
  const { configurationValues, serviceAccountRoleArn } = addon;
  const associations = ownedAssociations(cluster, addon.arn).map((one) => one.associationArn);
  return {
    addonName: addon.name,
    clusterName: cluster.facts.name,
    status: addon.status,
    addonVersion: addon.version,
    health: { issues: addon.issues.map(({ code, ...rest }) => ({ code, ...described(rest) })) },
    addonArn: addon.arn,
    createdAt: addon.createdAt / 1000,
    modifiedAt: addon.modifiedAt / 1000,
    tags: addon.tags,
    ...(known ? { owner: known.owner, publisher: known.publisher } : {}),
    namespaceConfig: { namespace: addon.namespace },
    ...(configurationValues === "" ? {} : { configurationValues }),
    ...(serviceAccountRoleArn === "" ? {} : { serviceAccountRoleArn }),
    ...(associations.length === 0 ? {} : { podIdentityAssociations: associations }),
  };
}

const described = ({ message, resourceIds = [] }: Omit<AddonIssue, "code">) => ({
  message,
  resourceIds,
});

export function updateShape({ id, status, params, createdAt, errors }: AddonUpdate): object {
  return {
    id,
    status,
    type: "AddonUpdate",
    params,
    createdAt: createdAt / 1000,
    errors: errors.map(({ code, message, resourceIds = [] }) => ({
      errorCode: code,
      errorMessage: message,
      resourceIds,
    })),
  };
}

/** Only versions for the Kubernetes version, and of their compatibilities only that one, where one is given. */
export function catalogueShape(addon: CatalogueAddon, kubernetesVersion?: string): object {
  const { name, type, publisher, owner, defaultNamespace, architecture, computeTypes } = addon;
  const shown = (minor: string) => kubernetesVersion === undefined || minor === kubernetesVersion;
  const versions = addon.versions.filter(({ compatibleWith }) => compatibleWith.some(shown));
  return {
    addonName: name,
    type,
    publisher,
    owner,
    defaultNamespace,
    addonVersions: versions.map((one) => ({
      addonVersion: one.version,
      architecture,
      computeTypes,
      compatibilities: one.compatibleWith.filter(shown).map((minor) => compatibility(one, minor)),
      requiresConfiguration: false,
      requiresIamPermissions: one.requiresIamPermissions,
    })),
  };
}

const compatibility = ({ defaultFor }: CatalogueVersion, clusterVersion: string) => ({
  clusterVersion,
  platformVersions: ["*"],
  defaultVersion: defaultFor.includes(clusterVersion),
});
