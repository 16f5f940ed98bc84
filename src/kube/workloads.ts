/** Deployments, StatefulSets and DaemonSets: read afresh, and restarted as `kubectl rollout restart` does. */
import type { PodDisruptionBudget } from "../plan/disruption.ts";
import { collectionOf, type KubeClient, type Resource } from "./client.ts";
import type { KubeObject } from "./object.ts";

/** Never kubectl's: Flux takes what that one has set for somebody's edit, and reverts it. */
const FIELD_MANAGER = "podidentity-restart";

const BUDGETS: Resource = {
  group: "policy",
  version: "v1",
  plural: "poddisruptionbudgets",
  namespaced: true,
};

interface WorkloadObject extends KubeObject {
  readonly spec?: {
    readonly paused?: boolean;
    readonly updateStrategy?: { readonly type?: string };
    readonly template?: {
      readonly metadata?: Pick<KubeObject["metadata"], "labels" | "annotations">;
      readonly spec?: { readonly serviceAccountName?: string };
    };
  };
}

interface WorkloadName {
  /** "Deployment" */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export class Workloads {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  get({ kind, ...name }: WorkloadName): Promise<WorkloadObject | undefined> {
    return this.#client.get(resourceOf(kind), name);
  }

  async budgets(namespace: string): Promise<readonly PodDisruptionBudget[]> {
    const path = collectionOf(BUDGETS, namespace);
    const { items } = await this.#client.transport.json<{
      readonly items: readonly PodDisruptionBudget[];
    }>({ method: "GET", path });
    return items;
  }

  /**
   * Sets annotations of the pod template, and so has all pods replaced as the workload's strategy says.
   *
   * @throws KubeError 409 if it is not as it was read any more: two of us must not restart it both
   */
  async annotateTemplate(
    kind: string,
    { metadata }: WorkloadObject,
    annotations: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { namespace, name, uid, resourceVersion } = metadata;
    const object = {
      apiVersion: "apps/v1",
      kind,
      metadata: { namespace, name, uid, resourceVersion } as KubeObject["metadata"],
      spec: { template: { metadata: { annotations } } },
    };
    await this.#client.apply(resourceOf(kind), object, FIELD_MANAGER);
  }
}

function resourceOf(kind: string): Resource {
  const plural = `${kind.toLowerCase()}s`;
  return { group: "apps", version: "v1", plural, namespaced: true };
}
