/** Sweeps: a task that is run again and again. */
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { pause, repeat } from "../../src/engine/repeat.ts";
import { Failure } from "../../src/plan/outcome.ts";
import { recordedLog } from "./harness.ts";

/** Runs `task` until its third run. */
async function thrice(task: (run: number) => void) {
  const stop = new AbortController();
  const { log, lines } = recordedLog();
  let runs = 0;
  await repeat(
    async () => {
      runs += 1;
      if (runs === 3) stop.abort();
      task(runs);
    },
    stop.signal,
    { name: "sweep", everyMs: () => 1, log, random: () => 0 },
  );
  return { runs, lines };
}

describe("a repeated task", () => {
  it("runs until it is stopped, and logs nothing", async () => {
    expect(await thrice(() => {})).to.deep.equal({ runs: 3, lines: [] });
  });

  it("goes on after a failure, which is logged with the task's name and reason", async () => {
    const { runs, lines } = await thrice((run) => {
      if (run === 1) throw new Failure("Throttled", "slow down", { kind: "backoff" });
    });
    expect(runs).to.equal(3);
    expect(lines).to.deep.equal([
      {
        level: "warn",
        message: "will try again",
        task: "sweep",
        reason: "Throttled",
        error: "slow down",
      },
    ]);
  });

  it("does not log what its own stop broke off", async () => {
    const { lines } = await thrice((run) => {
      if (run === 3) throw new Error("aborted");
    });
    expect(lines).to.deep.equal([]);
  });

  it("does not run at all if it is stopped in its first pause", async () => {
    const stop = new AbortController();
    let runs = 0;
    const task = async () => {
      runs += 1;
    };
    const { log } = recordedLog();
    const ended = repeat(task, stop.signal, { name: "sweep", everyMs: () => 3_600_000, log });
    stop.abort();
    await ended;
    expect(runs).to.equal(0);
  });

  it("comes sooner after a failure than after a success", async () => {
    const stop = new AbortController();
    let runs = 0;
    const ended = repeat(
      async () => {
        runs += 1;
        if (runs === 2) stop.abort();
        throw new Error("no");
      },
      stop.signal,
      // The first pause is short so that the test need not wait; the second would be an hour.
      {
        name: "sweep",
        everyMs: () => (runs === 0 ? 0 : 3_600_000),
        log: recordedLog().log,
        random: () => 0.001,
      },
    );
    await ended;
    expect(runs).to.equal(2);
  });
});

describe("a pause", () => {
  it("ends at once when it is broken off, even before it began", async () => {
    const stop = new AbortController();
    const running = pause(3_600_000, stop.signal);
    await turn();
    stop.abort();
    await running;
    await pause(3_600_000, stop.signal);
  });
});
