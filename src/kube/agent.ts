/** The Pod Identity agent where it was not installed by EKS: a DaemonSet with the labels of AWS's chart. */
import type { KubeClient } from "./client.ts";
import { type KubeObject, keyOf } from "./object.ts";

const LABELS = "app.kubernetes.io/name=eks-pod-identity-agent";

/** "namespace/name"; `undefined`: there is none. @throws KubeError 403 without the right to list DaemonSets */
export async function agentDaemonSet({
  transport,
}: {
  readonly transport: Pick<KubeClient["transport"], "json">;
}): Promise<string | undefined> {
  // An empty list of metadata alone has a null, or nothing, for its items.
  const { items } = await transport.json<{ readonly items?: readonly KubeObject[] | null }>({
    method: "GET",
    path: `/apis/apps/v1/daemonsets?labelSelector=${encodeURIComponent(LABELS)}&limit=1`,
    accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  });
  const [first] = items ?? [];
  return first && keyOf(first);
}
