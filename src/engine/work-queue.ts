/**
 * Which key runs next. Equal keys merge, one key never runs twice at once, and a key that is added while
 * it runs, runs again after. p-queue executes; keys, delays and backoff are kept here, because it has none.
 */
import PQueue from "p-queue";
import type { Priority } from "./reconciler.ts";

/** What the queue needs of the outside, so that tests hold time and chance in their hands. */
export interface Timing {
  /** Milliseconds that only grow. */
  now(): number;
  /** Calls back once after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

export const systemTiming: Timing = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

export interface WorkQueueOptions {
  /** Keys that run at once. */
  readonly concurrency: number;
  /** Never throws: what went wrong is said by a re-add. */
  readonly run: (key: string, signal: AbortSignal) => Promise<void>;
  readonly timing?: Timing;
  /** First backoff in milliseconds. @default 1_000 */
  readonly baseMs?: number;
  /** Longest backoff in milliseconds. @default 300_000 */
  readonly maxMs?: number;
}

interface Waiting {
  readonly priority: Priority;
  /** By the timing's clock. */
  readonly since: number;
}

interface Delay {
  readonly due: number;
  readonly cancel: () => void;
}

const LEVELS: Readonly<Record<Priority, number>> = { user: 10, resync: 0 };

export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  readonly #executor: PQueue;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Set<string>();
  readonly #delayed = new Map<string, Delay>();
  readonly #failures = new Map<string, number>();
  readonly #stop = new AbortController();

  constructor(options: WorkQueueOptions) {
    this.#options = { timing: systemTiming, baseMs: 1_000, maxMs: 300_000, ...options };
    this.#executor = new PQueue({ concurrency: options.concurrency });
  }

  /** Keys that wait for a place, without those that are delayed. */
  get size(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Of the key that has waited for a place longest; 0 if none does. Milliseconds. */
  get longestWaitMs(): number {
    const now = this.#options.timing.now();
    let longest = 0;
    for (const { since } of this.#waiting.values()) longest = Math.max(longest, now - since);
    return longest;
  }

  /**
   * A user's change runs now, whatever was to be waited for. A resync waits its turn: it must not cut a
   * backoff short, else every sweep would be a retry of all that fails.
   */
  add(key: string, priority: Priority): void {
    if (this.#stop.signal.aborted) return;
    if (priority === "resync" && this.#delayed.has(key)) return;
    this.#undelay(key);
    if (priority === "user") this.forget(key);
    const queued = this.#waiting.get(key);
    if (queued?.priority === "user" || queued?.priority === priority) return;
    this.#waiting.set(key, { priority, since: queued?.since ?? this.#options.timing.now() });
    if (this.#running.has(key)) return;
    if (queued === undefined) this.#push(key, priority);
    else this.#executor.setPriority(key, LEVELS[priority]);
  }

  /** Runs again after so many milliseconds; of two delays the earlier one counts. */
  addAfter(key: string, ms: number): void {
    if (this.#stop.signal.aborted || this.#runsSoon(key)) return;
    // A resync that came while it ran would cut the wait short, too.
    this.#waiting.delete(key);
    const { timing } = this.#options;
    const due = timing.now() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier && earlier.due <= due) return;
    earlier?.cancel();
    const cancel = timing.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key, "resync");
    });
    this.#delayed.set(key, { due, cancel });
  }

  /** Exponential backoff with full jitter: many that failed together do not come back together. */
  addRateLimited(key: string): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { baseMs, maxMs, timing } = this.#options;
    const ceiling = Math.min(maxMs, baseMs * 2 ** (failures - 1));
    this.addAfter(key, Math.max(1, Math.round(ceiling * timing.random())));
  }

  /** The next failure of the key starts at the first backoff again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Takes no more, tells what runs to stop, and resolves when it has or the deadline is over. */
  async shutdown(deadlineMs: number): Promise<void> {
    for (const key of this.#delayed.keys()) this.#undelay(key);
    this.#stop.abort(new Error("the operator stops"));
    this.#executor.pause();
    let cancel = () => {};
    const deadline = new Promise<void>((resolve) => {
      cancel = this.#options.timing.after(deadlineMs, resolve);
    });
    await Promise.race([this.#executor.onPendingZero(), deadline]);
    cancel();
  }

  #push(key: string, priority: Priority): void {
    // The promise of add() is not awaited: the slot, not its result, is what matters here.
    void this.#executor.add(() => this.#run(key), { id: key, priority: LEVELS[priority] });
  }

  async #run(key: string): Promise<void> {
    this.#waiting.delete(key);
    this.#running.add(key);
    try {
      await this.#options.run(key, this.#stop.signal);
    } finally {
      this.#running.delete(key);
      const again = this.#waiting.get(key);
      if (again) this.#push(key, again.priority);
    }
  }

  /** Whether it runs before any delay would: it waits for a place, or a user changed it while it ran. */
  #runsSoon(key: string): boolean {
    const waiting = this.#waiting.get(key)?.priority;
    return waiting === "user" || (waiting === "resync" && !this.#running.has(key));
  }

  #undelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
