/** What the add-on eks-pod-identity-agent installs: a DaemonSet, with the names and labels of AWS's chart. */
import type { KubeObject } from "../../../../src/kube/object.ts";

const NAME = "eks-pod-identity-agent";
const SELECTOR = { "app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": NAME };

/** The agent's address is served beside it: its Pods are there to be seen. */
export function agentDaemonSet(options: {
  readonly clusterName: string;
  readonly region: string;
  /** "v1.3.10-eksbuild.2" */
  readonly version: string;
  /** @default kube-system, as in EKS */
  readonly namespace?: string;
}): KubeObject {
  const { clusterName, region, version, namespace = "kube-system" } = options;
  const container = {
    name: NAME,
    image: `602401143452.dkr.ecr.${region}.amazonaws.com/eks/${NAME}:${version.replace(/-.*/, "")}`,
    command: ["/go-runner", `/${NAME}`, "server"],
    args: ["--port", "80", "--cluster-name", clusterName, "--probe-port", "2703"],
    env: [{ name: "AWS_REGION", value: region }],
    ports: [
      { name: "proxy", containerPort: 80 },
      { name: "probes-port", containerPort: 2703 },
    ],
  };
  const template = {
    metadata: { labels: SELECTOR },
    spec: {
      priorityClassName: "system-node-critical",
      hostNetwork: true,
      tolerations: [{ operator: "Exists" }],
      containers: [container],
    },
  };
  const labels = { ...SELECTOR, "app.kubernetes.io/version": version.replace(/^v|-.*/g, "") };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { namespace, name: NAME, labels },
    ...{ spec: { selector: { matchLabels: SELECTOR }, template } },
  };
}
