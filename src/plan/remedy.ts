/** What a user does about pods without credentials, as a command to paste. */
import type { Injection } from "./injection.ts";
import type { Workload } from "./pod.ts";

/** Kinds that `kubectl rollout restart` knows, and the operator may restart. */
export const RESTARTABLE_KINDS: ReadonlySet<string> = new Set([
  "Deployment",
  "StatefulSet",
  "DaemonSet",
]);

export function remedy(
  workload: Workload,
  injection: Injection,
  { namespace }: { readonly namespace: string },
): string {
  if (injection === "shadowed") return "remove that variable from the pod template";
  if (injection === "unsupported") {
    return "run it on Linux nodes of EC2, or use IAM roles for service accounts there";
  }
  return `make its pods again: ${restartCommand(workload, namespace)}`;
}

function restartCommand({ kind, name }: Workload, namespace: string): string {
  if (RESTARTABLE_KINDS.has(kind)) {
    return `kubectl rollout restart ${kind.toLowerCase()}/${name} -n ${namespace}`;
  }
  switch (kind) {
    case "Rollout":
      return `kubectl argo rollouts restart ${name} -n ${namespace}`;
    case "Pod":
      // Not from the live pod: what its webhook gave it would come along.
      return `kubectl delete pod ${name} -n ${namespace}, then apply its manifest once more`;
    case "Job":
      return `kubectl delete job ${name} -n ${namespace}, then apply it once more`;
    default:
      return `delete those of ${kind} ${name} in namespace ${namespace}`;
  }
}
