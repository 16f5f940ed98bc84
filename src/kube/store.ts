/** The objects of one kind as the API server last showed them, and who wants to hear of changes. */
import { type KubeObject, keyOf } from "./object.ts";

export type Change = "added" | "modified" | "deleted";

export type Listener<T> = (key: string, change: Change, object: T, previous: T | undefined) => void;

export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #onListenerError: (thrown: unknown) => void;

  constructor(onListenerError: (thrown: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  subscribe(listener: Listener<T>): void {
    this.#listeners.add(listener);
  }

  /**
   * The answer to a write of our own. The watch will show the same version again, and that must not
   * wake us: every status patch would be followed by a needless reconciliation. What others wrote
   * since we last looked is in the answer too, and is told now: its own event will be an old one.
   */
  assume(object: T): void {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (!known || isSameOrNewer(known, object)) return;
    this.#objects.set(key, object);
    if (besideOurs(object) !== besideOurs(known)) this.#tell(key, "modified", object, known);
  }

  put(object: T): void {
    const key = keyOf(object);
    const namesake = this.#objects.get(key);
    // Deleted and made again while nobody watched: two things happened, and both are told.
    if (namesake && namesake.metadata.uid !== object.metadata.uid) this.remove(namesake);
    const known = this.#objects.get(key);
    if (known && isSameOrNewer(known, object)) return;
    this.#objects.set(key, object);
    this.#tell(key, known ? "modified" : "added", object, known);
  }

  remove(object: T): void {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (!known || known.metadata.uid !== object.metadata.uid) return;
    this.#objects.delete(key);
    this.#tell(key, "deleted", object, known);
  }

  /** A whole list: what is not in it is gone, even if nobody saw it go. */
  replace(objects: ReadonlyMap<string, T>): void {
    for (const [key, known] of [...this.#objects]) if (!objects.has(key)) this.remove(known);
    for (const object of objects.values()) this.put(object);
  }

  #tell(key: string, change: Change, object: T, previous: T | undefined): void {
    for (const listener of this.#listeners) {
      try {
        listener(key, change, object, previous);
      } catch (thrown) {
        this.#onListenerError(thrown);
      }
    }
  }
}

/** All that others write, and that anybody waits for: labels, annotations, deletion, and by generation the spec. */
function besideOurs({ metadata }: KubeObject): string {
  return JSON.stringify({ ...metadata, resourceVersion: "", finalizers: [] });
}

/** Resource versions of one resource grow, and may be compared as numbers (Kubernetes 1.35 on promises it). */
function isSameOrNewer(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a.metadata.resourceVersion, b.metadata.resourceVersion];
  return left !== undefined && right !== undefined && BigInt(left) >= BigInt(right);
}
