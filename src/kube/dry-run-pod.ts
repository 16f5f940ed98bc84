/** A pod that is admitted and not stored: what the API server's webhooks would make of a real one. */
import type { Pod } from "../plan/pod.ts";
import { collectionOf, type KubeClient, type Resource } from "./client.ts";

const PODS: Resource = { group: "", version: "v1", plural: "pods", namespaced: true };

/** Marks it for policies that count or refuse pods. */
const PROBE_LABEL = "podidentity.io/probe";

/** As little as a pod can ask for, within the strictest pod security standard and any ordinary quota. */
const CONTAINER = {
  name: "probe",
  image: "registry.k8s.io/pause:3.10",
  resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { cpu: "1m", memory: "1Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
};

/** @throws KubeError 403 if a quota, a policy or RBAC refuses it, or the ServiceAccount does not exist */
export function dryRunPod(
  client: KubeClient,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
): Promise<Pod> {
  return client.transport.json<Pod>({
    method: "POST",
    path: `${collectionOf(PODS, namespace)}?dryRun=All&fieldManager=podidentity`,
    body: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { generateName: "podidentity-probe-", labels: { [PROBE_LABEL]: "true" } },
      spec: {
        serviceAccountName: serviceAccount,
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65_535,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [CONTAINER],
      },
    },
  });
}
