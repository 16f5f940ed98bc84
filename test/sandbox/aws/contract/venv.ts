/** The Python environment with boto3 and the aws CLI: made once per set of requirements, kept in the user's cache. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Returns the path of its `python`. @throws Error if there is no python3 or pip cannot install. */
export async function pythonWith(requirements: string): Promise<string> {
  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const cache = join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "pod-identity-operator",
  );
  const finished = join(cache, `contract-${hash}.ready`);
  const venv = join(cache, `contract-${hash}`);
  const python = join(venv, "bin", "python");
  if (existsSync(finished) && existsSync(python)) return python;
  console.log("contract: installing boto3 and the aws CLI, once");
  await mkdir(cache, { recursive: true });
  await rm(venv, { recursive: true, force: true });
  await run("python3", ["-m", "venv", venv]);
  await run(python, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "-r",
    requirements,
  ]);
  // A marker of its own: an install that was interrupted must not pass for a finished one.
  await run(python, ["-c", `open(${JSON.stringify(`${finished}.new`)}, "w").close()`]);
  await rename(`${finished}.new`, finished);
  return python;
}
