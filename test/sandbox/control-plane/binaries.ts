/** Finds the programs of the sandbox, from etcd to kubectl; downloads or builds what is missing, once. */
import { access, chmod, constants, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { buildWithGo, whyGoCannotBuild } from "./binaries/go-build.ts";
import { exclusively } from "./binaries/lock.ts";
import { type Machine, thisMachine } from "./binaries/machine.ts";
import type { Report } from "./binaries/progress.ts";
import { Releases } from "./binaries/release.ts";
import { BINARIES, type Binary, type BinaryName } from "./binaries/versions.ts";

export type { BinaryName, Report };

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
      (await find(BINARIES[name], machine)) ??
      (await obtain(BINARIES[name], { releases, report, machine }));
  }
  return paths as Record<Name, string>;
}

async function find(binary: Binary, machine: Machine): Promise<string | undefined> {
  const { KUBEBUILDER_ASSETS, PATH } = machine.env;
  const places = [
    KUBEBUILDER_ASSETS,
    ...(PATH ?? "").split(delimiter),
    cacheDirectory(binary, machine),
  ];
  for (const place of places) {
    if (!place) continue;
    const path = resolve(place, binary.name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

/** Keyed by version and machine, so that another version never takes this one's place. */
function cacheDirectory({ module }: Binary, { env, platform, arch }: Machine): string {
  const { XDG_CACHE_HOME, HOME } = env;
  const cache = XDG_CACHE_HOME || join(HOME || homedir(), ".cache");
  const goArch = arch === "x64" ? "amd64" : arch;
  return join(cache, "pod-identity-operator", `${module.folder}-${platform}-${goArch}`);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

interface Obtaining {
  readonly releases: Releases;
  readonly report: Report;
  readonly machine: Machine;
}

async function obtain(binary: Binary, obtaining: Obtaining): Promise<string> {
  const target = join(cacheDirectory(binary, obtaining.machine), binary.name);
  await mkdir(dirname(target), { recursive: true });
  const { report, machine } = obtaining;
  const options = { purpose: `is getting ${binary.name}`, report, timer: machine.timer };
  await exclusively(`${target}.lock`, options, async () => {
    // The process that was waited for has made it.
    if (await isProgram(target)) return;
    await removeRemains(target);
    const workspace = `${target}.${process.pid}.part`;
    await mkdir(workspace);
    try {
      const made = join(workspace, binary.name);
      await make(binary, made, obtaining);
      await chmod(made, 0o755);
      await rename(made, target);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
  });
  return target;
}

/** What a process that was killed meanwhile has left. */
async function removeRemains(target: string): Promise<void> {
  const folder = dirname(target);
  for (const entry of await readdir(folder)) {
    const path = join(folder, entry);
    if (path.startsWith(`${target}.`) && path.endsWith(".part")) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function make(binary: Binary, target: string, obtaining: Obtaining): Promise<void> {
  const { releases, report, machine } = obtaining;
  const unavailable = await releases.download(binary, target);
  if (!unavailable) return;
  const cannotBuild = await whyGoCannotBuild(binary, machine);
  if (cannotBuild) {
    throw new Error(
      `${binary.name} ${binary.version} is not on this machine, cannot be downloaded (${unavailable}), and ${cannotBuild}: ` +
        `install Go ${binary.module.requiredGo.replace(/\.0$/, "")} or newer, or ${binary.module.otherwise}`,
    );
  }
  report(`${binary.name} cannot be downloaded (${unavailable}), so it is built here`);
  await buildWithGo(binary, target, { machine, report });
}
