/** Runs kubectl, untouched by the configuration and the caches of whoever runs this. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface KubectlOptions {
  readonly stdin?: string;
  /** Path; by default the administrator's. */
  readonly kubeconfig?: string;
}

export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 0 is success; null if a signal ended it. */
  readonly code: number | null;
}

interface Surroundings extends KubectlOptions {
  readonly kubeconfig: string;
  /** The folder where it keeps what it has discovered. */
  readonly cache: string;
}

/** Runs it to its end; a failure is a result too. */
export async function runKubectl(
  program: string,
  args: readonly string[],
  { stdin, kubeconfig, cache }: Surroundings,
): Promise<KubectlResult> {
  const child = spawn(program, args, {
    env: { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: cache, KUBERC: "off" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // It may well end without having read all of its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout, stderr, code };
}
