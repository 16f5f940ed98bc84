/** EKSAddons, for tests that see what becomes of them. */
import type { EksAddon } from "../../src/api/eks-addon.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { until } from "./fixture.ts";

type Kubectl = Pick<Sandbox, "kubectl">;

/** Production looks at add-ons every two minutes, and reads EKS's catalogue every hour. */
export const ADDON_PACE: Readonly<Record<string, string>> = {
  ADDON_SWEEP: "0.5",
  ADDON_POLL: "0.2",
  ADDON_RETRY: "3",
  ADDON_CATALOGUE: "0.5",
};

export async function getAddons({ kubectl }: Kubectl): Promise<readonly EksAddon[]> {
  const path = "/apis/podidentity.io/v1alpha1/eksaddons";
  return (JSON.parse(await kubectl("get", "--raw", path)) as { items: EksAddon[] }).items;
}

/** Waits until the Ready condition of what is written now is so, e.g. "True Reconciled". */
export async function untilAddonReady(
  cluster: Kubectl,
  name: string,
  expected: string,
  onSeen: (addon: EksAddon) => void = () => undefined,
): Promise<EksAddon> {
  let last: EksAddon | undefined;
  await until(
    `${name} is ${expected}`,
    async () => {
      last = (await getAddons(cluster)).find(({ metadata }) => metadata.name === name);
      if (last) onSeen(last);
      const isSeen = last?.status?.observedGeneration === last?.metadata.generation;
      return isSeen && addonReady(last) === expected;
    },
    () => JSON.stringify(last?.status, null, 1),
  );
  return last as EksAddon;
}

/** "Ready" condition's "status reason". */
export function addonReady(addon: EksAddon | undefined): string {
  const ready = addon?.status?.conditions?.find(({ type }) => type === "Ready");
  return ready ? `${ready.status} ${ready.reason}` : "none";
}

/** Once no operator is left to do it: their finalizers go by hand, and AWS goes with its emulator. */
export async function clearAddons(cluster: Kubectl): Promise<void> {
  const { kubectl } = cluster;
  const patch = '{"metadata":{"finalizers":[]}}';
  for (const { metadata } of await getAddons(cluster)) {
    await kubectl("delete", "eksaddon", metadata.name, "--wait=false");
    // One that had no finalizer is gone by now.
    await kubectl("patch", "eksaddon", metadata.name, "--type=merge", "-p", patch).catch(
      () => undefined,
    );
  }
}
