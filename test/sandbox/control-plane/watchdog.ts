/** Ends processes of the sandbox and removes their folder when this process is gone, however it went. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";

/**
 * A shell of its own session holds the reading end of a pipe. When this process ends (a return, an uncaught error,
 * Ctrl-C, kill -9) the kernel closes the writing end, and the shell does the rest. The last line it has read lists
 * the pids that live. A folder that a dying process still writes into needs a second try.
 */
const SCRIPT = `
while read -r line; do pids=$line; done
test -z "$pids" || kill -KILL $pids
test -n "$0" || exit
for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$0" && exit; sleep 0.1; done
`;

export class Watchdog {
  readonly #shell: ChildProcess;
  readonly #pipe: Writable;
  readonly #pids = new Set<number>();

  /** @param directory what is removed at the end; nothing if none is given */
  constructor(directory = "") {
    // detached: Ctrl-C in a terminal goes to the whole process group, and must not end this one.
    this.#shell = spawn("sh", ["-c", SCRIPT, directory], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#pipe = this.#shell.stdin as Writable;
    // Somebody killed the shell: nothing to be done, and no reason to fail.
    this.#pipe.on("error", () => undefined);
    this.#shell.unref();
  }

  watch(pid: number): void {
    this.#pids.add(pid);
    this.#tell();
  }

  /** To be told at once: the number soon belongs to another process. */
  forget(pid: number): void {
    this.#pids.delete(pid);
    this.#tell();
  }

  /** Lets it do its work now. */
  async end(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return;
    const gone = once(this.#shell, "exit");
    this.#shell.ref();
    this.#pipe.end();
    await gone;
  }

  #tell(): void {
    this.#pipe.write(`${[...this.#pids].join(" ")}\n`);
  }
}
