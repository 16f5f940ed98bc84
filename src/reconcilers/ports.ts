/** What a reconciler works with. main.ts joins it to the real ones. */

import type {
  PodIdentityAssociation,
  PodIdentityAssociationStatus,
} from "../api/pod-identity-association.ts";
import type { Inventory } from "../aws/inventory.ts";
import type { Associations, Roles } from "../aws/ports.ts";
import type { Logger } from "../engine/log.ts";

/** The objects of one kind: read from the watch's store, written one field at a time. */
export interface Objects {
  get(key: string): PodIdentityAssociation | undefined;
  all(): Iterable<PodIdentityAssociation>;
  /** The object as it is after the write; the same object if the finalizer was there. */
  addFinalizer(object: PodIdentityAssociation): Promise<PodIdentityAssociation>;
  removeFinalizer(object: PodIdentityAssociation): Promise<void>;
  /** Sends nothing if nothing differs. */
  patchStatus(
    object: PodIdentityAssociation,
    status: PodIdentityAssociationStatus,
  ): Promise<PodIdentityAssociation>;
}

export interface Events {
  record(
    object: PodIdentityAssociation,
    event: {
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly action: string;
      readonly note: string;
    },
  ): void;
}

/** AWS as a reconciler sees it: the two services, and what is known of them. */
export interface Aws {
  readonly roles: Roles;
  readonly associations: Associations;
  readonly inventory: Inventory;
}

export interface Clock {
  /** Milliseconds that only grow; for durations. */
  monotonic(): number;
  /** RFC 3339 in seconds; for people. */
  timestamp(): string;
}

export interface Ports {
  readonly objects: Objects;
  readonly events: Events;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly log: Logger;
}
