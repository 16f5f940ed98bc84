/** Runs kubectl against the control plane, untouched by the user's own configuration and caches. */
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

export interface Kubectl {
  /** Path of the program. */
  readonly program: string;
  readonly kubeconfig: string;
  /** Where it keeps what it has discovered. */
  readonly cache: string;
}

/** Runs it to its end; a failure is a result too. */
export async function runKubectl(
  { program, kubeconfig, cache }: Kubectl,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const child = spawn(program, args, {
    env: {
      ...process.env,
      KUBECONFIG: options.kubeconfig ?? kubeconfig,
      KUBECACHEDIR: cache,
      KUBERC: "off",
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // It may well end without having read all of its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout, stderr, code };
}
