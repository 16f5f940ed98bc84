/** One control plane for all tests of a run: starting one takes seconds, the first build of its binaries minutes. */
import { ensureBinaries, type Report } from "./control-plane/binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane/start.ts";

/** Milliseconds that a `before` hook must allow for, where the binaries have to be built first. */
export const FIRST_BUILD_MS = 20 * 60_000;

const report: Report = (line) => console.error(line);

let binaries: Promise<unknown> | undefined;
let controlPlane: Promise<ControlPlane> | undefined;

/** Begins to download or build what is missing, so that it goes on while unit tests run. */
export function prepareBinaries(): void {
  binaries ??= ensureBinaries(
    ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"],
    report,
  );
  // Whoever needs them gets the error.
  binaries.catch(() => undefined);
}

/**
 * The control plane of this run, with its controllers; started by the first call, stopped after the last test.
 * Tests share it: each works in namespaces of its own.
 */
export function sharedControlPlane(): Promise<ControlPlane> {
  prepareBinaries();
  controlPlane ??= Promise.resolve(binaries).then(() =>
    startControlPlane({ controllerManager: true, report }),
  );
  return controlPlane;
}

/** Does nothing if no test has asked for it, or if it did not start. */
export async function stopSharedControlPlane(): Promise<void> {
  const running = await controlPlane?.catch(() => undefined);
  await running?.stop();
}
