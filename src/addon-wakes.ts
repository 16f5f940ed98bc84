/** Which EKSAddons are looked at again when one of them changes. */
import type { EksAddon } from "./api/eks-addon.ts";
import { AGENT_ADDON } from "./plan/addon.ts";
import type { Watches } from "./watches.ts";

export interface AddonWakes {
  readonly enqueue: (name: string) => void;
  /** EKS may have installed or deleted the Pod Identity agent. */
  readonly agentChanged: () => void;
}

export function wakeAddons({ addons }: Watches, { enqueue, agentChanged }: AddonWakes): void {
  // What EKS says of it we write to the status ourselves.
  addons.store.witness((_, change, { spec, status }, previous) => {
    const isNews = change === "deleted" || status?.addonStatus !== previous?.status?.addonStatus;
    if (spec.addonName === AGENT_ADDON && isNews) agentChanged();
  });

  addons.store.subscribe((name, change, object) => {
    enqueue(name);
    if (change === "modified" && object.metadata.deletionTimestamp === undefined) return;
    // Whoever waits for its add-on may have it now, or has to step back.
    for (const other of rivals(object, addons.store.values())) enqueue(other.metadata.name);
  });
}

function* rivals({ metadata, spec }: EksAddon, all: Iterable<EksAddon>): Iterable<EksAddon> {
  for (const other of all) {
    const isAnother = other.metadata.name !== metadata.name;
    if (isAnother && other.spec.addonName === spec.addonName) yield other;
  }
}
