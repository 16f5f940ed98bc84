/** Finds etcd, kube-apiserver, kube-controller-manager and kubectl; downloads or builds what is missing, once. */
import { delimiter, join, resolve } from "node:path";
import { cacheDirectory, isProgram, madeOnce } from "./binaries/cache.ts";
import { buildWithGo, whyGoCannotBuild } from "./binaries/go-build.ts";
import { type Machine, thisMachine } from "./binaries/machine.ts";
import type { Report } from "./binaries/progress.ts";
import { Releases } from "./binaries/release.ts";
import {
  BINARIES,
  type Binary,
  type BinaryName,
  KUBERNETES_VERSION,
  REQUIRED_GO,
} from "./binaries/versions.ts";

export type { BinaryName, Report };

const CACHED_AS = `kubernetes-${KUBERNETES_VERSION}`;

/**
 * Absolute paths of the named binaries. For each, in this order: $KUBEBUILDER_ASSETS, $PATH, the cache, the official
 * release, a build with Go. The first time that may take minutes: `report` is told every 5 seconds what goes on.
 *
 * @throws Error with one sentence that says what to install, if there is no way to get one
 */
export async function ensureBinaries<Name extends BinaryName>(
  names: readonly Name[],
  report: Report,
  machine: Machine = thisMachine,
): Promise<Readonly<Record<Name, string>>> {
  const releases = new Releases(machine, report);
  const paths: Partial<Record<Name, string>> = {};
  // One after another: a build uses all cores by itself, and two would compile the shared packages twice.
  for (const name of names) {
    paths[name] =
      (await find(name, machine)) ?? (await obtain(BINARIES[name], { releases, report, machine }));
  }
  return paths as Record<Name, string>;
}

async function find(name: BinaryName, machine: Machine): Promise<string | undefined> {
  const { KUBEBUILDER_ASSETS, PATH } = machine.env;
  const places = [
    KUBEBUILDER_ASSETS,
    ...(PATH ?? "").split(delimiter),
    cacheDirectory(machine, CACHED_AS),
  ];
  for (const place of places) {
    if (!place) continue;
    const path = resolve(place, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

interface Obtaining {
  readonly releases: Releases;
  readonly report: Report;
  readonly machine: Machine;
}

function obtain(binary: Binary, obtaining: Obtaining): Promise<string> {
  const target = join(cacheDirectory(obtaining.machine, CACHED_AS), binary.name);
  return madeOnce(target, (made) => make(binary, made, obtaining), obtaining);
}

async function make(binary: Binary, target: string, obtaining: Obtaining): Promise<void> {
  const { releases, report, machine } = obtaining;
  const unavailable = await releases.download(binary, target);
  if (!unavailable) return;
  const cannotBuild = await whyGoCannotBuild(machine);
  if (cannotBuild) {
    throw new Error(
      `${binary.name} ${binary.version} is not on this machine, cannot be downloaded (${unavailable}), and ${cannotBuild}: ` +
        `install Go ${REQUIRED_GO.replace(/\.0$/, "")} or newer, or set KUBEBUILDER_ASSETS to a folder with ${Object.keys(BINARIES).join(", ")}`,
    );
  }
  report(`${binary.name} cannot be downloaded (${unavailable}), so it is built here`);
  await buildWithGo(binary, target, { machine, report });
}
