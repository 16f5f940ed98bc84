/** Lets only one process at a time obtain a binary; the others wait for it and say so. */
import { link, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Timer } from "./machine.ts";
import { REPORT_EVERY_MS, type Report, tellWhile } from "./progress.ts";

/** A holder that has not touched its lock for so long is gone, even if its pid lives on in another program. */
const ABANDONED_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 100;

export interface LockOptions {
  /** What the holder is doing meanwhile, for those who wait: "obtains kube-apiserver". */
  readonly purpose: string;
  readonly timer: Timer;
  readonly report: Report;
}

/**
 * Runs `work` while holding the lock file at `path`.
 *
 * Two processes that find the same abandoned lock may both go on; that costs time, not correctness,
 * since each obtains into a folder of its own and puts the result in place by a rename.
 */
export async function exclusively<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (!(await take(path))) await waitFor(path, options);
  const rest = options.timer.every(REPORT_EVERY_MS, () => void touch(path));
  try {
    return await work();
  } finally {
    rest();
    await rm(path, { force: true });
  }
}

/** A lock is linked into place with its content, so that nobody ever reads an empty one. */
async function take(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  await writeFile(draft, String(process.pid));
  try {
    await link(draft, path);
    return true;
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw problem;
  } finally {
    await rm(draft, { force: true });
  }
}

async function waitFor(path: string, { purpose, timer, report }: LockOptions): Promise<void> {
  if (await isAbandoned(path)) {
    await rm(path, { force: true });
    if (await take(path)) return;
  }
  const holder = await readFile(path, "utf8").catch(() => "another");
  const describe = (elapsed: string) => `waiting for process ${holder}, which ${purpose}${elapsed}`;
  await tellWhile(untilTaken(path), describe, { timer, report });
}

async function untilTaken(path: string): Promise<void> {
  while (!(await take(path))) {
    if (await isAbandoned(path)) await rm(path, { force: true });
    await delay(LOOK_EVERY_MS);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, holder] = await Promise.all([stat(path), readFile(path, "utf8")]);
    return Date.now() - mtimeMs > ABANDONED_AFTER_MS || !isAlive(Number(holder));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (problem) {
    // EPERM: it lives, as another user.
    return (problem as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
