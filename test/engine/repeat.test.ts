/** Sweeps: a task that is run again and again. */
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { pause, repeat } from "../../src/engine/repeat.ts";
import { Failure } from "../../src/plan/outcome.ts";
import { FakeTiming, recordedLog } from "./harness.ts";

const HOUR = 3_600_000;

/** A task repeated every hour whose runs end as `failing` says; the times of its runs. */
function hourly(failing: readonly (Error | undefined)[]) {
  const timing = new FakeTiming();
  const stop = new AbortController();
  const { log, lines } = recordedLog();
  const times: number[] = [];
  const task = async () => {
    const failure = failing[times.length];
    times.push(timing.now());
    if (failure) throw failure;
  };
  const how = { name: "sweep", everyMs: () => HOUR, log, timing };
  return { timing, stop, lines, times, ended: repeat(task, stop.signal, how) };
}

describe("a repeated task", () => {
  it("runs after each pause, a little earlier by chance, and logs nothing", async () => {
    const { timing, times, lines } = hourly([]);
    timing.chance = 0;
    await timing.advance(HOUR);
    expect(times).to.deep.equal([0.9 * HOUR]);
    await timing.advance(HOUR);
    expect(times).to.deep.equal([0.9 * HOUR, 1.9 * HOUR]);
    expect(lines).to.deep.equal([]);
  });

  it("comes back within seconds after failures, ever later, and in its own time after a success", async () => {
    const no = new Error("no");
    const { timing, times } = hourly([no, no, no, undefined]);
    await timing.advance(2 * HOUR);
    const [first = 0, ...later] = times;
    expect(first).to.equal(0.9 * HOUR);
    expect(later.map((time) => time - first)).to.deep.equal([1000, 3000, 7000, 7000 + 0.9 * HOUR]);
  });

  it("waits no longer than its own pause, however often it failed", async () => {
    const { timing, times } = hourly(Array.from({ length: 40 }, () => new Error("no")));
    await timing.advance(20 * HOUR);
    const [last = 0, before = 0] = times.toReversed();
    expect(last - before).to.equal(0.9 * HOUR);
  });

  it("logs a failure with the task's name and the reason", async () => {
    const { timing, lines } = hourly([new Failure("Throttled", "slow down", { kind: "backoff" })]);
    await timing.advance(HOUR);
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

  it("ends when it is stopped in a pause, and leaves no timer", async () => {
    const { timing, stop, times, ended } = hourly([]);
    stop.abort();
    await ended;
    await timing.advance(2 * HOUR);
    expect([times, timing.pending]).to.deep.equal([[], 0]);
  });

  it("does not log what its own stop broke off", async () => {
    const timing = new FakeTiming();
    const stop = new AbortController();
    const { log, lines } = recordedLog();
    const task = async () => {
      stop.abort();
      throw new Error("broken off");
    };
    const ended = repeat(task, stop.signal, { name: "sweep", everyMs: () => HOUR, log, timing });
    await timing.advance(HOUR);
    await ended;
    expect(lines).to.deep.equal([]);
  });
});

describe("a pause", () => {
  it("ends at once when it is broken off, even before it began", async () => {
    const stop = new AbortController();
    const running = pause(HOUR, stop.signal);
    await turn();
    stop.abort();
    await running;
    await pause(HOUR, stop.signal);
  });
});
