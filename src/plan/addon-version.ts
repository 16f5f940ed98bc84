/** Which version of an add-on is wanted, and whether there is a newer one. */
import type { CatalogueEntry, CatalogueVersion } from "./addon.ts";
import { nearestNames } from "./names.ts";
import { Failure } from "./outcome.ts";

export interface VersionRequest {
  readonly addonName: string;
  /** "Default", "Latest" or a version. */
  readonly version: string;
  readonly updatePolicy: "Manual" | "Automatic";
  /** Resolved before; `undefined`: never. */
  readonly noted: string | undefined;
  /** `undefined`: the add-on is not in the cluster. */
  readonly installed: string | undefined;
  /** The cluster's, e.g. "1.36". */
  readonly kubernetes: string;
}

export interface ResolvedVersion {
  readonly version: string;
  /** A newer one that Default or Latest means now. */
  readonly available: string | undefined;
  /** `undefined`: the catalogue does not know this version (any more). */
  readonly entry: CatalogueVersion | undefined;
}

/** @throws Failure AddonUnknown or AddonVersionUnknown */
export function resolveVersion(
  request: VersionRequest,
  { versions }: CatalogueEntry,
): ResolvedVersion {
  const { installed, version: asked } = request;
  if (versions.length === 0 && installed === undefined) throw addonUnknown(request);
  const current = meantBy(asked, versions);
  const version = wantedVersion(request, versions, current);
  const base = installed ?? version;
  const isNewer = current !== undefined && compareVersions(current, base) > 0;
  return {
    version,
    available: isNewer && current !== version ? current : undefined,
    entry: versions.find((one) => one.version === version),
  };
}

function wantedVersion(
  request: VersionRequest,
  versions: readonly CatalogueVersion[],
  current: string | undefined,
): string {
  const { version: asked, installed, noted, updatePolicy } = request;
  const isOffered = (one: string | undefined) => versions.some(({ version }) => version === one);
  if (!isResolved(asked)) {
    if (asked === installed || isOffered(asked)) return asked;
    throw versionUnknown(request, versions);
  }
  if (installed !== undefined) {
    const isNewer = current !== undefined && compareVersions(current, installed) > 0;
    return updatePolicy === "Automatic" && isNewer ? current : installed;
  }
  if (noted !== undefined && isOffered(noted)) return noted;
  if (current === undefined) throw addonUnknown(request);
  return current;
}

function isResolved(asked: string): boolean {
  return asked === "Default" || asked === "Latest";
}

/** What Default (also for a pinned version) or Latest means now. */
function meantBy(asked: string, versions: readonly CatalogueVersion[]): string | undefined {
  const newestFirst = [...versions].sort((a, b) => compareVersions(b.version, a.version));
  const standard = asked === "Latest" ? undefined : newestFirst.find(({ isDefault }) => isDefault);
  return (standard ?? newestFirst[0])?.version;
}

/** Number by number: v1.9.0-eksbuild.2 comes before v1.10.0-eksbuild.1, and that before its build 10. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  const length = Math.max(a?.length ?? 0, b?.length ?? 0);
  for (let at = 0; at < length; at += 1) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function addonUnknown({ addonName, kubernetes }: VersionRequest): Failure {
  return new Failure(
    "AddonUnknown",
    `EKS offers no add-on ${addonName} for Kubernetes ${kubernetes}; \`aws eks describe-addon-versions --kubernetes-version ${kubernetes}\` lists those that there are`,
    { kind: "never" },
  );
}

function versionUnknown(
  { addonName, version, kubernetes }: VersionRequest,
  versions: readonly CatalogueVersion[],
): Failure {
  const standard = meantBy("Default", versions);
  const known = versions.map((one) => one.version).filter((one) => one !== standard);
  const near = nearestNames(version, known);
  const others = near.length > 0 ? `; like it are ${near.join(", ")}` : "";
  return new Failure(
    "AddonVersionUnknown",
    `add-on ${addonName} has no version ${version} for Kubernetes ${kubernetes}; AWS's default is ${standard ?? "not known"}${others}`,
    { kind: "never" },
  );
}
