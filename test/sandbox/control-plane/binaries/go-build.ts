/** Builds a binary from its Go modules: the last resort, slow once and cached ever after. */
import type { Machine } from "./machine.ts";
import { type Report, tellWhile } from "./progress.ts";
import type { Binary } from "./versions.ts";

/**
 * Builds `binary` to `target`.
 *
 * @throws Error with the last lines of the build, if it fails
 */
export async function buildWithGo(
  binary: Binary,
  target: string,
  { machine, report }: { readonly machine: Machine; readonly report: Report },
): Promise<void> {
  const { name, version, buildTime, module } = binary;
  const args = ["build", "-mod=readonly", "-trimpath", ...module.flags];
  const build = machine.run("go", [...args, "-o", target, binary.package], {
    cwd: module.directory,
    env: goEnvironment(machine),
  });
  const describe = (elapsed: string) =>
    `building ${name} ${version} from its Go modules${elapsed} (first time only, about ${buildTime} on 2 cores)`;
  const ending = await tellWhile(build, describe, { timer: machine.timer, report });
  if (ending?.code === 0) return;
  const last = ending?.output.trim().split("\n").slice(-5).join("\n  ");
  throw new Error(`building ${name} ${version} failed:\n  ${last}`);
}

/** Why Go cannot build it here, as a part of a sentence; `undefined` if it can. */
export async function whyGoCannotBuild(
  { module: { requiredGo } }: Binary,
  machine: Machine,
): Promise<string | undefined> {
  const ending = await machine.run("go", ["version"], { env: goEnvironment(machine) });
  if (!ending) return "there is no Go to build it with";
  const installed = /\bgo(\d+(?:\.\d+)*)/.exec(ending.output)?.[1];
  if (!installed) return `"go version" says nothing of use (${ending.output.trim()})`;
  return isAtLeast(installed, requiredGo)
    ? undefined
    : `the installed Go ${installed} is too old to build it`;
}

function goEnvironment({ env }: Machine): Readonly<Record<string, string | undefined>> {
  // A toolchain of the user's choice, never one that Go downloads behind the user's back.
  return { ...env, GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false", CGO_ENABLED: "0" };
}

function isAtLeast(installed: string, required: string): boolean {
  const [have, need] = [installed, required].map((version) => version.split(".").map(Number));
  for (const [index, part] of (need ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
