/** Runs a task again and again, as sweeps are: a failure is logged and does not end it. */
import { errorFields, type Logger } from "./log.ts";
import { systemTiming, type Timing } from "./work-queue.ts";

export interface Repetition {
  readonly name: string;
  /** From one end to the next start, in milliseconds; asked anew each time. */
  readonly everyMs: () => number;
  readonly log: Logger;
  readonly timing?: Timing;
}

/** Taken off the pause by chance: many operators of one account must not sweep in step. */
const JITTER = 0.1;
const FIRST_RETRY_MS = 1_000;

/**
 * Resolves when the signal aborts. The first run comes after the first pause. After a failure the next
 * one comes sooner, backing off from a second up to the ordinary pause: what failed is overdue.
 */
export async function repeat(
  task: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  { name, everyMs, log, timing = systemTiming }: Repetition,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const ordinaryMs = everyMs() * (1 - JITTER * timing.random());
    const retryMs = FIRST_RETRY_MS * 2 ** (failures - 1) * timing.random();
    await pause(failures === 0 ? ordinaryMs : Math.min(ordinaryMs, retryMs), signal, timing);
    if (signal.aborted) return;
    try {
      await task(signal);
      failures = 0;
    } catch (thrown) {
      failures += 1;
      if (!signal.aborted) log.warn("will try again", { task: name, ...errorFields(thrown) });
    }
  }
}

/** Resolves after `ms` or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal, timing = systemTiming): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = timing.after(ms, end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
