/** What the operator watches in Kubernetes: its own kinds, and the namespaces and ServiceAccounts they are about. */
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

export const ASSOCIATIONS: Resource = {
  group: GROUP,
  version: VERSION,
  plural: podIdentityAssociation.plural,
  namespaced: true,
};

export const GUARDRAILS: Resource = {
  group: GROUP,
  version: VERSION,
  plural: podIdentityGuardrail.plural,
  namespaced: false,
};

const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };

export class Watches {
  readonly associations: Reflector<PodIdentityAssociation>;
  readonly guardrails: Reflector<PodIdentityGuardrail>;
  readonly namespaces: Reflector<KubeObject>;
  readonly serviceAccounts: Reflector<KubeObject>;

  constructor(transport: Transport, onError: (thrown: unknown) => void) {
    const how = { transport, onError };
    this.associations = new Reflector({ ...how, resource: ASSOCIATIONS });
    this.guardrails = new Reflector({ ...how, resource: GUARDRAILS });
    this.namespaces = new Reflector({ ...how, resource: NAMESPACES, project: namesAndLabels });
    this.serviceAccounts = new Reflector({
      ...how,
      resource: SERVICE_ACCOUNTS,
      project: namesAndLabels,
    });
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
    await Promise.all(this.#all().map(([, reflector]) => reflector.run(signal)));
  }

  #all(): readonly (readonly [string, Pick<Reflector<KubeObject>, Observed>])[] {
    return [
      ["PodIdentityAssociations", this.associations],
      ["PodIdentityGuardrails", this.guardrails],
      ["Namespaces", this.namespaces],
      ["ServiceAccounts", this.serviceAccounts],
    ];
  }
}

type Observed = "hasSynced" | "outOfTouchMs" | "synced" | "run";

/** All that is needed of them; the rest of thousands would only fill memory. */
function namesAndLabels({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels, annotations = {} } = metadata;
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...kept } = annotations;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(labels ? { labels } : {}),
      ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}),
    },
  };
}
