/**
 * When an add-on was last asked to become what it should be. EKS carries it out in the background, and what
 * failed there fails again a moment later: the same is asked for again only after a while. In memory: the
 * first try after a restart comes at once, and so does the first after an edit.
 */
import { hashOf } from "../plan/hash.ts";

interface Asked {
  readonly hash: string;
  readonly at: number;
}

export class AddonPace {
  readonly #retryMs: number;
  readonly #now: () => number;
  readonly #asked = new Map<string, Asked>();

  /** @param now milliseconds that only grow */
  constructor(retryMs: number, now: () => number) {
    this.#retryMs = retryMs;
    this.#now = now;
  }

  /** Milliseconds until the same may be asked for again; 0: now. */
  waitMs(uid: string, wanted: unknown): number {
    const last = this.#asked.get(uid);
    if (last?.hash !== hashOf(wanted)) return 0;
    return Math.max(0, last.at + this.#retryMs - this.#now());
  }

  asked(uid: string, wanted: unknown): void {
    this.#asked.set(uid, { hash: hashOf(wanted), at: this.#now() });
  }

  /** It is as wanted, or no more. */
  forget(uid: string): void {
    this.#asked.delete(uid);
  }
}
