/** What the sources work with: they make PodIdentityAssociations for others' objects, and never call AWS. */
import type {
  ClusterPodIdentityAssociation,
  ClusterPodIdentityAssociationStatus,
} from "../api/cluster-pod-identity-association.ts";
import type { ObjectMeta } from "../api/object-meta.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Namespace } from "../plan/guardrail.ts";
import type { Fixed } from "../plan/surroundings.ts";
import type { Clock, Events, Ports, Rulebook } from "./ports.ts";

/** A PodIdentityAssociation that is to be made. */
export type Made = Pick<PodIdentityAssociation, "metadata" | "spec"> & {
  readonly apiVersion: string;
  readonly kind: string;
};

/** Writes PodIdentityAssociations, each for an object that owns it. */
export interface Children {
  create(object: Made): Promise<void>;
  replaceSpec(
    object: PodIdentityAssociation,
    spec: PodIdentityAssociation["spec"],
    annotations: Readonly<Record<string, string>>,
  ): Promise<void>;
  delete(object: PodIdentityAssociation): Promise<void>;
}

/** An object of a user that is only read. */
export interface Source {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface SourcePorts {
  readonly objects: Pick<Ports["objects"], "get" | "all">;
  readonly children: Children;
  readonly rulebook: Rulebook;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Ports["log"];
  /** By "namespace/name". */
  readonly serviceAccount: (key: string) => Source | undefined;
  readonly namespaces: () => Iterable<Namespace>;
  readonly templates: {
    get(name: string): ClusterPodIdentityAssociation | undefined;
    /** Sends nothing if nothing differs. */
    patchStatus(
      object: ClusterPodIdentityAssociation,
      status: ClusterPodIdentityAssociationStatus,
    ): Promise<ClusterPodIdentityAssociation>;
  };
}

export interface SourceMode {
  readonly fixed: Fixed;
  /** Nothing is made. */
  readonly readOnly: boolean;
  /** "" if it is not known. */
  readonly operatorNamespace: string;
  /** New PodIdentityAssociations from annotations of IRSA in a minute at most. */
  readonly irsaPerMinute: number;
}
