/** Runs a container of an admitted Pod as a process of its own, with the Pod's variables and nobody else's. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { KubeClient } from "../../../../src/kube/client.ts";
import type { Transport } from "../../../../src/kube/transport.ts";
import type { PodName } from "../nodes/nodes.ts";
import { type Container, PODS, type Pod } from "../pod.ts";
import { containerOf, environmentOf, type TokenFile, tokenFilesOf } from "./environment.ts";

export interface Workload {
  readonly pod: PodName;
  /** @default the first one */
  readonly container?: string;
  /** "s3:GetObject bucket key", one after the other; see program.ts. */
  readonly steps: readonly string[];
}

export type StepOutcome =
  | { readonly step: string; readonly ok: true; readonly result: unknown }
  | {
      readonly step: string;
      readonly ok: false;
      readonly error: { readonly name: string; readonly message: string };
    };

export interface WorkloadOptions {
  readonly transport: Transport;
  /** Of STS and S3. */
  readonly endpoint: string;
  readonly agentPort: number;
}

const PROGRAM = new URL("program.ts", import.meta.url).pathname;
const STARTED_WITHIN_MS = 30_000;
const ENDED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * Waits until the Pod runs, as its kubelet would not start the process before.
 *
 * @throws Error if the Pod does not run, or the process ends otherwise than by itself
 */
export async function runWorkload(
  { pod: name, container: wanted, steps }: Workload,
  options: WorkloadOptions,
): Promise<readonly StepOutcome[]> {
  const pod = await untilRunning(name, options.transport);
  const container = containerOf(pod, wanted);
  const root = await mkdtemp(join(tmpdir(), "pod-identity-pod-"));
  try {
    for (const file of tokenFilesOf(pod, container)) {
      await writeToken(join(root, file.path), await tokenFor(pod, file, options.transport));
    }
    return await run(container, [options.endpoint, ...steps], nodeWorld(root, container, options));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function untilRunning(name: PodName, transport: Transport): Promise<Pod> {
  const client = new KubeClient(transport);
  const deadline = performance.now() + STARTED_WITHIN_MS;
  for (;;) {
    const pod = await client.get<Pod>(PODS, name);
    if (pod?.status?.phase === "Running") return pod;
    if (!pod || performance.now() > deadline) {
      throw new Error(`pod ${name.namespace}/${name.name} is ${pod?.status?.phase ?? "not there"}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** The kubelet's part: a token for this Pod and no other, good while the Pod lives. */
async function tokenFor(
  { metadata, spec }: Pod,
  { source }: TokenFile,
  transport: Transport,
): Promise<string> {
  const { namespace = "", name, uid } = metadata;
  const account = encodeURIComponent(spec.serviceAccountName ?? "default");
  const { audience, expirationSeconds } = source;
  const answer = await transport.json<{ readonly status: { readonly token: string } }>({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        ...(audience === undefined ? {} : { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    },
  });
  return answer.status.token;
}

async function writeToken(path: string, token: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, token, { mode: 0o600 });
}

/** Address of the module that shows the process its node. */
function nodeWorld(
  root: string,
  { volumeMounts = [] }: Container,
  { agentPort }: WorkloadOptions,
): string {
  const url = new URL("node-world.ts", import.meta.url);
  url.searchParams.set("root", root);
  url.searchParams.set("agent", String(agentPort));
  for (const { mountPath } of volumeMounts) url.searchParams.append("mount", mountPath);
  return url.href;
}

async function run(
  container: Container,
  args: readonly string[],
  world: string,
): Promise<readonly StepOutcome[]> {
  const child = spawn(process.execPath, ["--import", world, PROGRAM, ...args], {
    // Nothing of whoever runs this: an AWS_… of theirs would be taken for the Pod's.
    env: { PATH: process.env["PATH"], ...environmentOf(container) },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: ENDED_WITHIN_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`the workload ended with ${code}: ${stderr.trim()}`);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as StepOutcome);
}
