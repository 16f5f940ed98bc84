/** The objects of one kind: read from the reflector's store, written a finalizer or a status at a time. */
import { isDeepStrictEqual } from "node:util";
import type { KubeClient, Resource } from "./client.ts";
import { type KubeObject, keyOf } from "./object.ts";
import type { Reflector } from "./reflector.ts";

type WithStatus = KubeObject & { readonly status?: object | undefined };

type Seen<T extends KubeObject> = Pick<Reflector<T>, "store" | "write">;

export class Objects<T extends WithStatus> {
  readonly #client: KubeClient;
  readonly #resource: Resource;
  readonly #seen: Seen<T>;
  readonly #finalizer: string;

  constructor(
    client: KubeClient,
    resource: Resource,
    how: { readonly seen: Seen<T>; readonly finalizer: string },
  ) {
    this.#client = client;
    this.#resource = resource;
    this.#seen = how.seen;
    this.#finalizer = how.finalizer;
  }

  get(key: string): T | undefined {
    return this.#seen.store.get(key);
  }

  all(): Iterable<T> {
    return this.#seen.store.values();
  }

  /**
   * The object as it is after the write; the same object if the finalizer was there.
   *
   * @throws KubeError 409 if the object changed since it was read: a merge patch replaces the whole list
   */
  async addFinalizer(object: T): Promise<T> {
    const { finalizers = [] } = object.metadata;
    if (finalizers.includes(this.#finalizer)) return object;
    return this.#patch(object, { finalizers: [...finalizers, this.#finalizer] });
  }

  async removeFinalizer(object: T): Promise<void> {
    // The store may still show the version before our own status patch; that one is no conflict.
    const latest = this.get(keyOf(object)) ?? object;
    // A namesake made since keeps its own.
    if (latest.metadata.uid !== object.metadata.uid) return;
    const { finalizers = [] } = latest.metadata;
    if (!finalizers.includes(this.#finalizer)) return;
    await this.#patch(latest, { finalizers: finalizers.filter((one) => one !== this.#finalizer) });
  }

  /**
   * One patch on the status, or none if nothing differs.
   *
   * A merge patch could not keep it from a namesake made since: on a custom resource's status the API
   * server ignores the UID in it (seen with 1.36). A JSON patch can test for it.
   *
   * @throws KubeError 422 if it is a namesake
   */
  async patchStatus(object: T, status: NonNullable<T["status"]>): Promise<T> {
    // As it will be on the wire, where a key without a value is no key.
    const wanted = JSON.parse(JSON.stringify(status)) as unknown;
    if (isDeepStrictEqual(object.status ?? {}, wanted)) return object;
    const operations = [
      { op: "test", path: "/metadata/uid", value: object.metadata.uid },
      { op: "add", path: "/status", value: wanted },
    ] as const;
    const patch = { operations, subresource: "status" } as const;
    return this.#seen.write(keyOf(object), () =>
      this.#client.jsonPatch(this.#resource, object.metadata, patch),
    );
  }

  async #patch(object: T, metadata: { readonly finalizers: readonly string[] }): Promise<T> {
    const { resourceVersion } = object.metadata;
    const body = { metadata: { ...metadata, resourceVersion } };
    return this.#seen.write(keyOf(object), () =>
      this.#client.mergePatch(this.#resource, object.metadata, { body }),
    );
  }
}
