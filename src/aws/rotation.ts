/** Whose turn it is: those that were last done longest ago, and first of all those never done. */

export class Rotation {
  readonly #doneAt = new Map<string, number>();

  /** @param at milliseconds that only grow */
  done(key: string, at: number): void {
    this.#doneAt.set(key, at);
  }

  /** The next of those that exist now; what exists no longer is forgotten. */
  next<T>(existing: readonly T[], keyOf: (one: T) => string, count: number): readonly T[] {
    this.#forgetAllBut(new Set(existing.map(keyOf)));
    const doneAt = (one: T) => this.#doneAt.get(keyOf(one)) ?? Number.NEGATIVE_INFINITY;
    return existing
      .map((one) => ({ one, at: doneAt(one) }))
      .sort((a, b) => (a.at === b.at ? 0 : a.at - b.at))
      .slice(0, count)
      .map(({ one }) => one);
  }

  #forgetAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#doneAt.keys()) if (!keys.has(key)) this.#doneAt.delete(key);
  }
}
