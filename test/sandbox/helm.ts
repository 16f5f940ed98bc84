/** Runs helm against a control plane of the sandbox, untouched by the configuration and the caches of whoever runs this. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ensureBinaries } from "./control-plane/binaries.ts";
import type { KubectlResult } from "./control-plane/kubectl.ts";
import type { ControlPlane } from "./control-plane/start.ts";

const CHART = new URL("../../config/chart", import.meta.url).pathname;

export type Helm = (...args: readonly string[]) => Promise<KubectlResult>;

/** `chart` stands for the path of the chart. The first time helm may have to be built, for minutes. */
export async function helmOn({ directory, kubeconfig }: ControlPlane): Promise<Helm> {
  const { helm } = await ensureBinaries(["helm"], console.error);
  const homes = Object.fromEntries(
    ["CACHE", "CONFIG", "DATA"].map((kind) => [
      `HELM_${kind}_HOME`,
      join(directory, `helm-${kind.toLowerCase()}`),
    ]),
  );
  return async (...args) => {
    const child = spawn(
      helm,
      args.map((arg) => (arg === "chart" ? CHART : arg)),
      {
        // HOME: else it keeps what it discovers in the working directory.
        env: { PATH: process.env["PATH"], HOME: directory, KUBECONFIG: kubeconfig, ...homes },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    return { stdout, stderr, code };
  };
}
