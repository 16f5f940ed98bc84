/**
 * Starts what an image holds without Docker: its files as its root directory, which cannot be written to, with the
 * user, working directory and command of the Dockerfile. Node and the system's libraries stand in for its base.
 */

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Operator, startOperator } from "../sandbox/operator.ts";

export interface Container {
  readonly operator: Operator;
  /** What it has as its root directory, seen from here. */
  readonly root: string;
  stop(): Promise<void>;
}

/** What the base brings; of Node's own path the Dockerfile speaks. */
const LIBRARIES = ["/lib", "/lib64", "/usr/lib"].filter((path) => existsSync(path));
const KUBECONFIG = "/etc/kubeconfig";

const isRoot = process.getuid?.() === 0;
/** Root becomes another user; another user becomes root of a name space of its own first. */
const OUTER = ["unshare", "--mount", ...(isRoot ? [] : ["--map-root-user"])];
const become = ({ uid, gid }: Dockerfile) =>
  isRoot
    ? [`--setgid=${gid}`, `--setuid=${uid}`]
    : ["--user", `--map-user=${uid}`, `--map-group=${gid}`];

/** Linux, and root or user name spaces. */
export const canContain = spawnSync(OUTER[0] ?? "", [...OUTER.slice(1), "true"]).status === 0;

/** $1 is the root directory, the rest is the command. */
const MOUNT_AND_RUN = `set -eu
root=$1; shift
mount --bind "$root" "$root"
for path in ${LIBRARIES.join(" ")}; do mount --bind "$path" "$root$path"; done
for path in /proc /dev; do mount --rbind "$path" "$root$path"; done
mount --bind "${process.execPath}" "$root/nodejs/bin/node"
mount -o remount,bind,ro "$root"
exec "$@"`;

interface Dockerfile {
  readonly uid: string;
  readonly gid: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The last stage's. */
function readDockerfile(): Dockerfile {
  const text = readFileSync("Dockerfile", "utf8");
  const last = (instruction: string) =>
    [...text.matchAll(new RegExp(`^${instruction} (.+)$`, "gm"))].at(-1)?.[1] ?? "";
  const [uid = "", gid = ""] = last("USER").split(":");
  const command = [...JSON.parse(last("ENTRYPOINT")), ...JSON.parse(last("CMD"))] as string[];
  const env = [...text.matchAll(/^ENV (\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);
  return { uid, gid, folder: last("WORKDIR"), command, env: Object.fromEntries(env) };
}

/**
 * @param image where tools/image.ts has laid it out
 * @param env with KUBECONFIG as a path of this machine
 */
export async function startContainer(
  image: string,
  env: Readonly<Record<string, string>>,
): Promise<Container> {
  const dockerfile = readDockerfile();
  const root = mkdtempSync(join(tmpdir(), "podidentity-image-"));
  chmodSync(root, 0o755);
  cpSync(image, root, { recursive: true, preserveTimestamps: true });
  for (const path of [...LIBRARIES, "/proc", "/dev", "/etc", "/nodejs/bin"]) {
    mkdirSync(join(root, path), { recursive: true });
  }
  writeFileSync(join(root, "nodejs/bin/node"), "");
  copyFileSync(env["KUBECONFIG"] ?? "", join(root, KUBECONFIG));
  chmodSync(join(root, KUBECONFIG), 0o644);
  const inside = ["unshare", ...become(dockerfile), `--root=${root}`, `--wd=${dockerfile.folder}`];
  const operator = await startOperator({ ...dockerfile.env, ...env, KUBECONFIG }, [
    ...OUTER,
    ...["sh", "-c", MOUNT_AND_RUN, "sh", root],
    ...inside,
    ...dockerfile.command,
  ]);
  return {
    operator,
    root,
    stop: async () => {
      await operator.stop();
      // The mounts have gone with the process.
      rmSync(root, { recursive: true });
    },
  };
}
