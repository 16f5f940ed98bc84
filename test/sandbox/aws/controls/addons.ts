/** Levers for add-ons: what is in a cluster already, what others change, what goes wrong, and what AWS publishes. */
import type { Addon } from "../eks/addons/addon.ts";
import {
  type CatalogueAddon,
  defaultVersion,
  type VersionChange,
  withVersion,
} from "../eks/addons/catalogue.ts";
import { newAddon } from "../eks/addons/create.ts";
import type { AddonFailure } from "../eks/addons/failures.ts";
import type { AddonIdentity } from "../eks/addons/identities.ts";
import { settleAddons } from "../eks/addons/work.ts";
import type { Cluster, World } from "../world.ts";
import { type Changes, changedBy, clusterOf, putAssociation } from "./out-of-band.ts";

export interface NewAddon extends Partial<Addon> {
  readonly cluster: string;
  readonly name: string;
  /** Associations that the add-on owns. */
  readonly identities?: readonly AddonIdentity[];
}

export interface UnmanagedAddon {
  readonly cluster: string;
  readonly addonName: string;
  /** As EKS lists them: "DaemonSet.apps aws-node - .spec.template.spec.containers[name=\"aws-node\"].image". */
  readonly fields: readonly string[];
}

/** What EKS has put into a cluster. */
export type InstalledAddon = Pick<
  Addon,
  "name" | "version" | "namespace" | "serviceAccountRoleArn" | "identitiesChangedAt"
>;

export interface AddonControls {
  /** An add-on as the tool that made the cluster leaves it: ACTIVE, with identities, without a tag. */
  putAddon(wanted: NewAddon): Addon;
  changeAddon(request: {
    readonly cluster: string;
    readonly name: string;
    readonly changes: Changes<Addon>;
  }): Addon;
  /** The next such operation of the add-on, or the next several, will fail. */
  failAddon(failure: AddonFailure): void;
  /** None of its operations fails any more; one that has begun ends as it would have. */
  mendAddon(addon: Pick<AddonFailure, "cluster" | "addonName">): void;
  /** A copy in the cluster that EKS did not install; EKS conflicts with its fields. */
  putUnmanagedAddon(wanted: UnmanagedAddon): void;
  /** Publishes a version, or changes one: its identities, the Kubernetes versions it is the default for. */
  putAddonVersion(change: VersionChange): void;
  /** What is in the cluster at this moment, add-ons that were deleted with `preserve` included. */
  installedAddons(request: { readonly cluster: string }): readonly InstalledAddon[];
}

export function addonControls(world: World): AddonControls {
  return {
    putAddon: (wanted) => putAddon(world, wanted),
    changeAddon: ({ cluster, name, changes }) => changeAddon(world, { cluster, name }, changes),
    failAddon: (failure) => world.addonFailures.add(failure),
    mendAddon: (addon) => world.addonFailures.forget(addon),
    putUnmanagedAddon: ({ cluster, addonName, fields }) => {
      clusterOf(world, cluster).unmanagedAddons.set(addonName, fields);
    },
    putAddonVersion: (change) => {
      const known = catalogued(world, change.addonName);
      world.addonCatalogue.set(known.name, withVersion(known, change));
    },
    installedAddons: ({ cluster }) => {
      settleAddons(world);
      return installed(world.clusters.get(cluster));
    },
  };
}

function putAddon(world: World, { identities = [], ...wanted }: NewAddon): Addon {
  const { cluster: clusterName, ...facts } = wanted;
  const cluster = clusterOf(world, clusterName);
  const known = catalogued(world, wanted.name);
  const version = defaultVersion(known, cluster.facts.version)?.version;
  const addon = newAddon(world, cluster, {
    version: version ?? "",
    namespace: known.defaultNamespace,
    isInstalled: true,
    ...facts,
  });
  cluster.addons.set(addon.name, addon);
  const { namespace, arn: ownerArn } = addon;
  for (const identity of identities) {
    putAssociation(world, { ...identity, clusterName, namespace, ownerArn });
  }
  return addon;
}

function changeAddon(
  world: World,
  { cluster, name }: { readonly cluster: string; readonly name: string },
  changes: Changes<Addon>,
): Addon {
  settleAddons(world);
  const { addons } = clusterOf(world, cluster);
  const addon = addons.get(name);
  if (!addon) throw new Error(`the emulator has no add-on ${name} in ${cluster}`);
  const changed = changedBy(addon, changes);
  addons.set(name, changed);
  return changed;
}

function catalogued(world: World, name: string): CatalogueAddon {
  const known = world.addonCatalogue.get(name);
  if (!known) throw new Error(`the emulator's catalogue has no add-on ${name}`);
  return known;
}

function installed(cluster: Cluster | undefined): readonly InstalledAddon[] {
  if (!cluster) return [];
  const present = [...cluster.addons.values(), ...cluster.preservedAddons.values()];
  return present.filter(({ isInstalled }) => isInstalled);
}
