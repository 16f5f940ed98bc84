/** Objects that the operator makes for others: created, changed and deleted; their owner is in their metadata. */
import type { KubeClient, Resource } from "./client.ts";
import type { KubeObject } from "./object.ts";

export class Generated<T extends KubeObject & { readonly spec: object }> {
  readonly #client: KubeClient;
  readonly #resource: Resource;

  constructor(client: KubeClient, resource: Resource) {
    this.#client = client;
    this.#resource = resource;
  }

  /** Refused (409) if there is one by that name. */
  async create(object: T): Promise<void> {
    await this.#client.create(this.#resource, object);
  }

  /** Refused (422) if it is not the one with this UID. What others have put into its spec goes. */
  async replaceSpec(
    { metadata }: T,
    spec: T["spec"],
    annotations: Readonly<Record<string, string>>,
  ): Promise<void> {
    const merged = { ...metadata.annotations, ...annotations };
    await this.#client.jsonPatch(this.#resource, metadata, {
      operations: [
        { op: "test", path: "/metadata/uid", value: metadata.uid },
        { op: "add", path: "/metadata/annotations", value: merged },
        { op: "add", path: "/spec", value: spec },
      ],
    });
  }

  /** Success if there is none; refused (409) if it is not the one with this UID. */
  async delete({ metadata }: T): Promise<void> {
    await this.#client.delete(this.#resource, metadata);
  }
}
