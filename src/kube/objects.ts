/** The objects of one kind: read from the reflector's store, written a finalizer or a status at a time. */
import type { KubeClient, Resource } from "./client.ts";
import { mergeDiff } from "./merge-diff.ts";
import { type KubeObject, keyOf } from "./object.ts";
import type { Reflector } from "./reflector.ts";

type WithStatus = KubeObject & { readonly status?: object | undefined };

type Seen<T extends KubeObject> = Pick<Reflector<T>, "store" | "assume">;

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

  /** One patch on the status, or none if nothing differs. The UID keeps it from a namesake made since. */
  async patchStatus(object: T, status: NonNullable<T["status"]>): Promise<T> {
    const diff = mergeDiff(
      (object.status ?? {}) as Record<string, unknown>,
      status as Record<string, unknown>,
    );
    if (!diff) return object;
    const body = { metadata: { uid: object.metadata.uid }, status: diff };
    const written = await this.#client.mergePatch<T>(this.#resource, object.metadata, {
      body,
      subresource: "status",
    });
    return this.#seen.assume(written);
  }

  async #patch(object: T, metadata: { readonly finalizers: readonly string[] }): Promise<T> {
    const { resourceVersion } = object.metadata;
    const written = await this.#client.mergePatch<T>(this.#resource, object.metadata, {
      body: { metadata: { ...metadata, resourceVersion } },
    });
    return this.#seen.assume(written);
  }
}
