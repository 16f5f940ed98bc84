/** Which manifest of config/ becomes which template of the chart, and what its values change in it. */
import type { Expressions } from "./substitute.ts";

export interface Template {
  /** Manifest below config/. */
  readonly source: string;
  /** Of Helm: when it is part of a release. @default always */
  readonly when?: string;
  /** By "kind/name", where the values say something else than the manifest. */
  readonly set?: Readonly<Record<string, Expressions>>;
}

const json = (value: string) => `{{ .Values.${value} | toJson }}`;
const quoted = (value: string) => `{{ .Values.${value} | quote }}`;
const isGuardrail = (name: string) => `eq .Values.defaultGuardrail "${name}"`;

/** Labels under which Kubernetes adds a role to its own ones, or none. */
const aggregated = (...to: readonly string[]): Expressions => {
  const labels = to.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, "true"]);
  return {
    "metadata labels": `{{ if .Values.rbac.aggregate }}${JSON.stringify(Object.fromEntries(labels))}{{ else }}{}{{ end }}`,
  };
};

/** The first installation cannot have objects of a kind that it defines: they then come as a hook, later as all others. */
const AFTER_CRDS: Expressions = {
  "metadata annotations": '{{ include "podidentity.afterDefinitions" . }}',
  "metadata labels": '{"app.kubernetes.io/managed-by":{{ .Release.Service | quote }}}',
};

const ENV = "spec template spec containers operator env";

/** Variables that the Deployment sets; Kubernetes would refuse a second one of the name. */
const SET_BY_VALUES = [
  "CLUSTER_NAME",
  "AWS_REGION",
  "OPERATOR_MODE",
  "MANAGE_ROLES",
  "VERIFY_PODS",
  "EFFECTIVE_PROBE",
  "LOG_LEVEL",
  "LEADER_ELECTION",
  "OPERATOR_NAMESPACE",
];

const DEPLOYMENT: Expressions = {
  "spec replicas": "{{ .Values.replicas }}",
  "spec template metadata annotations": json("podAnnotations"),
  "spec template spec imagePullSecrets": json("image.pullSecrets"),
  "spec template spec nodeSelector": json("nodeSelector"),
  "spec template spec tolerations": json("tolerations"),
  "spec template spec affinity": json("affinity"),
  "spec template spec priorityClassName": quoted("priorityClassName"),
  "spec template spec containers operator image": '{{ include "podidentity.image" . | quote }}',
  "spec template spec containers operator imagePullPolicy": quoted("image.pullPolicy"),
  "spec template spec containers operator resources": json("resources"),
  [`${ENV} CLUSTER_NAME value`]:
    '{{ required "set clusterName to the name of the EKS cluster" .Values.clusterName | quote }}',
  [`${ENV} AWS_REGION value`]:
    '{{ required "set region to the region of the EKS cluster, e.g. us-west-2" .Values.region | quote }}',
  [`${ENV} OPERATOR_MODE value`]: quoted("operatorMode"),
  [`${ENV} MANAGE_ROLES value`]: '{{ ne .Values.profile "associations" | quote }}',
  [`${ENV} VERIFY_PODS value`]: quoted("verifyPods.enabled"),
  [`${ENV} EFFECTIVE_PROBE value`]: quoted("effectiveProbe"),
  [`${ENV} LOG_LEVEL value`]: quoted("logLevel"),
  [`${ENV} +`]: [
    "{{- range $name, $value := .Values.settings }}",
    `{{- if has $name (list ${SET_BY_VALUES.map((name) => `"${name}"`).join(" ")}) }}`,
    '{{- fail (printf "settings.%s: the chart sets it; use its value instead" $name) }}',
    "{{- end }}",
    "- name: {{ $name }}",
    "  value: {{ $value | quote }}",
    "{{- end }}",
  ].join("\n"),
};

export const TEMPLATES: readonly Template[] = [
  {
    source: "rbac/operator.yaml",
    set: {
      "ServiceAccount/pod-identity-operator": {
        "metadata annotations": json("serviceAccount.annotations"),
      },
    },
  },
  { source: "rbac/leader-election.yaml" },
  { source: "rbac/verify-pods.yaml", when: ".Values.verifyPods.enabled" },
  {
    source: "rbac/restart-pods.yaml",
    when: "and .Values.verifyPods.enabled .Values.podRestart.enabled",
  },
  { source: "rbac/create-service-accounts.yaml", when: ".Values.createServiceAccounts.enabled" },
  {
    source: "rbac/tenant-roles.yaml",
    set: {
      "ClusterRole/podidentity-edit": aggregated("edit", "admin"),
      "ClusterRole/podidentity-view": aggregated("view"),
    },
  },
  {
    source: "operator/deployment.yaml",
    set: { "Deployment/pod-identity-operator": DEPLOYMENT },
  },
  { source: "operator/pod-disruption-budget.yaml" },
  { source: "operator/network-policy.yaml", when: ".Values.networkPolicy.enabled" },
  { source: "operator/service.yaml" },
  {
    source: "prometheus/service-monitor.yaml",
    when: ".Values.serviceMonitor.enabled",
    set: {
      "ServiceMonitor/pod-identity-operator": {
        "metadata labels":
          '{{ merge (dict "app.kubernetes.io/name" "pod-identity-operator") .Values.serviceMonitor.labels | toJson }}',
        "spec endpoints": `[{"port":"probes","path":"/metrics","interval":${quoted("serviceMonitor.interval")}}]`,
      },
    },
  },
  {
    source: "prometheus/alerts.yaml",
    when: ".Values.alerts.enabled",
    set: {
      "PrometheusRule/pod-identity-operator": { "metadata labels": json("alerts.labels") },
    },
  },
  { source: "start-gate/start-gate.yaml", when: ".Values.startGate.enabled" },
  { source: "probe/probe.yaml", when: 'eq .Values.effectiveProbe "DryRun"' },
  {
    source: "guardrails/default.yaml",
    when: isGuardrail("Bounded"),
    set: {
      "PodIdentityGuardrail/default": {
        ...AFTER_CRDS,
        "spec managedRoles permissionsBoundaryArn": quoted("permissionsBoundaryArn"),
      },
    },
  },
  {
    source: "guardrails/open.yaml",
    when: isGuardrail("Open"),
    set: { "PodIdentityGuardrail/default": AFTER_CRDS },
  },
  {
    source: "guardrails/associations-only.yaml",
    when: isGuardrail("AssociationsOnly"),
    set: {
      "PodIdentityGuardrail/default": {
        ...AFTER_CRDS,
        "spec existingRoles allowedArns": json("existingRoleArns"),
      },
    },
  },
];
