/** Where downloaded and built programs are kept, and how they get there: made once, by one process, whole or not at all. */
import { access, chmod, constants, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { exclusively } from "./lock.ts";
import type { Machine } from "./machine.ts";
import type { Report } from "./progress.ts";

/** @param what name and version, so that another version never takes this one's place */
export function cacheDirectory({ env, platform, arch }: Machine, what: string): string {
  const { XDG_CACHE_HOME, HOME } = env;
  const cache = XDG_CACHE_HOME || join(HOME || homedir(), ".cache");
  const goArch = arch === "x64" ? "amd64" : arch;
  return join(cache, "pod-identity-operator", `${what}-${platform}-${goArch}`);
}

export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * The program at `target`, made first if it is not there.
 *
 * @param make puts it at the path that it is given
 */
export async function madeOnce(
  target: string,
  make: (path: string) => Promise<void>,
  { report, machine }: { readonly report: Report; readonly machine: Machine },
): Promise<string> {
  const name = basename(target);
  await mkdir(dirname(target), { recursive: true });
  const options = { purpose: `is getting ${name}`, report, timer: machine.timer };
  await exclusively(`${target}.lock`, options, async () => {
    // The process that was waited for has made it.
    if (await isProgram(target)) return;
    await removeRemains(target);
    const workspace = `${target}.${process.pid}.part`;
    await mkdir(workspace);
    try {
      const made = join(workspace, name);
      await make(made);
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
