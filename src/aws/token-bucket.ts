/**
 * How many calls may be made, as arithmetic: a token bucket whose rate halves when AWS throttles and
 * climbs back steadily. AWS publishes no rates for IAM and EKS, so the right one has to be found.
 */

export interface Rate {
  readonly callsPerSecond: number;
  /** Calls that may be made at once after a pause, at full rate. */
  readonly burst: number;
}

/** Even under lasting throttling one call a second goes out, or nobody would notice that it has ended. */
const SLOWEST_PER_SECOND = 1;

/** Calls a second that the rate regains with every second. */
const RECOVERY_PER_SECOND = 2;

/** Times are milliseconds of any clock that only grows, given by the caller. */
export class TokenBucket {
  readonly #ceiling: Rate;
  #tokens: number;
  #countedAt: number;
  #slowedTo: number;
  #slowedAt = Number.NEGATIVE_INFINITY;

  constructor(ceiling: Rate, now: number) {
    this.#ceiling = ceiling;
    this.#slowedTo = ceiling.callsPerSecond;
    this.#tokens = ceiling.burst;
    this.#countedAt = now;
  }

  /** Calls a second at that time. */
  rate(now: number): number {
    const recovered = (RECOVERY_PER_SECOND * (now - this.#slowedAt)) / 1000;
    return Math.min(this.#ceiling.callsPerSecond, this.#slowedTo + recovered);
  }

  /** Takes a token if there is one. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until there is a token. */
  waitMs(now: number): number {
    this.#fill(now);
    return Math.ceil((Math.max(0, 1 - this.#tokens) / this.rate(now)) * 1000);
  }

  /** AWS throttled a call. Calls sent before we last slowed down say nothing new: a herd counts once. */
  throttled(sentAt: number, now: number): void {
    if (sentAt <= this.#slowedAt) return;
    const slowest = Math.min(SLOWEST_PER_SECOND, this.#ceiling.callsPerSecond);
    this.#slowedTo = Math.max(slowest, this.rate(now) / 2);
    this.#slowedAt = now;
    this.#countedAt = now;
    this.#tokens = 0;
  }

  /** The burst shrinks with the rate: after a throttle, a pause must not end in a herd. */
  #fill(now: number): void {
    const rate = this.rate(now);
    const room = Math.max(1, (this.#ceiling.burst * rate) / this.#ceiling.callsPerSecond);
    const earned = (rate * (now - this.#countedAt)) / 1000;
    this.#tokens = Math.min(room, this.#tokens + earned);
    this.#countedAt = now;
  }
}
