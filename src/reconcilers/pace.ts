/** So many a minute and no more: what is done to things that work must not be done to all of them at once. */

const MINUTE_MS = 60_000;

export class Pace {
  readonly #perMinute: number;
  readonly #now: () => number;
  /** When the last ones were. */
  #recent: number[] = [];

  /** @param now milliseconds that only grow */
  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** Takes a turn. @returns 0, or the milliseconds until there is one */
  take(): number {
    const waitMs = this.waitMs();
    if (waitMs === 0) this.#recent.push(this.#now());
    return waitMs;
  }

  /** Milliseconds until there is a turn. */
  waitMs(): number {
    const now = this.#now();
    this.#recent = this.#recent.filter((at) => now - at < MINUTE_MS);
    const [oldest = now] = this.#recent;
    return this.#recent.length < this.#perMinute ? 0 : Math.max(1, oldest + MINUTE_MS - now);
  }
}
