/** The emulator's time: lags, throttling and timestamps all follow it, so a test moves it instead of sleeping. */
import { setTimeout as delay } from "node:timers/promises";

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after that many milliseconds of this clock. Used for added latency only. */
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now(), sleep: (ms) => delay(ms) };

/** A clock that can be put forward while it otherwise follows another one. */
export class AdvancingClock implements Clock {
  readonly #base: Clock;
  #aheadMs = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  now(): number {
    return this.#base.now() + this.#aheadMs;
  }

  sleep(ms: number): Promise<void> {
    return this.#base.sleep(ms);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}
