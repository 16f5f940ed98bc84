/** One process of the control plane: started, waited for, killed; if it ends unasked, its last words are told. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Watchdog } from "./watchdog.ts";

export interface ComponentOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Its working directory, where its log is too. */
  readonly directory: string;
  /** Beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly watchdog: Watchdog;
  readonly report: (line: string) => void;
}

/** An API server takes ten seconds, where nothing else runs. */
const READY_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 25;
const LAST_LINES = 10;

export class Component {
  readonly #options: ComponentOptions;
  #process: ChildProcess | undefined;
  #isReady = false;

  constructor(options: ComponentOptions) {
    this.#options = options;
  }

  /** Of the running process; `undefined` while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts it and waits until `isReady`.
   *
   * @throws Error with the last lines of its log if it ends before or takes longer than three minutes
   */
  async start(isReady: () => Promise<boolean>): Promise<void> {
    const child = await this.#spawn();
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await isReady())) {
      if (this.#process !== child) throw new Error(await this.#lastWords(child));
      if (performance.now() > deadline) throw new Error(await this.#lastWords(child));
      await delay(LOOK_EVERY_MS);
    }
    this.#isReady = true;
  }

  /** SIGKILL, then waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const gone = once(child, "exit");
    this.#isReady = false;
    child.kill("SIGKILL");
    await gone;
  }

  async #spawn(): Promise<ChildProcess> {
    const { name, program, args, directory, env, watchdog } = this.#options;
    if (this.#process) throw new Error(`${name} is running already`);
    const log = await open(join(directory, `${name}.log`), "a", 0o600);
    // detached: Ctrl-C in a terminal is for whoever started the control plane, who then ends it in order.
    const child = spawn(program, args, {
      cwd: directory,
      detached: true,
      // Nothing else: etcd takes each ETCD_… variable for a flag.
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", log.fd, log.fd],
    });
    if (child.pid !== undefined) {
      this.#process = child;
      watchdog.watch(child.pid);
      child.once("exit", () => this.#ended(child));
    }
    try {
      await once(child, "spawn");
    } catch (cause) {
      throw new Error(`${program} cannot be run (${String(cause)})`, { cause });
    } finally {
      await log.close();
    }
    return child;
  }

  #ended(child: ChildProcess): void {
    const { watchdog, report } = this.#options;
    const isUnasked = this.#isReady;
    this.#process = undefined;
    this.#isReady = false;
    if (child.pid !== undefined) watchdog.forget(child.pid);
    if (isUnasked) this.#lastWords(child).then(report, (problem) => report(String(problem)));
  }

  /** The log is copied to where it outlives the control plane's folder. */
  async #lastWords({ exitCode, signalCode }: ChildProcess): Promise<string> {
    const { name, directory } = this.#options;
    const log = join(directory, `${name}.log`);
    const kept = join(tmpdir(), `${basename(directory)}-${name}.log`);
    await copyFile(log, kept);
    const lines = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-LAST_LINES);
    const how =
      exitCode === null && signalCode === null
        ? `is not ready after ${READY_WITHIN_MS / 1000} s`
        : `ended (${signalCode ?? `exit code ${exitCode}`})`;
    return [`${name} ${how}; its whole log is ${kept}, the last lines are:`, ...lines].join("\n  ");
  }
}
