/** The add-on catalogue: which versions there are, for which clusters, and which ServiceAccounts they give identities to. */
import { type CatalogueEntry, ENTRIES, type Release } from "./catalogue-entries.ts";
import { SCHEMAS } from "./configuration-schemas.ts";

/** A ServiceAccount of an add-on, and the policies that AWS recommends for it. */
export interface AddonIdentityFacts {
  readonly serviceAccount: string;
  /** ARNs. */
  readonly recommendedManagedPolicies: readonly string[];
}

export interface CatalogueVersion {
  readonly version: string;
  /** Kubernetes versions, "1.30". */
  readonly compatibleWith: readonly string[];
  readonly defaultFor: readonly string[];
  readonly requiresIamPermissions: boolean;
  /** Empty: identities are not supported. */
  readonly podIdentity: readonly AddonIdentityFacts[];
}

export interface CatalogueAddon {
  readonly name: string;
  readonly type: string;
  readonly publisher: string;
  readonly owner: string;
  readonly defaultNamespace: string;
  readonly architecture: readonly string[];
  readonly computeTypes: readonly string[];
  readonly schema: object;
  /** Newest first. */
  readonly versions: readonly CatalogueVersion[];
}

/** @param partition of the policies' ARNs */
export function addonCatalogue(partition: string): readonly CatalogueAddon[] {
  return ENTRIES.map(({ releases, identities, ...facts }) => ({
    ...facts,
    schema: SCHEMAS[facts.name] ?? {},
    versions: releases.map((release) => versionOf(release, identities, partition)),
  }));
}

function versionOf(
  release: Release,
  identities: CatalogueEntry["identities"],
  partition: string,
): CatalogueVersion {
  const { version, from, to, defaultFor = [], accounts = [] } = release;
  return {
    version,
    compatibleWith: minors(from, to),
    defaultFor,
    requiresIamPermissions: Object.keys(identities).length > 0,
    podIdentity: accounts.map((serviceAccount) => ({
      serviceAccount,
      recommendedManagedPolicies: (identities[serviceAccount] ?? []).map(
        (policy) => `arn:${partition}:iam::aws:policy/${policy}`,
      ),
    })),
  };
}

const minors = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `1.${from + index}`);

export function findVersion(
  { versions }: CatalogueAddon,
  version: string,
): CatalogueVersion | undefined {
  return versions.find((one) => one.version === version);
}

export function defaultVersion(
  { versions }: CatalogueAddon,
  kubernetesVersion: string,
): CatalogueVersion | undefined {
  return versions.find(({ defaultFor }) => defaultFor.includes(kubernetesVersion));
}

/** A new version, or a change of one. A version that becomes a default takes the place of the one that was. */
export interface VersionChange extends Partial<CatalogueVersion> {
  readonly addonName: string;
  readonly version: string;
}

/** A version that is not there yet is like the newest one, and the default for nothing. */
export function withVersion(addon: CatalogueAddon, change: VersionChange): CatalogueAddon {
  const { addonName: _name, ...members } = change;
  const known = findVersion(addon, change.version);
  const [newest] = addon.versions;
  if (!newest) throw new Error(`the emulator's catalogue has no version of ${addon.name}`);
  const changed = { ...(known ?? { ...newest, defaultFor: [] }), ...members };
  const taken = change.defaultFor ?? [];
  const versions = addon.versions.map((one) =>
    one === known
      ? changed
      : { ...one, defaultFor: one.defaultFor.filter((minor) => !taken.includes(minor)) },
  );
  return { ...addon, versions: known ? versions : [changed, ...versions] };
}
