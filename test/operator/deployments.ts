/** Deployments and their pods, for tests that see what becomes of them. */
import { stringify } from "yaml";
import type { Pod } from "../sandbox/data-plane/pod.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

export interface DeploymentOptions {
  readonly namespace: string;
  /** Also of its ServiceAccount, which is made with it. */
  readonly name: string;
  readonly replicas?: number;
  /** Of the pod template. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: readonly object[];
  readonly volumes?: readonly object[];
}

export function deploymentManifest(options: DeploymentOptions): string {
  const { namespace, name, replicas = 3, labels = {}, env = [], volumes = [] } = options;
  const metadata = { namespace, name };
  const containers = [{ name: "app", image: "registry.k8s.io/pause:3.10", env }];
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...labels } },
        spec: { serviceAccountName: name, containers, volumes },
      },
    },
  };
  return [account, deployment].map((object) => stringify(object)).join("---\n");
}

/** Those that are not on their way out. */
export async function podsOf(
  { kubectl }: Pick<Sandbox, "kubectl">,
  namespace: string,
  selector: string,
): Promise<readonly Pod[]> {
  const listed = await kubectl("get", "pods", "-n", namespace, "-l", selector, "-o", "json");
  const { items } = JSON.parse(listed) as { readonly items: readonly Pod[] };
  return items.filter(({ metadata }) => !metadata.deletionTimestamp);
}

/** Whether the injecting webhook was there when it was admitted. */
export function isInjected({ spec }: Pod): boolean {
  return (spec?.containers ?? []).every(({ env = [] }) =>
    env.some(({ name }) => name === "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
  );
}
