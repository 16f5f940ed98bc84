/** What AWS's add-ons are in a cluster: their workloads and ServiceAccounts, with the names and labels of AWS's charts. */

export interface WorkloadFacts {
  readonly kind: "DaemonSet" | "Deployment";
  readonly name: string;
  /** `app.kubernetes.io/name` and what else its selector has. */
  readonly selector: Readonly<Record<string, string>>;
  /** Absent: the namespace's default. */
  readonly serviceAccount?: string;
  readonly hostNetwork?: boolean;
  readonly containers: readonly ContainerFacts[];
  readonly initContainers?: readonly ContainerFacts[];
}

export interface ContainerFacts {
  readonly name: string;
  /** Repository below the region's registry, with a tag if that is not the add-on's version. */
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
}

const AGENT = "eks-pod-identity-agent";

const sidecar = (name: string, tag: string): ContainerFacts => ({
  name,
  image: `eks/${name}:${tag}`,
});

/** Add-on → its workloads. */
export const WORKLOADS: Readonly<Record<string, readonly WorkloadFacts[]>> = {
  [AGENT]: [
    {
      kind: "DaemonSet",
      name: AGENT,
      selector: { "app.kubernetes.io/name": AGENT, "app.kubernetes.io/instance": AGENT },
      hostNetwork: true,
      containers: [
        {
          name: AGENT,
          image: `eks/${AGENT}`,
          command: ["/go-runner", `/${AGENT}`, "server"],
          args: ["--port", "80", "--cluster-name", "$(CLUSTER_NAME)", "--probe-port", "2703"],
          ports: [
            { name: "proxy", containerPort: 80 },
            { name: "probes-port", containerPort: 2703 },
          ],
        },
      ],
    },
  ],
  "vpc-cni": [
    {
      kind: "DaemonSet",
      name: "aws-node",
      selector: { "k8s-app": "aws-node" },
      serviceAccount: "aws-node",
      hostNetwork: true,
      initContainers: [{ name: "aws-vpc-cni-init", image: "amazon-k8s-cni-init" }],
      containers: [
        { name: "aws-node", image: "amazon-k8s-cni" },
        { name: "aws-eks-nodeagent", image: "amazon/aws-network-policy-agent:v1.2.7" },
      ],
    },
  ],
  "aws-ebs-csi-driver": [
    {
      kind: "Deployment",
      name: "ebs-csi-controller",
      selector: { app: "ebs-csi-controller" },
      serviceAccount: "ebs-csi-controller-sa",
      containers: [
        { name: "ebs-plugin", image: "eks/aws-ebs-csi-driver" },
        sidecar("csi-provisioner", "v5.3.0-eks-1-34-3"),
        sidecar("csi-attacher", "v4.9.0-eks-1-34-3"),
      ],
    },
    {
      kind: "DaemonSet",
      name: "ebs-csi-node",
      selector: { app: "ebs-csi-node" },
      serviceAccount: "ebs-csi-node-sa",
      containers: [
        { name: "ebs-plugin", image: "eks/aws-ebs-csi-driver" },
        sidecar("node-driver-registrar", "v2.14.0-eks-1-34-3"),
      ],
    },
  ],
  "aws-efs-csi-driver": [
    {
      kind: "Deployment",
      name: "efs-csi-controller",
      selector: { app: "efs-csi-controller" },
      serviceAccount: "efs-csi-controller-sa",
      containers: [
        { name: "efs-plugin", image: "eks/aws-efs-csi-driver" },
        sidecar("csi-provisioner", "v5.3.0-eks-1-34-3"),
      ],
    },
    {
      kind: "DaemonSet",
      name: "efs-csi-node",
      selector: { app: "efs-csi-node" },
      serviceAccount: "efs-csi-node-sa",
      hostNetwork: true,
      containers: [
        { name: "efs-plugin", image: "eks/aws-efs-csi-driver" },
        { name: "csi-driver-registrar", image: "eks/csi-node-driver-registrar:v2.14.0-eks-1-34-3" },
      ],
    },
  ],
  "amazon-cloudwatch-observability": [
    {
      kind: "DaemonSet",
      name: "cloudwatch-agent",
      selector: { "app.kubernetes.io/name": "cloudwatch-agent" },
      serviceAccount: "cloudwatch-agent",
      containers: [
        { name: "otc-container", image: "cloudwatch-agent/cloudwatch-agent:1.300062.0" },
      ],
    },
    {
      kind: "DaemonSet",
      name: "fluent-bit",
      selector: { "k8s-app": "fluent-bit" },
      serviceAccount: "cloudwatch-agent",
      containers: [{ name: "fluent-bit", image: "aws-observability/aws-for-fluent-bit:2.32.5" }],
    },
  ],
  coredns: [
    {
      kind: "Deployment",
      name: "coredns",
      selector: { "k8s-app": "kube-dns" },
      serviceAccount: "coredns",
      containers: [{ name: "coredns", image: "eks/coredns" }],
    },
  ],
};
