/** Says what is being waited for, at once and then every 5 seconds, so that nobody looks at a silent terminal. */
import type { Timer } from "./machine.ts";

export type Report = (line: string) => void;

export const REPORT_EVERY_MS = 5_000;

/**
 * Waits for `work`, telling meanwhile.
 *
 * @param describe given how long it has taken so far ("" at first, then ", 85 s"), the line to tell
 * @throws what `work` throws
 */
export async function tellWhile<T>(
  work: Promise<T>,
  describe: (elapsed: string) => string,
  { timer, report }: { readonly timer: Timer; readonly report: Report },
): Promise<T> {
  const start = timer.now();
  report(describe(""));
  const end = timer.every(REPORT_EVERY_MS, () =>
    report(describe(`, ${Math.round((timer.now() - start) / 1000)} s`)),
  );
  try {
    return await work;
  } finally {
    end();
  }
}
