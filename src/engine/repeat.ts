/** Runs a task again and again, as sweeps are: a failure is logged and does not end it. */
import { errorFields, type Logger } from "./log.ts";

export interface Repetition {
  readonly name: string;
  /** From one end to the next start, in milliseconds; asked anew each time. */
  readonly everyMs: () => number;
  readonly log: Logger;
  /** Spread round the pause, from 0 to 1: many operators of one account must not sweep in step. */
  readonly random?: () => number;
}

const JITTER = 0.1;

/** Resolves when the signal aborts. The first run comes after the first pause. */
export async function repeat(
  task: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  { name, everyMs, log, random = Math.random }: Repetition,
): Promise<void> {
  while (!signal.aborted) {
    await pause(everyMs() * (1 - JITTER * random()), signal);
    if (signal.aborted) return;
    try {
      await task(signal);
    } catch (thrown) {
      if (!signal.aborted) log.warn("will try again", { task: name, ...errorFields(thrown) });
    }
  }
}

/** Resolves after `ms` or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
