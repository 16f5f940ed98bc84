/** Runs the operator as a process of its own, configured by its environment alone, as a cluster would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Watchdog } from "./control-plane/watchdog.ts";

export interface Operator {
  readonly pid: number;
  /** Every line it has logged. */
  readonly lines: readonly string[];
  /** "http://127.0.0.1:port" of its probes. */
  readonly probes: string;
  /** Exit code, once it has ended and all its lines are here. */
  readonly ended: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then waits. */
  stop(): Promise<number | null>;
  /** kill -9, then waits. */
  kill(): Promise<void>;
}

/** The bundle where there is one and `BUNDLE=1` asks for it, else the sources. */
function entry(): string {
  const bundle = new URL("../../dist/main.js", import.meta.url).pathname;
  if (process.env["BUNDLE"] === "1" && existsSync(bundle)) return bundle;
  return new URL("../../src/main.ts", import.meta.url).pathname;
}

/**
 * Starts it without waiting for it to be ready. It ends with this process, however that ends.
 *
 * @param command of another way to start it than by the Node that runs this (not the machine's older one)
 */
export function spawnOperator(
  env: Readonly<Record<string, string>>,
  command: readonly string[] = [process.execPath, entry()],
): ChildProcess {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    env: { PATH: process.env["PATH"] ?? "", PROBE_ADDRESS: "127.0.0.1:0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const watchdog = new Watchdog();
  const pid = child.pid ?? 0;
  watchdog.watch(pid);
  child.once("exit", () => {
    watchdog.forget(pid);
    void watchdog.end();
  });
  return child;
}

/**
 * Starts the operator and waits until it is ready.
 *
 * @throws Error with its last lines if it ends before
 */
export async function startOperator(
  env: Readonly<Record<string, string>>,
  command?: readonly string[],
): Promise<Operator> {
  const child = spawnOperator(env, command);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on("line", (line) => lines.push(line));
  }
  // Not its exit: what it said last may still be in the pipe.
  const ended = once(child, "close").then(([code]) => code as number | null);
  const probes = await probesOf(lines, ended);
  const operator: Operator = {
    pid: child.pid ?? 0,
    lines,
    probes,
    ended,
    signal: (name) => child.kill(name),
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
  await untilReady(operator);
  return operator;
}

/** Whether /readyz says yes, and what it says. */
export async function readiness(probes: string): Promise<{ ready: boolean; why: string }> {
  try {
    const answer = await fetch(`${probes}/readyz`);
    return { ready: answer.ok, why: (await answer.text()).trim() };
  } catch (cause) {
    return { ready: false, why: String(cause) };
  }
}

async function untilReady({ probes, lines, ended }: Operator): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!(await readiness(probes)).ready) {
    if (over) throw new Error(`the operator ended:\n${lines.slice(-5).join("\n")}`);
    await delay(50);
  }
}

/** The port is free choice (0); the operator logs the one it got. */
async function probesOf(lines: readonly string[], ended: Promise<unknown>): Promise<string> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (;;) {
    for (const line of lines) {
      const address = /"address":"([^"]+)"/.exec(line)?.[1];
      if (address) return `http://${address}`;
    }
    if (over) throw new Error(`the operator ended:\n${lines.slice(-5).join("\n")}`);
    await delay(20);
  }
}
