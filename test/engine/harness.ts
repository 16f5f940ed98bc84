/** What engine tests hold in their hands: time, chance, the log, and when a task ends. */
import { setImmediate as turn } from "node:timers/promises";
import type { Logger } from "../../src/engine/log.ts";
import { type Timing, WorkQueue } from "../../src/engine/work-queue.ts";

/** Time that stands still until a test moves it, and chance that is what the test says. */
export class FakeTiming implements Timing {
  /** What random() gives. */
  chance = 1;
  #now = 0;
  #due: { readonly at: number; readonly callback: () => void }[] = [];

  /** Callbacks that are still to come. */
  get pending(): number {
    return this.#due.length;
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.#now + ms, callback };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let next = this.#first(end); next; next = this.#first(end)) {
      const { at, callback } = next;
      this.#due = this.#due.filter((other) => other !== next);
      this.#now = at;
      callback();
      await turn();
    }
    this.#now = end;
    await turn();
  }

  #first(end: number) {
    return this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** A task that starts when the queue wants and ends when the test wants. */
export class Tasks {
  readonly started: string[] = [];
  /** Keys that ran twice at once: never. */
  readonly overlaps: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #open = new Map<string, () => void>();

  readonly run = (key: string, signal: AbortSignal): Promise<void> => {
    if (this.#open.has(key)) this.overlaps.push(key);
    this.started.push(key);
    this.signals.push(signal);
    return new Promise((resolve) => this.#open.set(key, resolve));
  };

  /** Lets the key's run end. */
  async end(key: string): Promise<void> {
    this.#open.get(key)?.();
    this.#open.delete(key);
    await turn();
  }
}

/** A queue in the test's hands. */
export function queueOf(concurrency: number) {
  const timing = new FakeTiming();
  const tasks = new Tasks();
  return { queue: new WorkQueue({ concurrency, run: tasks.run, timing }), timing, tasks };
}

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export function recordedLog(): { readonly log: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields: object) =>
    void lines.push({ level, message, ...fields });
  const log = { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
  return { log: log as unknown as Logger, lines };
}
