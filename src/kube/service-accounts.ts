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

export class ServiceAccounts {
  readonly #client: KubeClient;
  readonly #store: Pick<Store<KubeObject>, "get">;

  constructor(client: KubeClient, store: Pick<Store<KubeObject>, "get">) {
    this.#client = client;
    this.#store = store;
  }

  get({ namespace, serviceAccount }: Key): Metadata | undefined {
    return this.#store.get(`${namespace}/${serviceAccount}`)?.metadata;
  }

  /** Success if there is one already, which then stays as it is. */
  async create(key: Key, annotations: Texts): Promise<void> {
    try {
      await this.#client.create(SERVICE_ACCOUNTS, manifest(key, { annotations }));
    } catch (problem) {
      if (!(problem instanceof KubeError && problem.status === 409)) throw problem;
    }
  }

  async apply(key: Key, metadata: Metadata): Promise<void> {
    await this.#client.apply(SERVICE_ACCOUNTS, manifest(key, metadata), FIELD_MANAGER);
  }

  /** Success if there is none. */
  async delete(key: Key): Promise<void> {
    await this.#client.delete(SERVICE_ACCOUNTS, manifest(key, {}).metadata);
  }
}

function manifest(
  { namespace, serviceAccount }: Key,
  { labels, annotations }: Metadata,
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: {
      namespace,
      name: serviceAccount,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
  };
}
