/** The MutatingWebhookConfiguration of EKS clusters, as `kubectl get -o yaml` shows it there; only the port is ours. */
import type { Resource } from "../../../../src/kube/client.ts";
import type { KubeObject } from "../../../../src/kube/object.ts";

export const WEBHOOK_CONFIGURATIONS: Resource = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "mutatingwebhookconfigurations",
  namespaced: false,
};

export interface ConfigurationOptions {
  readonly name: string;
  readonly port: number;
  /** PEM of what signed the serving certificate. */
  readonly ca: string;
  /** Absent: all. */
  readonly namespaces?: readonly string[] | undefined;
}

export function webhookConfiguration(options: ConfigurationOptions): KubeObject {
  const { name, port, ca, namespaces } = options;
  const webhook = {
    name: "iam-for-pods.amazonaws.com",
    clientConfig: {
      url: `https://127.0.0.1:${port}/mutate`,
      caBundle: Buffer.from(ca).toString("base64"),
    },
    rules: [
      {
        operations: ["CREATE"],
        apiGroups: [""],
        apiVersions: ["v1"],
        resources: ["pods"],
        scope: "*",
      },
    ],
    // A webhook that does not answer lets Pods in without credentials.
    failurePolicy: "Ignore",
    matchPolicy: "Equivalent",
    namespaceSelector: namespaces ? onlyIn(namespaces) : {},
    objectSelector: {
      matchExpressions: [
        { key: "eks.amazonaws.com/skip-pod-identity-webhook", operator: "DoesNotExist" },
      ],
    },
    reinvocationPolicy: "IfNeeded",
    sideEffects: "None",
    admissionReviewVersions: ["v1beta1"],
    timeoutSeconds: 10,
  };
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name },
    ...{ webhooks: [webhook] },
  };
}

function onlyIn(values: readonly string[]): object {
  return { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values }] };
}
