/** The objects of one kind as the API server last showed them, and who wants to hear of changes. */
import { isDeepStrictEqual } from "node:util";
import { type KubeObject, keyOf } from "./object.ts";

export type Change = "added" | "modified" | "deleted";

export type Listener<T> = (key: string, change: Change, object: T, previous: T | undefined) => void;

export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #witnesses = new Set<Listener<T>>();
  /** Keys that we are writing to just now. */
  readonly #writing = new Set<string>();
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

  entries(): IterableIterator<[string, T]> {
    return this.#objects.entries();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  subscribe(listener: Listener<T>): void {
    this.#listeners.add(listener);
  }

  /** Hears of our own writes, too: for what is counted, not for what would only wake us again. */
  witness(listener: Listener<T>): void {
    this.#witnesses.add(listener);
  }

  /**
   * A write of our own: when it is done the store has its answer. The watch shows it too, before the
   * answer or after, and that must not wake us: every status patch would be followed by a needless
   * reconciliation. What others have written meanwhile is told once the answer is here.
   */
  async own(key: string, write: () => Promise<T>): Promise<T> {
    const before = this.#objects.get(key);
    if (before) this.#writing.add(key);
    let answer: T | undefined;
    try {
      answer = await write();
      return answer;
    } finally {
      this.#writing.delete(key);
      if (before) this.#settle(key, before, answer);
    }
  }

  #settle(key: string, before: T, answer: T | undefined): void {
    const known = this.#objects.get(key);
    if (!known) return;
    const after = answer && !isSameOrNewer(known, answer) ? answer : known;
    this.#objects.set(key, after);
    if (after === before) return;
    if (isOurs(answer, before, after)) this.#tell(key, "modified", after, before, this.#witnesses);
    else this.#tell(key, "modified", after, before);
  }

  put(object: T): void {
    const key = keyOf(object);
    const namesake = this.#objects.get(key);
    // Deleted and made again while nobody watched: two things happened, and both are told.
    if (namesake && namesake.metadata.uid !== object.metadata.uid) this.remove(namesake);
    const known = this.#objects.get(key);
    if (known && isSameOrNewer(known, object)) return;
    this.#objects.set(key, object);
    if (!known) this.#tell(key, "added", object, undefined);
    else if (!this.#writing.has(key)) this.#tell(key, "modified", object, known);
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

  #tell(
    key: string,
    change: Change,
    object: T,
    previous: T | undefined,
    whom: Iterable<Listener<T>> = [...this.#listeners, ...this.#witnesses],
  ): void {
    for (const listener of whom) {
      try {
        listener(key, change, object, previous);
      } catch (thrown) {
        this.#onListenerError(thrown);
      }
    }
  }
}

/** Has nobody but us written between the two? */
function isOurs(answer: KubeObject | undefined, before: KubeObject, after: KubeObject): boolean {
  const newest = after.metadata.resourceVersion === answer?.metadata.resourceVersion;
  return newest && isDeepStrictEqual(besideOurs(before), besideOurs(after));
}

/** All that others write, and that anybody waits for: labels, annotations, deletion, and by generation the spec. */
function besideOurs({ metadata }: KubeObject): object {
  return { ...metadata, resourceVersion: undefined, finalizers: undefined };
}

/** Resource versions of one resource grow, and may be compared as numbers (Kubernetes 1.35 on promises it). */
function isSameOrNewer(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a.metadata.resourceVersion, b.metadata.resourceVersion];
  return left !== undefined && right !== undefined && BigInt(left) >= BigInt(right);
}
