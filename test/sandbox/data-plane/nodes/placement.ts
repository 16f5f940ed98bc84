/** Decides as a scheduler which node a Pod gets, and describes the nodes there are. */
import type { KubeObject } from "../../../../src/kube/object.ts";
import type { Pod } from "../pod.ts";

const OS = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" };

export interface NodePlace {
  readonly name: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Two of them, as in a small managed node group. */
export function nodePlaces(region: string): readonly NodePlace[] {
  return ["10.0.1.11", "10.0.2.22"].map((address, index) => {
    const name = `ip-${address.replaceAll(".", "-")}.${region}.compute.internal`;
    const zone = `${region}${"ab"[index]}`;
    const labels = {
      ...OS,
      "kubernetes.io/hostname": name,
      "topology.kubernetes.io/region": region,
      "topology.kubernetes.io/zone": zone,
      "node.kubernetes.io/instance-type": "m7i.large",
      "eks.amazonaws.com/nodegroup": "sandbox",
    };
    return { name, address, labels };
  });
}

export function nodeObject({ name, labels }: NodePlace): KubeObject {
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels } };
}

export function nodeStatus({ address, name }: NodePlace, now: string): object {
  const room = { cpu: "1000", memory: "4Ti", pods: "10000" };
  return {
    capacity: room,
    allocatable: room,
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ],
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "KubeletReady",
        lastTransitionTime: now,
        lastHeartbeatTime: now,
      },
    ],
  };
}

/** The name of a node for a Pod that waits for one; `undefined` if it does not, or none fits. */
export function nodeFor(pod: Pod, places: readonly NodePlace[], turn: number): string | undefined {
  const { nodeName, schedulingGates = [], schedulerName, nodeSelector = {} } = pod.spec;
  if (nodeName || schedulingGates.length > 0) return undefined;
  // Fargate has a scheduler of its own.
  if ((schedulerName ?? "default-scheduler") !== "default-scheduler") return undefined;
  const named = nodeOfDaemon(pod);
  if (named) return named;
  const fitting = places.filter(({ labels }) =>
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value),
  );
  return fitting[turn % fitting.length]?.name;
}

/** The DaemonSet controller makes one Pod a node and says which by affinity. */
function nodeOfDaemon({ spec }: Pod): string | undefined {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = (required?.nodeSelectorTerms ?? []).flatMap(({ matchFields = [] }) => matchFields);
  return fields.find(({ key }) => key === "metadata.name")?.values?.[0];
}
