/** What a reader of the add-ons guide looks at: the EKSAddons, what EKS has of them, and their pods in kube-system. */
import type { EksAddon } from "../../src/api/eks-addon.ts";
import { PROFILES } from "../config/aws-documents.ts";
import { untilAddonReady } from "../operator/addons.ts";
import { podsOf } from "../operator/deployments.ts";
import { until } from "../operator/fixture.ts";
import type { Addon } from "../sandbox/aws/eks/addons/addon.ts";
import type { Association, Role } from "../sandbox/aws/world.ts";
import type { Container, Pod } from "../sandbox/data-plane/pod.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { sharedControlPlane } from "../sandbox/shared.ts";
import { type Guide, HELD_MS, resultOf, startGuide } from "./guide.ts";

export interface AddonGuide extends Guide {
  /** Waits until its Ready condition is so; "True Reconciled" unless given. */
  untilAddon(name: string, expected?: string): Promise<EksAddon>;
  /** As EKS has it in the guide's cluster. */
  addonOf(name: string): Addon | undefined;
  /** Those that it owns. */
  associationsOf(name: string): readonly Association[];
  roleOf(arn: string): Role | undefined;
  /** Waits until the two with the label run, each of them so, and none that is on its way out. */
  running(selector: string, isSo?: (pod: Pod) => boolean): Promise<readonly Pod[]>;
  /** Waits until neither pods nor what makes them are left. */
  gone(selector: string): Promise<void>;
  /** ARN that AWS has for whoever calls from the pod. */
  callerIn(pod: Pod | undefined): Promise<string>;
}

const NAMESPACE = "kube-system";
const PODS = 2;

/** EKS says that its cluster has the Kubernetes version of the guide, 1.30. */
export async function startAddonGuide(): Promise<AddonGuide> {
  const { issuer } = await sharedControlPlane();
  const clusters = [{ name: CLUSTER_NAME, issuer, version: "1.30" }];
  const guide = await startGuide({
    policies: PROFILES.addons,
    aws: { clusters, settings: { addonLagMs: HELD_MS } },
  });
  const { sandbox, dataPlane } = guide;
  const { aws, kubectl } = sandbox;
  const addonOf = (name: string) =>
    aws.state().addons.find(({ arn }) => arn.includes(`:addon/${CLUSTER_NAME}/${name}/`));
  return Object.assign(guide, {
    untilAddon: (name: string, expected = "True Reconciled") =>
      untilAddonReady(sandbox, name, expected),
    addonOf,
    associationsOf: (name: string) => {
      const owner = addonOf(name)?.arn ?? "none";
      return aws.state().associations.filter(({ ownerArn }) => ownerArn === owner);
    },
    roleOf: (arn: string) => aws.state().roles.find((role) => role.arn === arn),
    running: async (selector: string, isSo: (pod: Pod) => boolean = () => true) => {
      let pods: readonly Pod[] = [];
      const isRunning = (pod: Pod) => pod.status?.phase === "Running" && isSo(pod);
      await until(
        `${PODS} pods ${selector} run`,
        async () => {
          pods = await podsOf(sandbox, NAMESPACE, selector);
          return pods.length === PODS && pods.every(isRunning);
        },
        () => JSON.stringify(pods),
      );
      return pods;
    },
    gone: async (selector: string) => {
      const kinds = "daemonsets,deployments,pods";
      const left = () => kubectl("get", kinds, "-n", NAMESPACE, "-l", selector, "-o", "name");
      await until(`${kinds} ${selector} are gone`, async () => (await left()) === "");
    },
    callerIn: async (pod: Pod | undefined) => {
      const name = pod?.metadata.name ?? "";
      const steps = ["sts:GetCallerIdentity"];
      const [outcome] = await dataPlane.runWorkload({ pod: { namespace: NAMESPACE, name }, steps });
      return (resultOf(outcome) as { Arn: string }).Arn;
    },
  });
}

/** "NAME=value" of the container's variables of Pod Identity, and where the token is mounted. */
export function credentialsOf({ env = [], volumeMounts = [] }: Container): readonly string[] {
  const variables = env.filter(({ name }) => name.startsWith("AWS_CONTAINER_"));
  const mounts = volumeMounts.filter(({ name }) => name === "eks-pod-identity-token");
  return [
    ...variables.map(({ name, value }) => `${name}=${value}`),
    ...mounts.map(({ mountPath }) => mountPath),
  ];
}

/** Whether all of its containers have them. */
export function hasCredentials({ spec }: Pod): boolean {
  return spec.containers.every((container) => credentialsOf(container).length > 0);
}
