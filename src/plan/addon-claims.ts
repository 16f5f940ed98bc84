/** Of several EKSAddons for one add-on, which may have it. */
import type { EksAddon } from "../api/eks-addon.ts";
import type { ObservedAddon } from "./addon.ts";
import { Failure } from "./outcome.ts";
import { isOurs, type Owner } from "./ownership.ts";
import { comesBefore } from "./rank.ts";

/** Whoever the add-on's tags name keeps it; what is not there, or nobody's, is the oldest's. */
export function addonRival(
  object: EksAddon,
  {
    owner,
    addon,
    all,
  }: {
    readonly owner: Owner;
    readonly addon: ObservedAddon | undefined;
    readonly all: Iterable<EksAddon>;
  },
): Failure | undefined {
  if (addon && isOurs(addon.tags, owner)) return undefined;
  for (const other of all) {
    const { metadata, spec } = other;
    if (metadata.name === object.metadata.name || metadata.deletionTimestamp) continue;
    if (spec.addonName !== object.spec.addonName || !comesBefore(other, object)) continue;
    return new Failure(
      "DuplicateClaim",
      `add-on ${spec.addonName} is claimed by EKSAddon ${metadata.name}, which is older: delete one of the two objects`,
      { kind: "sweep" },
    );
  }
  return undefined;
}
