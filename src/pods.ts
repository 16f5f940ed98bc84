/** The pods of each ServiceAccount, kept from the watch: a few facts of each, not the pods. */
import { KubeError } from "./kube/errors.ts";
import type { KubeObject } from "./kube/object.ts";
import type { Reflector } from "./kube/reflector.ts";
import { type Pod, type PodFacts, podFacts } from "./plan/pod.ts";
import type { AssociationKey } from "./plan/resources.ts";

/** What the watch keeps of a pod. */
export interface SeenPod extends KubeObject {
  /** "namespace/ServiceAccount" */
  readonly account: string;
  /** `undefined`: it has ended. */
  readonly facts: PodFacts | undefined;
}

export function seenPod(object: KubeObject): SeenPod {
  const { name, namespace = "", uid, resourceVersion } = object.metadata;
  const pod = object as KubeObject & Pod;
  return {
    metadata: {
      name,
      namespace,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    account: `${namespace}/${pod.spec?.serviceAccountName ?? "default"}`,
    facts: podFacts(pod),
  };
}

type PodReflector = Pick<Reflector<SeenPod>, "store" | "hasSynced" | "lastProblem">;

export class Pods {
  readonly #reflector: PodReflector | undefined;
  readonly #byAccount = new Map<string, Map<string, PodFacts>>();

  #onChange: (account: string) => void = () => {};

  /** @param reflector `undefined`: pods are not watched */
  constructor(reflector: PodReflector | undefined) {
    this.#reflector = reflector;
    reflector?.store.subscribe((key, change, pod, previous) => {
      const isGone = change === "deleted";
      this.#put(pod.account, key, isGone ? undefined : pod.facts);
      const before = change === "added" ? undefined : previous?.facts;
      if (shown(before) !== shown(isGone ? undefined : pod.facts)) this.#onChange(pod.account);
    });
  }

  get state(): "seen" | "unseen" | "forbidden" | "off" {
    if (!this.#reflector) return "off";
    if (this.#reflector.hasSynced) return "seen";
    const problem = this.#reflector.lastProblem;
    return problem instanceof KubeError && problem.status === 403 ? "forbidden" : "unseen";
  }

  /** @param onChange a ServiceAccount ("namespace/name") has other pods now, or they have other credentials */
  subscribe(onChange: (account: string) => void): void {
    this.#onChange = onChange;
  }

  of({ namespace, serviceAccount }: AssociationKey): readonly PodFacts[] {
    return [...(this.#byAccount.get(`${namespace}/${serviceAccount}`)?.values() ?? [])];
  }

  #put(account: string, key: string, facts: PodFacts | undefined): void {
    const pods = this.#byAccount.get(account) ?? new Map<string, PodFacts>();
    if (facts) pods.set(key, facts);
    else pods.delete(key);
    if (pods.size > 0) this.#byAccount.set(account, pods);
    else this.#byAccount.delete(account);
  }
}

/** Of what status shows: a pod that becomes ready is no news. */
function shown(facts: PodFacts | undefined): string {
  return facts ? `${facts.injection} ${facts.detail}` : "";
}
