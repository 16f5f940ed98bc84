/** What the operator watches in Kubernetes: its own kinds, and the namespaces and ServiceAccounts they are about. */
import {
  type ClusterPodIdentityAssociation,
  clusterPodIdentityAssociation,
} from "./api/cluster-pod-identity-association.ts";
import { type EksAddon, eksAddon } from "./api/eks-addon.ts";
import { GROUP, VERSION } from "./api/group.ts";
import {
  type PodIdentityAssociation,
  podIdentityAssociation,
} from "./api/pod-identity-association.ts";
import { type PodIdentityGuardrail, podIdentityGuardrail } from "./api/pod-identity-guardrail.ts";
import type { Resource } from "./kube/client.ts";
import type { KubeObject } from "./kube/object.ts";
import { Reflector } from "./kube/reflector.ts";
import { SERVICE_ACCOUNTS } from "./kube/service-accounts.ts";
import type { Transport } from "./kube/transport.ts";
import { type SeenPod, seenPod } from "./pods.ts";

export const ASSOCIATIONS: Resource = {
  group: GROUP,
  version: VERSION,
  plural: podIdentityAssociation.plural,
  namespaced: true,
};

export const TEMPLATES: Resource = {
  group: GROUP,
  version: VERSION,
  plural: clusterPodIdentityAssociation.plural,
  namespaced: false,
};

export const ADDONS: Resource = {
  group: GROUP,
  version: VERSION,
  plural: eksAddon.plural,
  namespaced: false,
};

export const GUARDRAILS: Resource = {
  group: GROUP,
  version: VERSION,
  plural: podIdentityGuardrail.plural,
  namespaced: false,
};

const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };

/** What has ended needs no credentials, and is often most of what there is. */
const PODS: Resource = {
  group: "",
  version: "v1",
  plural: "pods",
  namespaced: true,
  fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
};

export class Watches {
  readonly associations: Reflector<PodIdentityAssociation>;
  readonly templates: Reflector<ClusterPodIdentityAssociation>;
  readonly addons: Reflector<EksAddon>;
  readonly guardrails: Reflector<PodIdentityGuardrail>;
  readonly namespaces: Reflector<KubeObject>;
  readonly serviceAccounts: Reflector<KubeObject>;
  /** `undefined`: pods are not watched. The operator works without: nobody waits for this one. */
  readonly pods: Reflector<SeenPod> | undefined;

  constructor(
    transport: Transport,
    {
      verifiesPods,
      onError,
    }: { readonly verifiesPods: boolean; readonly onError: (thrown: unknown) => void },
  ) {
    const how = { transport, onError };
    this.associations = new Reflector({ ...how, resource: ASSOCIATIONS });
    this.templates = new Reflector({ ...how, resource: TEMPLATES });
    this.addons = new Reflector({ ...how, resource: ADDONS });
    this.guardrails = new Reflector({ ...how, resource: GUARDRAILS });
    this.namespaces = new Reflector({ ...how, resource: NAMESPACES, project: namesAndLabels });
    this.serviceAccounts = new Reflector({
      ...how,
      resource: SERVICE_ACCOUNTS,
      project: namesAndLabels,
    });
    this.pods = verifiesPods
      ? new Reflector({ ...how, onError: once(onError), resource: PODS, project: seenPod })
      : undefined;
  }

  /** Whose first list is still awaited, in words; "" if none is. */
  get waitingFor(): string {
    const [first] = this.#all().filter(([, { hasSynced }]) => !hasSynced);
    return first ? `the first list of ${first[0]}` : "";
  }

  /** For how long one of them has been without a connection, in milliseconds. */
  get outOfTouchMs(): number {
    return Math.max(...this.#all().map(([, { outOfTouchMs }]) => outOfTouchMs));
  }

  /** Resolves when all have been listed. */
  async synced(): Promise<void> {
    await Promise.all(this.#all().map(([, { synced }]) => synced));
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const all = [
      ...this.#all().map(([, reflector]) => reflector),
      ...(this.pods ? [this.pods] : []),
    ];
    await Promise.all(all.map((reflector) => reflector.run(signal)));
  }

  #all(): readonly (readonly [string, Pick<Reflector<KubeObject>, Observed>])[] {
    return [
      ["PodIdentityAssociations", this.associations],
      ["ClusterPodIdentityAssociations", this.templates],
      ["EKSAddons", this.addons],
      ["PodIdentityGuardrails", this.guardrails],
      ["Namespaces", this.namespaces],
      ["ServiceAccounts", this.serviceAccounts],
    ];
  }
}

/** Without the right to watch pods it fails for ever: said once, and once more after anything else. */
function once(onError: (thrown: unknown) => void): (thrown: unknown) => void {
  let last = "";
  return (thrown) => {
    const text = String(thrown);
    if (text !== last) onError(thrown);
    last = text;
  };
}

type Observed = "hasSynced" | "outOfTouchMs" | "synced" | "run";

/** All that is needed of them; the rest of thousands would only fill memory. */
function namesAndLabels({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels, deletionTimestamp } = metadata;
  const { annotations = {} } = metadata;
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...kept } = annotations;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(labels ? { labels } : {}),
      ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}),
    },
  };
}
