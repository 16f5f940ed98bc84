/** What obtaining binaries needs of the machine, as one value, so that tests can stand in for network, Go and time. */
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As in process.platform. */
  readonly platform: string;
  /** As in process.arch. */
  readonly arch: string;
  readonly fetch: typeof fetch;
  /** Runs a program to its end; `undefined` if there is no such program. */
  readonly run: (
    program: string,
    args: readonly string[],
    options: RunOptions,
  ) => Promise<Ending | undefined>;
  readonly timer: Timer;
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface Ending {
  /** 0 is success; null if a signal ended it. */
  readonly code: number | null;
  /** stdout and stderr together. */
  readonly output: string;
}

export interface Timer {
  /** Milliseconds, of any origin. */
  now(): number;
  /** Calls again and again; the answer ends it. */
  every(ms: number, call: () => void): () => void;
}

/** This very machine. */
export const thisMachine: Machine = {
  env: process.env,
  platform: process.platform,
  arch: process.arch,
  fetch: (input, init) => fetch(input, init),
  run,
  timer: {
    now: () => performance.now(),
    every: (ms, call) => {
      const interval = setInterval(call, ms);
      return () => clearInterval(interval);
    },
  },
};

function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Ending | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    // A build takes all processors for minutes, and tests that need none of it run meanwhile.
    if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", (problem: NodeJS.ErrnoException) =>
      problem.code === "ENOENT" ? resolve(undefined) : reject(problem),
    );
    child.on("close", (code) => resolve({ code, output }));
  });
}
