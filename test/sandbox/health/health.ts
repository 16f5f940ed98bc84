/** How Argo CD and Flux judge objects: their own interpreter and library, in a small program that is built once. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { cacheDirectory, isProgram, madeOnce } from "../control-plane/binaries/cache.ts";
import { buildWithGo, whyGoCannotBuild } from "../control-plane/binaries/go-build.ts";
import { thisMachine } from "../control-plane/binaries/machine.ts";
import type { Report } from "../control-plane/binaries/progress.ts";
import { REQUIRED_GO } from "../control-plane/binaries/versions.ts";

export interface Question {
  /** Lua, as in argocd-cm. */
  readonly script: string;
  /** As the API server returns it. */
  readonly object: object;
}

interface Verdict {
  readonly status: string;
  readonly message: string;
}

export interface Answer {
  readonly argo: Verdict;
  /** In the words of kstatus: Current, InProgress, Failed, Terminating. */
  readonly flux: Verdict;
}

const SOURCES = ["main.go", "go.mod", "go.sum"].map((file) => join(import.meta.dirname, file));

/**
 * The program's path, built first where it is not in the cache.
 *
 * @throws Error with one sentence that says what to install
 */
export async function healthProgram(report: Report): Promise<string> {
  const hash = createHash("sha256");
  for (const file of SOURCES) hash.update(readFileSync(file));
  const version = hash.digest("hex").slice(0, 10);
  const target = join(cacheDirectory(thisMachine, `health-${version}`), "health");
  if (await isProgram(target)) return target;
  const program = {
    name: "health",
    directory: import.meta.dirname,
    package: ".",
    version,
    buildTime: "1 minute",
  };
  const options = { report, machine: thisMachine };
  return madeOnce(
    target,
    async (path) => {
      const cannot = await whyGoCannotBuild(thisMachine);
      if (cannot) {
        const version = REQUIRED_GO.replace(/\.0$/, "");
        throw new Error(
          `Argo CD's Lua and Flux's kstatus are written in Go, and ${cannot}: install Go ${version} or newer`,
        );
      }
      await buildWithGo(program, path, options);
    },
    options,
  );
}

/** @throws Error with what went wrong, e.g. in which line of the script */
export async function judge(
  program: string,
  questions: readonly Question[],
): Promise<readonly Answer[]> {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify(questions));
  const [answers, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(complaint.trim());
  return JSON.parse(answers) as readonly Answer[];
}
