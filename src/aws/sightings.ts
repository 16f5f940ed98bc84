/**
 * What is known of many things of one kind, and which news about them to believe. Bulk reads are older
 * than our own writes, and IAM and EKS show a write late: what was read before, or soon after, our own
 * write to a thing says nothing about it.
 */
import type { Sighting } from "../plan/resources.ts";

/** A thing as a bulk read shows it. */
export interface Swept<T> {
  readonly key: string;
  readonly value: T;
  /** When the call for its page began. */
  readonly startedAt: number;
}

interface Known<T> {
  readonly sighting: Sighting<T>;
  /** When the call began that showed it. */
  readonly asOf: number;
}

/** Longer than anybody asks when we last wrote to something. */
const WRITES_KEPT_MS = 10 * 60_000;

export interface OwnWrite {
  readonly at: number;
  readonly deleted: boolean;
}

/** Times are milliseconds that only grow. */
export class Sightings<T extends object> {
  readonly #windowMs: number;
  readonly #known = new Map<string, Known<T>>();
  readonly #writes = new Map<string, OwnWrite>();
  /** Whether a bulk read has ended, so that what is not known is absent. */
  #complete = false;

  /** @param windowMs how long after our own write others' reads of that thing are not believed */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  get(key: string): Sighting<T> {
    return this.#known.get(key)?.sighting ?? (this.#complete ? "absent" : "unknown");
  }

  /** All things that are known to exist. */
  *values(): Iterable<T> {
    for (const { sighting } of this.#known.values()) {
      if (sighting !== "absent" && sighting !== "unknown") yield sighting as T;
    }
  }

  /** The answer to a read of this one thing. */
  read(key: string, value: T | undefined, asOf: number): void {
    this.#known.set(key, { sighting: value ?? "absent", asOf });
  }

  /** What is true after our own write. */
  wrote(key: string, value: T | undefined, at: number): void {
    this.read(key, value, at);
    this.#writes.set(key, { at, deleted: value === undefined });
  }

  /**
   * What was known has proved wrong: nothing is known until the next read.
   *
   * @param mayBeWritten a write of ours may have happened or not
   */
  forget(key: string, at: number, mayBeWritten: boolean): void {
    this.#known.set(key, { sighting: "unknown", asOf: at });
    if (mayBeWritten) this.#writes.set(key, { at, deleted: false });
  }

  /** Our last write, or what may have been one. */
  lastWrite(key: string): OwnWrite | undefined {
    return this.#writes.get(key);
  }

  /** Something that was read without regard to our writes, which may be under way. */
  glimpsed(key: string, value: T | undefined, startedAt: number): void {
    if (this.#isNews(key, startedAt)) this.read(key, value, startedAt);
  }

  /**
   * A whole bulk read, which shows what is absent, too.
   *
   * @param merge what is kept of a thing as it was known before; by default nothing
   */
  swept(
    things: readonly Swept<T>[],
    startedAt: number,
    merge: (news: T, before: T) => T = (news) => news,
  ): void {
    const seen = new Set<string>();
    for (const { key, value, startedAt: asOf } of things) {
      seen.add(key);
      if (!this.#isNews(key, asOf)) continue;
      const before = this.get(key);
      this.read(key, typeof before === "object" ? merge(value, before) : value, asOf);
    }
    for (const key of this.#known.keys()) {
      // Absence needs all pages: it is as old as the first of them.
      if (!seen.has(key) && this.#isNews(key, startedAt)) this.#known.delete(key);
    }
    this.#forgetOldWrites(startedAt);
    this.#complete = true;
  }

  /** Bulk reads do not work any more: what is not known is not known. */
  incomplete(): void {
    this.#complete = false;
  }

  #isNews(key: string, startedAt: number): boolean {
    const writtenAt = this.#writes.get(key)?.at;
    if (writtenAt !== undefined && startedAt < writtenAt + this.#windowMs) return false;
    return startedAt >= (this.#known.get(key)?.asOf ?? Number.NEGATIVE_INFINITY);
  }

  #forgetOldWrites(now: number): void {
    const kept = Math.max(WRITES_KEPT_MS, this.#windowMs);
    for (const [key, { at }] of this.#writes) if (now - at > kept) this.#writes.delete(key);
  }
}
