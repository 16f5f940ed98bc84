/** What add-ons can be configured with, as JSON schemas: excerpts of AWS's own, with their names and types (vpc-cni's "true" is a string). */

const STRING = { type: "string" };
const BOOLEAN = { type: "boolean" };
const OBJECT = { type: "object" };
const LIST = { type: "array", items: OBJECT };
const RESOURCES = {
  type: "object",
  properties: { limits: OBJECT, requests: OBJECT },
  additionalProperties: false,
};
const PLACEMENT = { tolerations: LIST, affinity: { type: ["object", "null"] } };

const root = (properties: object) => ({
  $schema: "http://json-schema.org/draft-06/schema#",
  type: "object",
  properties,
  additionalProperties: false,
});

export const SCHEMAS: Readonly<Record<string, object>> = {
  "eks-pod-identity-agent": root({
    ...PLACEMENT,
    agent: {
      type: "object",
      properties: { additionalArgs: OBJECT },
      additionalProperties: false,
    },
    daemonsets: { type: "object" },
    priorityClassName: STRING,
    resources: RESOURCES,
  }),
  "vpc-cni": root({
    ...PLACEMENT,
    enableNetworkPolicy: { type: "string", format: "boolean" },
    enableWindowsIpam: { type: "string", format: "boolean" },
    env: {
      type: "object",
      properties: {
        AWS_VPC_K8S_CNI_LOGLEVEL: STRING,
        ENABLE_PREFIX_DELEGATION: { type: "string", format: "boolean" },
        WARM_ENI_TARGET: STRING,
        WARM_IP_TARGET: STRING,
        WARM_PREFIX_TARGET: STRING,
      },
      additionalProperties: false,
    },
    nodeAgent: OBJECT,
    resources: RESOURCES,
  }),
  "aws-ebs-csi-driver": root({
    controller: {
      type: "object",
      properties: { ...PLACEMENT, extraVolumeTags: OBJECT, resources: RESOURCES },
      additionalProperties: false,
    },
    node: OBJECT,
    defaultStorageClass: {
      type: "object",
      properties: { enabled: BOOLEAN },
      additionalProperties: false,
    },
  }),
  "aws-efs-csi-driver": root({
    controller: {
      type: "object",
      properties: { ...PLACEMENT, deleteAccessPointRootDir: BOOLEAN, tags: OBJECT },
      additionalProperties: false,
    },
    node: OBJECT,
    useFIPS: BOOLEAN,
  }),
  "amazon-cloudwatch-observability": root({
    agent: OBJECT,
    containerLogs: {
      type: "object",
      properties: { enabled: BOOLEAN, fluentBit: OBJECT },
      additionalProperties: false,
    },
    manager: OBJECT,
    tolerations: LIST,
  }),
  coredns: root({
    ...PLACEMENT,
    computeType: STRING,
    corefile: STRING,
    replicaCount: { type: "integer" },
    resources: RESOURCES,
  }),
};
