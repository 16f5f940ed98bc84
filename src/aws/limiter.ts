/** Makes calls wait their turn: one token bucket for each family of calls, first come first served. */
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** AWS counts them apart as well: IAM that throttles must never hold up EKS. */
export type Family = "iam-read" | "iam-write" | "eks-read" | "eks-write";

export const FAMILIES: readonly Family[] = ["iam-read", "iam-write", "eks-read", "eks-write"];

/** Time, so that tests need not wait. */
export interface Timers {
  /** Milliseconds that only grow. */
  now(): number;
  /** Returns what cancels it. */
  after(ms: number, task: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** @param action e.g. "iam:GetRole"; reads are what the SDK names Get, List or Describe */
export function familyOf(action: string): Family {
  const service = action.startsWith("iam:") ? "iam" : "eks";
  return `${service}-${/:(Get|List|Describe)/.test(action) ? "read" : "write"}`;
}

export class Limiter {
  readonly #lanes: Readonly<Record<Family, Lane>>;

  constructor(ceiling: Rate, timers: Timers = systemTimers) {
    const lane = () => new Lane(ceiling, timers);
    this.#lanes = {
      "iam-read": lane(),
      "iam-write": lane(),
      "eks-read": lane(),
      "eks-write": lane(),
    };
  }

  /**
   * Resolves when a call of that family may be made, to the moment it was let go.
   *
   * @throws the signal's reason, if it is aborted first
   */
  async turn(family: Family, signal: AbortSignal): Promise<number> {
    return this.#lanes[family].turn(signal);
  }

  /** @param sentAt what `turn` resolved to */
  throttled(family: Family, sentAt: number): void {
    this.#lanes[family].throttled(sentAt);
  }

  /** Calls a second, now. */
  rate(family: Family): number {
    return this.#lanes[family].rate();
  }
}

class Lane {
  readonly #timers: Timers;
  readonly #bucket: TokenBucket;
  /** A set keeps its order and forgets an aborted waiter in one step. */
  readonly #waiting = new Set<() => void>();
  #cancelTimer: (() => void) | undefined;

  constructor(ceiling: Rate, timers: Timers) {
    this.#timers = timers;
    this.#bucket = new TokenBucket(ceiling, timers.now());
  }

  async turn(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#waiting.size > 0 || !this.#bucket.take(this.#timers.now())) await this.#wait(signal);
    return this.#timers.now();
  }

  throttled(sentAt: number): void {
    this.#bucket.throttled(sentAt, this.#timers.now());
  }

  rate(): number {
    return this.#bucket.rate(this.#timers.now());
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const goOn = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(goOn);
        this.#wakeLater();
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(goOn);
      this.#wakeLater();
    });
  }

  #wakeLater(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#waiting.size === 0) return;
    const ms = this.#bucket.waitMs(this.#timers.now());
    this.#cancelTimer = this.#timers.after(ms, () => this.#wake());
  }

  #wake(): void {
    for (const goOn of this.#waiting) {
      if (!this.#bucket.take(this.#timers.now())) break;
      this.#waiting.delete(goOn);
      goOn();
    }
    this.#wakeLater();
  }
}
