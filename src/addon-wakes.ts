/** Which EKSAddons are looked at again when one of them changes. */
import type { EksAddon } from "./api/eks-addon.ts";
import type { Watches } from "./watches.ts";

export function wakeAddons({ addons }: Watches, enqueue: (name: string) => void): void {
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
