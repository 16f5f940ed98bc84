/** What a reconciler works with. main.ts joins it to the real ones. */

import type { EksAddon } from "../api/eks-addon.ts";
import type {
  PodIdentityAssociation,
  PodIdentityAssociationStatus,
} from "../api/pod-identity-association.ts";
import type { Inventory } from "../aws/inventory.ts";
import type { Associations, Roles } from "../aws/ports.ts";
import type { Logger } from "../engine/log.ts";
import type { NewCondition } from "../plan/conditions.ts";
import type { ObjectName } from "../plan/desired.ts";
import type { PodDisruptionBudget } from "../plan/disruption.ts";
import type { Guardrail } from "../plan/guardrail.ts";
import type { Pod, PodFacts } from "../plan/pod.ts";
import type { AssociationKey } from "../plan/resources.ts";

/** The objects of one kind: read from the watch's store, written one field at a time. */
export interface Objects<T = PodIdentityAssociation, S = PodIdentityAssociationStatus> {
  get(key: string): T | undefined;
  all(): Iterable<T>;
  /** The object as it is after the write; the same object if the finalizer was there. */
  addFinalizer(object: T): Promise<T>;
  removeFinalizer(object: T): Promise<void>;
  /** Sends nothing if nothing differs. */
  patchStatus(object: T, status: S): Promise<T>;
}

/** What an Event may be about: our own objects, and those of users. */
export interface EventSubject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: PodIdentityAssociation["metadata"];
}

export interface Events {
  record(
    object: EventSubject,
    event: {
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly action: string;
      readonly note: string;
    },
  ): void;
}

/** What may be asked for, and by whom. */
export interface Rulebook {
  guardrails(): readonly Guardrail[];
  /** Its labels; `undefined`: not seen (yet). */
  labelsOf(namespace: string): Readonly<Record<string, string>> | undefined;
}

export interface ServiceAccount {
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** ServiceAccounts: only those that we made are ever written, told from their namesakes by the UID. */
export interface ServiceAccounts {
  get(key: AssociationKey): ServiceAccount | undefined;
  namesIn(namespace: string): readonly string[];
  /** Its UID; `undefined` if there is one already, which then stays as it is. */
  create(
    key: AssociationKey,
    annotations: NonNullable<ServiceAccount["annotations"]>,
  ): Promise<string | undefined>;
  /** Labels and annotations that were applied before and are not any more go. */
  apply(key: AssociationKey, uid: string, metadata: Omit<ServiceAccount, "uid">): Promise<void>;
  /** Success if there is none. */
  delete(key: AssociationKey, uid: string): Promise<void>;
}

/** The pods of ServiceAccounts, as far as the operator watches them. */
export interface Pods {
  /** off: they are not to be watched. unseen: not listed yet. forbidden: RBAC refuses it. */
  readonly state: "seen" | "unseen" | "forbidden" | "off";
  /** Those that have not ended. */
  of(key: AssociationKey): readonly PodFacts[];
}

/** A Deployment, StatefulSet or DaemonSet, as far as it is looked at. */
export interface WorkloadObject extends EventSubject {
  readonly spec?: {
    readonly paused?: boolean;
    readonly updateStrategy?: { readonly type?: string };
    readonly template?: {
      readonly metadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly spec?: { readonly serviceAccountName?: string };
    };
  };
}

export interface WorkloadName {
  /** "Deployment" */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Workloads {
  get(name: WorkloadName): Promise<WorkloadObject | undefined>;
  budgets(namespace: string): Promise<readonly PodDisruptionBudget[]>;
  /** Of the pod template, so that all pods are made anew. */
  annotateTemplate(
    kind: string,
    workload: WorkloadObject,
    annotations: Readonly<Record<string, string>>,
  ): Promise<void>;
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
  /** Add-ons may use the role of an association, too. */
  readonly addonObjects: Pick<Objects<EksAddon>, "all">;
  /** Whether there is an object that tags in AWS name as their owner. */
  readonly exists: (resource: string) => boolean;
  readonly events: Events;
  readonly rulebook: Rulebook;
  readonly serviceAccounts: ServiceAccounts;
  readonly pods: Pods;
  readonly workloads: Workloads;
  /** A pod of the ServiceAccount as the API server would admit it; it is not made. */
  readonly dryRunPod: (key: AssociationKey) => Promise<Pod>;
  /** Whether the cluster has the Pod Identity agent; `undefined`: nobody has looked yet. */
  readonly agent: () => NewCondition | undefined;
  /** Reconciles an object ("namespace/name") once more after so many milliseconds, beside the queue's own retries. */
  readonly lookAgain: (key: string, ms: number) => void;
  /** Whether the CRD of the object, or of what it was made for, is being deleted or gone: asked afresh before anything is taken away. */
  readonly isUninstalled: (object: PodIdentityAssociation) => Promise<boolean>;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly log: Logger;
}

export function nameOf({ metadata }: PodIdentityAssociation): ObjectName {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

/** "namespace/name", as the store and the queue name it. */
export function keyOf(object: PodIdentityAssociation): string {
  const { namespace, name } = nameOf(object);
  return `${namespace}/${name}`;
}
