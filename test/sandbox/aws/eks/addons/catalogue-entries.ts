/**
 * Add-ons of AWS with some of their versions. Which version is the default of which Kubernetes version changes from
 * week to week; a public guide shows vpc-cni v1.19.0-eksbuild.1 for 1.30. Identities came to add-ons in November 2024.
 */

export interface Release {
  readonly version: string;
  /** Minor versions of Kubernetes, both included: 29 is 1.29. */
  readonly from: number;
  readonly to: number;
  readonly defaultFor?: readonly string[];
  /** ServiceAccounts that can have identities. */
  readonly accounts?: readonly string[];
}

export interface CatalogueEntry {
  readonly name: string;
  readonly type: string;
  readonly publisher: string;
  readonly owner: string;
  readonly defaultNamespace: string;
  readonly architecture: readonly string[];
  readonly computeTypes: readonly string[];
  /** ServiceAccount → names of AWS managed policies, with their paths. */
  readonly identities: Readonly<Record<string, readonly string[]>>;
  /** Newest first. */
  readonly releases: readonly Release[];
}

const AWS = { publisher: "eks", owner: "aws", architecture: ["amd64", "arm64"] };
const KUBE_SYSTEM = { defaultNamespace: "kube-system" };

export const ENTRIES: readonly CatalogueEntry[] = [
  {
    ...AWS,
    ...KUBE_SYSTEM,
    name: "eks-pod-identity-agent",
    type: "security",
    computeTypes: ["ec2", "hybrid"],
    identities: {},
    releases: [
      {
        version: "v1.3.10-eksbuild.2",
        from: 29,
        to: 36,
        defaultFor: ["1.32", "1.33", "1.34", "1.35", "1.36"],
      },
      { version: "v1.3.4-eksbuild.1", from: 29, to: 36, defaultFor: ["1.29", "1.30", "1.31"] },
      { version: "v1.2.0-eksbuild.1", from: 29, to: 36 },
      { version: "v1.0.0-eksbuild.1", from: 29, to: 36 },
    ],
  },
  {
    ...AWS,
    ...KUBE_SYSTEM,
    name: "vpc-cni",
    type: "networking",
    computeTypes: ["ec2"],
    identities: { "aws-node": ["AmazonEKS_CNI_Policy"] },
    releases: [
      { version: "v1.21.1-eksbuild.1", from: 30, to: 36, accounts: ["aws-node"] },
      {
        version: "v1.20.4-eksbuild.1",
        from: 29,
        to: 36,
        defaultFor: ["1.33", "1.34", "1.35", "1.36"],
        accounts: ["aws-node"],
      },
      {
        version: "v1.19.2-eksbuild.1",
        from: 29,
        to: 33,
        defaultFor: ["1.32"],
        accounts: ["aws-node"],
      },
      {
        version: "v1.19.0-eksbuild.1",
        from: 29,
        to: 32,
        defaultFor: ["1.29", "1.30", "1.31"],
        accounts: ["aws-node"],
      },
      { version: "v1.16.4-eksbuild.2", from: 29, to: 36 },
    ],
  },
  {
    ...AWS,
    ...KUBE_SYSTEM,
    name: "aws-ebs-csi-driver",
    type: "storage",
    computeTypes: ["ec2"],
    identities: { "ebs-csi-controller-sa": ["service-role/AmazonEBSCSIDriverPolicy"] },
    releases: [
      {
        version: "v1.48.0-eksbuild.1",
        from: 29,
        to: 36,
        defaultFor: ["1.33", "1.34", "1.35", "1.36"],
        accounts: ["ebs-csi-controller-sa"],
      },
      {
        version: "v1.38.1-eksbuild.1",
        from: 29,
        to: 36,
        defaultFor: ["1.29", "1.30", "1.31", "1.32"],
        accounts: ["ebs-csi-controller-sa"],
      },
      { version: "v1.30.0-eksbuild.1", from: 29, to: 36 },
    ],
  },
  {
    ...AWS,
    ...KUBE_SYSTEM,
    name: "aws-efs-csi-driver",
    type: "storage",
    computeTypes: ["ec2"],
    identities: {
      "efs-csi-controller-sa": ["service-role/AmazonEFSCSIDriverPolicy"],
      "efs-csi-node-sa": ["service-role/AmazonEFSCSIDriverPolicy"],
    },
    releases: [
      {
        version: "v2.1.13-eksbuild.1",
        from: 29,
        to: 36,
        defaultFor: ["1.33", "1.34", "1.35", "1.36"],
        accounts: ["efs-csi-controller-sa", "efs-csi-node-sa"],
      },
      {
        version: "v2.1.0-eksbuild.1",
        from: 29,
        to: 36,
        defaultFor: ["1.29", "1.30", "1.31", "1.32"],
        accounts: ["efs-csi-controller-sa"],
      },
      { version: "v1.7.7-eksbuild.1", from: 29, to: 36 },
    ],
  },
  {
    ...AWS,
    name: "amazon-cloudwatch-observability",
    type: "observability",
    defaultNamespace: "amazon-cloudwatch",
    computeTypes: ["ec2", "auto", "hybrid"],
    identities: { "cloudwatch-agent": ["CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"] },
    releases: [
      {
        version: "v4.1.0-eksbuild.1",
        from: 29,
        to: 36,
        defaultFor: ["1.33", "1.34", "1.35", "1.36"],
        accounts: ["cloudwatch-agent"],
      },
      {
        version: "v3.1.0-eksbuild.1",
        from: 29,
        to: 36,
        defaultFor: ["1.29", "1.30", "1.31", "1.32"],
        accounts: ["cloudwatch-agent"],
      },
      { version: "v2.6.0-eksbuild.1", from: 29, to: 36 },
    ],
  },
  {
    ...AWS,
    ...KUBE_SYSTEM,
    name: "coredns",
    type: "networking",
    computeTypes: ["ec2", "fargate", "hybrid"],
    identities: {},
    releases: [
      {
        version: "v1.12.1-eksbuild.2",
        from: 31,
        to: 36,
        defaultFor: ["1.33", "1.34", "1.35", "1.36"],
      },
      {
        version: "v1.11.4-eksbuild.2",
        from: 29,
        to: 36,
        defaultFor: ["1.29", "1.30", "1.31", "1.32"],
      },
    ],
  },
];
