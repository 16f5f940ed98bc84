/**
 * A store whose readers may lag behind its writers: IAM and EKS are eventually consistent, so a reader asks
 * for the state as it was some milliseconds ago. The past is kept only while some lag is set.
 */
import { isDeepStrictEqual } from "node:util";
import { SortedKeys } from "./sorted-keys.ts";

/** Counts every change of every store: the call log tells by it whether a call took effect. */
export interface Ledger {
  revision: number;
}

export interface LaggedMapOptions<V> {
  readonly ledger: Ledger;
  now(): number;
  /** How far back readers may look, in milliseconds. Changes made while it is 0 are seen at once. */
  horizonMs(): number;
  /** The lists a value appears in, beside the one of all values. */
  groupsOf?(value: V): readonly string[];
}

export interface PageRequest<V> {
  /** Absent: the list of all values. */
  readonly group?: string | undefined;
  /** The key after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly lagMs?: number;
  accept?(value: V): boolean;
}

export interface Page<V> {
  readonly items: readonly V[];
  /** Where the next page begins; `undefined` on the last one. */
  readonly next: string | undefined;
}

interface Change<V> {
  readonly at: number;
  readonly before: V | undefined;
}

const ALL = "";

export class LaggedMap<V> {
  readonly #options: LaggedMapOptions<V>;
  readonly #current = new Map<string, V>();
  readonly #past = new Map<string, readonly Change<V>[]>();
  readonly #groups = new Map<string, SortedKeys>([[ALL, new SortedKeys()]]);
  #expiring: { readonly key: string; readonly at: number; readonly left: readonly string[] }[] = [];

  constructor(options: LaggedMapOptions<V>) {
    this.#options = options;
  }

  get size(): number {
    return this.#current.size;
  }

  get(key: string, lagMs = 0): V | undefined {
    if (lagMs > 0) {
      const asOf = this.#options.now() - lagMs;
      const change = this.#past.get(key)?.find(({ at }) => at > asOf);
      if (change) return change.before;
    }
    return this.#current.get(key);
  }

  set(key: string, value: V): void {
    this.#write(key, value);
  }

  delete(key: string): void {
    this.#write(key, undefined);
  }

  values(): IterableIterator<V> {
    return this.#current.values();
  }

  /** The first value of a group, as it is now. */
  firstOf(group: string): V | undefined {
    return this.page({ group, limit: 1 }).items[0];
  }

  page({ group = ALL, after, limit, lagMs = 0, accept }: PageRequest<V>): Page<V> {
    const items: V[] = [];
    let last: string | undefined;
    for (const key of this.#groups.get(group)?.after(after) ?? []) {
      const value = this.get(key, lagMs);
      if (value === undefined || !this.#listed(value, group) || accept?.(value) === false) continue;
      if (items.length === limit) return { items, next: last };
      items.push(value);
      last = key;
    }
    return { items, next: undefined };
  }

  #groupsOf(value: V | undefined): readonly string[] {
    return value === undefined ? [] : [ALL, ...(this.#options.groupsOf?.(value) ?? [])];
  }

  #listed(value: V, group: string): boolean {
    return group === ALL || this.#groupsOf(value).includes(group);
  }

  #write(key: string, value: V | undefined): void {
    const before = this.#current.get(key);
    if (isDeepStrictEqual(before, value)) return;
    this.#options.ledger.revision += 1;
    const at = this.#options.now();
    const horizon = this.#options.horizonMs();
    if (value === undefined) this.#current.delete(key);
    else this.#current.set(key, value);
    const groups = this.#groupsOf(value);
    for (const group of groups) this.#join(key, group);
    const left = this.#groupsOf(before).filter((group) => !groups.includes(group));
    if (horizon > 0) this.#past.set(key, [...(this.#past.get(key) ?? []), { at, before }]);
    if (horizon > 0 || left.length > 0) this.#expiring.push({ key, at, left });
    this.#forgetUntil(at - horizon);
  }

  #join(key: string, group: string): void {
    let keys = this.#groups.get(group);
    if (!keys) {
      keys = new SortedKeys();
      this.#groups.set(group, keys);
    }
    keys.add(key);
  }

  #forgetUntil(time: number): void {
    let expired = 0;
    for (const { key, at, left } of this.#expiring) {
      if (at > time) break;
      expired += 1;
      this.#forget(key, time, left);
    }
    if (expired > 0) this.#expiring = this.#expiring.slice(expired);
  }

  #forget(key: string, time: number, left: readonly string[]): void {
    const recent = this.#past.get(key)?.filter(({ at }) => at > time) ?? [];
    if (recent.length > 0) this.#past.set(key, recent);
    else this.#past.delete(key);
    // A value that came back and left again is still to be seen in the past that is kept.
    const seen = [this.#current.get(key), ...recent.map(({ before }) => before)];
    const groups = new Set(seen.flatMap((value) => this.#groupsOf(value)));
    for (const group of left) if (!groups.has(group)) this.#groups.get(group)?.remove(key);
  }
}
