/** What the reconciler of EKSAddons works with, and what is decided once for all of them. */
import type { EksAddon, EksAddonStatus } from "../api/eks-addon.ts";
import type { AddonCatalogue } from "../aws/addon-catalogue.ts";
import type { Addons } from "../aws/ports.ts";
import type { Fixed } from "../plan/surroundings.ts";
import type { Aws, Clock, Events, Objects, Ports } from "./ports.ts";

export interface AddonPorts {
  readonly objects: Objects<EksAddon, EksAddonStatus>;
  /** Others may use the roles that were made for an add-on. */
  readonly associations: Pick<Ports["objects"], "all">;
  /** Whether there is an object that tags name as their owner. */
  readonly exists: (resource: string) => boolean;
  readonly events: Events;
  readonly aws: Aws;
  readonly addons: Addons;
  readonly catalogue: Pick<AddonCatalogue, "cluster" | "entry" | "recommendations">;
  /** Whether the CRD of EKSAddons is being deleted or gone. */
  readonly isUninstalled: () => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Ports["log"];
}

export interface AddonMode {
  readonly fixed: Fixed;
  /** Nothing in AWS is changed, whatever an object says. */
  readonly readOnly: boolean;
  /** Until an add-on that EKS is changing is looked at again, in milliseconds. */
  readonly pollMs: number;
  /** Between two tries of the same that failed, in milliseconds. */
  readonly retryMs: number;
}
