/** One control plane for all tests of a run: starting one takes seconds, the first build of its binaries minutes. */
import { ensureBinaries, type Report } from "./control-plane/binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane/start.ts";

/** Milliseconds that a `before` hook must allow for, where the binaries have to be built first. */
export const FIRST_BUILD_MS = 20 * 60_000;

const report: Report = (line) => console.error(line);

let binaries: Promise<unknown> | undefined;
let controlPlane: Promise<ControlPlane> | undefined;

/** Downloads or builds what is missing, the first time for minutes. Whoever needs them gets the error, if it fails. */
export async function prepareBinaries(): Promise<void> {
  await ensured().catch(() => undefined);
}

function ensured(): Promise<unknown> {
  binaries ??= ensureBinaries(
    ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"],
    report,
  );
  return binaries;
}

/**
 * The control plane of this run, with its controllers; started by the first call, stopped after the last test.
 * Tests share it: each works in namespaces of its own.
 */
export function sharedControlPlane(): Promise<ControlPlane> {
  controlPlane ??= ensured().then(() => startControlPlane({ controllerManager: true, report }));
  return controlPlane;
}

/** Does nothing if no test has asked for it, or if it did not start. */
export async function stopSharedControlPlane(): Promise<void> {
  const running = await controlPlane?.catch(() => undefined);
  await running?.stop();
}
