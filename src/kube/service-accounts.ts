/** ServiceAccounts: seen through the watch; made, changed and deleted one at a time. */
import type { KubeClient, Resource } from "./client.ts";
import { KubeError } from "./errors.ts";
import type { KubeObject } from "./object.ts";
import type { Store } from "./store.ts";

export const SERVICE_ACCOUNTS: Resource = {
  group: "",
  version: "v1",
  plural: "serviceaccounts",
  namespaced: true,
};

/** Of server-side apply: what it set before and does not name any more goes, what others set stays. */
const FIELD_MANAGER = "podidentity";

interface Key {
  readonly namespace: string;
  readonly serviceAccount: string;
}

type Texts = Readonly<Record<string, string>>;

interface Metadata {
  readonly labels?: Texts | undefined;
  readonly annotations?: Texts | undefined;
}

interface ServiceAccount extends Metadata {
  readonly uid: string;
}

export class ServiceAccounts {
  readonly #client: KubeClient;
  readonly #store: Pick<Store<KubeObject>, "get" | "values">;

  constructor(client: KubeClient, store: Pick<Store<KubeObject>, "get" | "values">) {
    this.#client = client;
    this.#store = store;
  }

  get({ namespace, serviceAccount }: Key): ServiceAccount | undefined {
    const found = this.#store.get(`${namespace}/${serviceAccount}`);
    return found && { uid: "", ...found.metadata };
  }

  /** Looks at all of them: for the rare case that one is missing. */
  namesIn(namespace: string): readonly string[] {
    return [...this.#store.values()]
      .filter(({ metadata }) => metadata.namespace === namespace)
      .map(({ metadata }) => metadata.name);
  }

  /** Its UID; `undefined` if there is one already, which then stays as it is. */
  async create(key: Key, annotations: Texts): Promise<string | undefined> {
    try {
      const made = await this.#client.create(SERVICE_ACCOUNTS, manifest(key, { annotations }));
      return made.metadata.uid;
    } catch (problem) {
      if (problem instanceof KubeError && problem.status === 409) return undefined;
      throw problem;
    }
  }

  /** Refused (409) if it is not the one with this UID. */
  async apply(key: Key, uid: string, metadata: Metadata): Promise<void> {
    const object = manifest(key, { ...metadata, uid });
    await this.#client.apply(SERVICE_ACCOUNTS, object, FIELD_MANAGER);
  }

  /** Success if there is none; refused (409) if it is not the one with this UID. */
  async delete(key: Key, uid: string): Promise<void> {
    await this.#client.delete(SERVICE_ACCOUNTS, manifest(key, { uid }).metadata);
  }
}

function manifest(
  { namespace, serviceAccount }: Key,
  metadata: Partial<ServiceAccount>,
): KubeObject {
  const given = Object.entries(metadata).filter(([, value]) => value !== undefined);
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace, name: serviceAccount, ...Object.fromEntries(given) },
  };
}
