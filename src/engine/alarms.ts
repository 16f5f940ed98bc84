/** Calls back for keys, once for however much happened: sooner for the first thing, ever later while more comes. */
import { systemTiming, type Timing } from "./work-queue.ts";

export interface AlarmOptions {
  readonly ring: (key: string) => void;
  /** From the first thing that happens to the call. Milliseconds. */
  readonly firstMs: number;
  /** Between two calls while things keep happening it doubles up to this. Milliseconds. */
  readonly longestMs: number;
  readonly timing?: Timing;
}

interface Alarm {
  readonly due: number;
  readonly cancel: () => void;
}

interface Rung {
  readonly at: number;
  readonly pauseMs: number;
}

export class Alarms {
  readonly #options: Required<AlarmOptions>;
  readonly #set = new Map<string, Alarm>();
  readonly #rung = new Map<string, Rung>();

  constructor(options: AlarmOptions) {
    this.#options = { timing: systemTiming, ...options };
  }

  /** Something happened to the key. */
  touch(key: string): void {
    const { firstMs, timing } = this.#options;
    const last = this.#rung.get(key);
    const now = timing.now();
    const earliest = last && now - last.at < 2 * last.pauseMs ? last.at + last.pauseMs : now;
    this.set(key, Math.max(firstMs, earliest - now));
  }

  /** Calls back after so long at the latest; of two alarms the earlier one counts. */
  set(key: string, ms: number): void {
    const { timing } = this.#options;
    const due = timing.now() + ms;
    const before = this.#set.get(key);
    if (before && before.due <= due) return;
    before?.cancel();
    this.#set.set(key, { due, cancel: timing.after(ms, () => this.#ring(key)) });
  }

  /** Of a key that is no more. */
  forget(key: string): void {
    this.#set.get(key)?.cancel();
    this.#set.delete(key);
    this.#rung.delete(key);
  }

  stop(): void {
    for (const key of this.#set.keys()) this.forget(key);
  }

  #ring(key: string): void {
    this.#set.delete(key);
    const { firstMs, longestMs, timing } = this.#options;
    const now = timing.now();
    const last = this.#rung.get(key);
    const isBusy = last !== undefined && now - last.at < 2 * last.pauseMs;
    const pauseMs = isBusy ? Math.min(longestMs, 2 * last.pauseMs) : 2 * firstMs;
    this.#rung.set(key, { at: now, pauseMs });
    this.#options.ring(key);
  }
}
