/** Makes of an add-on's version, namespace and last restart the objects that EKS applies for it. */
import type { KubeObject } from "../../../../src/kube/object.ts";
import type { InstalledAddon } from "../../aws/controls/addons.ts";
import { type ContainerFacts, WORKLOADS, type WorkloadFacts } from "./workloads.ts";

export interface AddonPlace {
  readonly clusterName: string;
  readonly region: string;
}

/** In the order in which they are applied. Empty for an add-on that brings nothing here. */
export function addonObjects(addon: InstalledAddon, place: AddonPlace): readonly KubeObject[] {
  const workloads = WORKLOADS[addon.name] ?? [];
  const accounts = new Set(workloads.flatMap(({ serviceAccount = [] }) => serviceAccount));
  return [
    ...[...accounts].map((name) => serviceAccount(name, addon)),
    ...workloads.map((facts) => workload(facts, addon, place)),
  ];
}

/** The role of an IRSA add-on is an annotation of its ServiceAccounts. */
function serviceAccount(
  name: string,
  { namespace, serviceAccountRoleArn }: InstalledAddon,
): KubeObject {
  const annotations = { "eks.amazonaws.com/role-arn": serviceAccountRoleArn };
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace, name, ...(serviceAccountRoleArn === "" ? {} : { annotations }) },
  };
}

function workload(facts: WorkloadFacts, addon: InstalledAddon, place: AddonPlace): KubeObject {
  const { kind, name, selector, hostNetwork = false } = facts;
  const { namespace, version, identitiesChangedAt } = addon;
  const container = (one: ContainerFacts) => containerOf(one, addon, place);
  const annotations =
    identitiesChangedAt === undefined
      ? {}
      : { "kubectl.kubernetes.io/restartedAt": new Date(identitiesChangedAt).toISOString() };
  const template = {
    metadata: { labels: selector, annotations },
    spec: {
      ...(facts.serviceAccount === undefined ? {} : { serviceAccountName: facts.serviceAccount }),
      ...(hostNetwork ? { hostNetwork } : {}),
      tolerations: [{ operator: "Exists" }],
      initContainers: (facts.initContainers ?? []).map(container),
      containers: facts.containers.map(container),
    },
  };
  const labels = { ...selector, "app.kubernetes.io/version": version.replace(/^v|-.*/g, "") };
  const spec = { selector: { matchLabels: selector }, template };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { namespace, name, labels },
    ...{ spec: kind === "Deployment" ? { replicas: 2, ...spec } : spec },
  };
}

function containerOf(
  { image, ...rest }: ContainerFacts,
  { version }: InstalledAddon,
  { clusterName, region }: AddonPlace,
): object {
  const tagged = image.includes(":") ? image : `${image}:${version.replace(/-.*/, "")}`;
  return {
    ...rest,
    image: `602401143452.dkr.ecr.${region}.amazonaws.com/${tagged}`,
    env: [{ name: "CLUSTER_NAME", value: clusterName }],
  };
}
