/** Joins the pages of a bulk read: all of them or none. */
import type { Swept } from "./sightings.ts";

export interface Collected<T> {
  readonly things: readonly Swept<T>[];
  readonly pages: number;
}

export interface Collecting<T> {
  readonly keyOf: (value: T) => string;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/**
 * Each thing carries the time at which its page's call began.
 *
 * @throws what a page threw: half a list would look like deletions
 */
export async function collect<T>(
  pages: AsyncIterable<readonly T[]>,
  { keyOf, now }: Collecting<T>,
): Promise<Collected<T>> {
  const things: Swept<T>[] = [];
  let count = 0;
  let startedAt = now();
  for await (const page of pages) {
    for (const value of page) things.push({ key: keyOf(value), value, startedAt });
    count += 1;
    startedAt = now();
  }
  return { things, pages: count };
}
