/** The chart's values: one schema, from which values.yaml, values.schema.json and the table of docs/install.md come. */
import { z } from "zod";

/** Of any shape that the Kubernetes API takes at its place. */
const asInPod = () => z.record(z.string(), z.unknown());

const image = z.strictObject({
  repository: z.string().default("").describe("Required: where your image is, without tag."),
  tag: z.string().default("").describe("Empty: the chart's appVersion."),
  digest: z.string().default("").describe("sha256:…; it takes the place of the tag."),
  pullPolicy: z.enum(["IfNotPresent", "Always", "Never"]).default("IfNotPresent").describe(""),
  pullSecrets: z
    .array(z.strictObject({ name: z.string() }))
    .default([])
    .describe("Secrets of the operator's namespace that the image is pulled with."),
});

const rbac = z.strictObject({
  aggregate: z
    .boolean()
    .default(true)
    .describe(
      "Whoever has Kubernetes' view, edit or admin in a namespace has it for PodIdentityAssociations there too.",
    ),
});

const serviceMonitor = z.strictObject({
  enabled: z.boolean().default(false).describe("Needs the Prometheus operator."),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .describe("What your Prometheus selects ServiceMonitors by."),
  interval: z.string().default("30s").describe("Between two scrapes."),
});

const alerts = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe("Rules of docs/runbook.md. Needs the Prometheus operator."),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .describe("What your Prometheus selects PrometheusRules by."),
});

const toggle = (description: string) =>
  z.strictObject({ enabled: z.boolean().default(true).describe(description) });

export const values = z.strictObject({
  clusterName: z.string().default("").describe("Required: the EKS cluster's name."),
  region: z.string().default("").describe("Required: the cluster's region, e.g. us-west-2."),
  image,
  profile: z
    .enum(["associations", "roles", "addons"])
    .default("roles")
    .describe(
      "Which AWS permissions the operator has: associations makes no IAM roles, roles does, addons also manages EKS add-ons.",
    ),
  defaultGuardrail: z
    .enum(["Bounded", "AssociationsOnly", "Open", "None"])
    .default("Bounded")
    .describe(
      "What ordinary namespaces may ask for at first. Bounded: roles under permissionsBoundaryArn; AssociationsOnly: the roles of existingRoleArns; Open: roles without a boundary; None: nothing, until you write a guardrail.",
    ),
  permissionsBoundaryArn: z
    .string()
    .min(20)
    .default(
      "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/podidentity-boundary/${AWS::Region}-${EKS::ClusterName}",
    )
    .describe("Of Bounded: the policy that is the boundary of every role."),
  existingRoleArns: z
    .array(z.string())
    .default(["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/shared/**"])
    .describe("Of AssociationsOnly: globs of the roles that may be named."),
  crds: toggle("Installs the definitions. Uninstalling never deletes them."),
  rbac,
  verifyPods: toggle("Status says which pods have their credentials: may list and watch pods."),
  podRestart: toggle(
    "Workloads that can never have worked are restarted: may patch Deployments, StatefulSets and DaemonSets.",
  ),
  createServiceAccounts: toggle(
    "For spec.createServiceAccount: may make, change and delete ServiceAccounts.",
  ),
  effectiveProbe: z
    .enum(["Off", "DryRun"])
    .default("Off")
    .describe(
      "DryRun: Ready waits until a pod that is only tried comes back with its credentials.",
    ),
  startGate: toggle(
    "Pods with the label podidentity.io/start-gate: enforce wait for their credentials.",
  ),
  operatorMode: z
    .enum(["Apply", "Plan"])
    .default("Apply")
    .describe("Plan: changes nothing in AWS, and shows what it would."),
  logLevel: z.enum(["error", "warn", "info", "debug"]).default("info").describe(""),
  settings: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("More environment variables of the operator, e.g. INSTALLATION_ID: blue."),
  replicas: z.int().min(1).max(10).default(2).describe("One works, the others wait."),
  resources: asInPod()
    .default({ requests: { cpu: "50m", memory: "160Mi" }, limits: { memory: "384Mi" } })
    .describe("Measured: 92 to 130 MiB when idle, 132 MiB with 500 objects."),
  serviceMonitor,
  alerts,
  networkPolicy: toggle("Lets in probes and metrics, and out DNS, TLS and the Pod Identity agent."),
  serviceAccount: z.strictObject({
    annotations: z.record(z.string(), z.string()).default({}).describe(""),
  }),
  podAnnotations: z.record(z.string(), z.string()).default({}).describe(""),
  nodeSelector: z.record(z.string(), z.string()).default({}).describe(""),
  tolerations: z.array(asInPod()).default([]).describe(""),
  affinity: asInPod().default({}).describe(""),
  priorityClassName: z.string().default("").describe(""),
});
