/** What is kept of a pod: whether it has credentials, what made it, and when. */
import { type Finding, injectionOf } from "./injection.ts";

/** A Pod on the wire, as far as it is looked at. */
export interface Pod {
  readonly metadata: {
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly name: string;
    readonly ownerReferences?: readonly Owner[];
  };
  readonly spec?: {
    readonly serviceAccountName?: string;
    readonly nodeName?: string;
    readonly schedulerName?: string;
    readonly os?: { readonly name?: string };
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly volumes?: readonly Volume[];
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources?: readonly { readonly serviceAccountToken?: { readonly audience?: string } }[];
  };
}

export interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** What made the pod; a pod that nobody made is its own. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
}

export interface PodFacts extends Finding {
  readonly workload: Workload;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly isReady: boolean;
}

/** `undefined`: it has ended or is about to, and does not count. */
export function podFacts(pod: Pod): PodFacts | undefined {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp || ["Succeeded", "Failed"].includes(status?.phase ?? "")) {
    return undefined;
  }
  return {
    ...injectionOf(pod),
    workload: workloadOf(pod),
    createdAt: Date.parse(metadata.creationTimestamp ?? "") || 0,
    isReady: (status?.conditions ?? []).some(
      ({ type, status: is }) => type === "Ready" && is === "True",
    ),
  };
}

/** A Deployment's ReplicaSet is named like it, "-" and the hash that its pods carry as a label. */
function workloadOf({ metadata }: Pod): Workload {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return { kind: "Pod", name: metadata.name };
  if (owner.kind !== "ReplicaSet") return { kind: owner.kind, name: owner.name };
  const { labels = {} } = metadata;
  for (const [label, kind] of [
    ["pod-template-hash", "Deployment"],
    ["rollouts-pod-template-hash", "Rollout"],
  ] as const) {
    const suffix = `-${labels[label]}`;
    if (owner.name.endsWith(suffix)) return { kind, name: owner.name.slice(0, -suffix.length) };
  }
  return { kind: "ReplicaSet", name: owner.name };
}
