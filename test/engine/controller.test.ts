/** The controller: when a key is looked at again, by how its reconciliation ended, and what is logged. */
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { Controller, type Ending } from "../../src/engine/controller.ts";
import { Failure, type Outcome, type Retry } from "../../src/plan/outcome.ts";
import { FakeTiming, queueOf, recordedLog } from "./harness.ts";

const MINUTE = 60_000;
const refused = (retry: Retry, message = "do this"): Outcome => ({
  kind: "failed",
  failure: new Failure("SomeReason", message, retry),
});

/** A controller whose reconciler ends as told, and the times of its reconciliations. */
function controllerOf(next: () => Outcome | Error, onEnd: (ending: Ending) => void = () => {}) {
  const timing = new FakeTiming();
  timing.chance = 0.5;
  const { log, lines } = recordedLog();
  const times: number[] = [];
  const reconciler = {
    name: "Thing",
    reconcile: async (): Promise<Outcome> => {
      times.push(timing.now());
      const outcome = next();
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
  const options = { reconciler, log, timing, concurrency: 2, stalledRetryMs: 30 * MINUTE, onEnd };
  return { controller: new Controller(options), timing, lines, times };
}

describe("a controller looks at an object again", () => {
  const cases: [string, Outcome, number | undefined][] = [
    ["never of its own accord once all is settled", { kind: "settled" }, undefined],
    [
      "after the time that it is to wait",
      { kind: "waiting", reason: "R", message: "m", checkAfterMs: 5000 },
      5000,
    ],
    ["after the time that a failure names", refused({ kind: "after", ms: 7000 }), 7000],
    ["after a backoff", refused({ kind: "backoff" }), 500],
    ["after half an hour if the user must act", refused({ kind: "never" }), 30 * MINUTE],
    ["never before the next sweep if that is when it helps", refused({ kind: "sweep" }), undefined],
  ];
  for (const [what, outcome, afterMs] of cases) {
    it(what, async () => {
      let ended = false;
      const { controller, timing, times } = controllerOf(() => {
        const result: Outcome = ended ? { kind: "settled" } : outcome;
        ended = true;
        return result;
      });
      controller.enqueue("ns/a", "user");
      await turn();
      await timing.advance(60 * MINUTE);
      expect(times).to.deep.equal(afterMs === undefined ? [0] : [0, afterMs]);
    });
  }

  for (const [chance, minutes] of [
    [0, 27],
    [1, 33],
  ] as const) {
    it(`spreads the half hour: ${minutes} minutes by chance ${chance}`, async () => {
      const { controller, timing, times } = controllerOf(() => refused({ kind: "never" }));
      timing.chance = chance;
      controller.enqueue("ns/a", "user");
      await turn();
      await timing.advance(minutes * MINUTE);
      expect(times).to.deep.equal([0, minutes * MINUTE]);
    });
  }

  it("backs off further with each failure, and from the start after a success", async () => {
    const endings = [..."fffsf"].map((letter) =>
      letter === "f" ? refused({ kind: "backoff" }) : ({ kind: "settled" } as const),
    );
    const { controller, timing, times } = controllerOf(
      () => endings.shift() ?? { kind: "settled" },
    );
    for (let sweep = 0; sweep < 2; sweep += 1) {
      controller.enqueue("ns/a", "resync");
      await turn();
      await timing.advance(10_000);
    }
    expect(times).to.deep.equal([0, 500, 1500, 3500, 10_000, 10_500]);
  });

  it("at each sweep, but not one that backs off or whose user must act", async () => {
    for (const [retry, runs] of [
      ["sweep", 2],
      ["never", 1],
    ] as const) {
      const { controller, timing, times } = controllerOf(() => refused({ kind: retry }));
      controller.enqueue("ns/a", "resync");
      await timing.advance(1000);
      controller.enqueue("ns/a", "resync");
      await timing.advance(1000);
      expect(times).to.have.length(runs);
    }
  });
});

describe("a controller logs", () => {
  it("nothing above debug when all is as wanted", async () => {
    const { controller, lines } = controllerOf(() => ({ kind: "settled" }));
    controller.enqueue("ns/a", "user");
    await turn();
    expect(lines.filter(({ level }) => level !== "debug")).to.deep.equal([]);
  });

  it("a refusal once, with object, reason and duration, and again when its message changes", async () => {
    let message = "first";
    const { controller, lines } = controllerOf(() => refused({ kind: "sweep" }, message));
    const look = async () => {
      controller.enqueue("team/app", "user");
      await turn();
    };
    await look();
    await look();
    message = "second";
    await look();
    const warnings = lines.filter(({ level }) => level === "warn");
    expect(warnings.map(({ why }) => why)).to.deep.equal(["first", "second"]);
    expect(warnings[0]).to.include({
      controller: "Thing",
      namespace: "team",
      name: "app",
      reason: "SomeReason",
    });
    expect(warnings[0]?.["durationMs"]).to.be.a("number");
  });

  it("what nobody foresaw as an error of ours, and tries again", async () => {
    const faults: Error[] = [new TypeError("x is not a function")];
    const { controller, timing, lines, times } = controllerOf(
      () => faults.shift() ?? ({ kind: "settled" } as const),
    );
    controller.enqueue("ns/a", "user");
    await turn();
    await timing.advance(1000);
    expect(times).to.deep.equal([0, 500]);
    expect(lines[0]).to.include({
      level: "error",
      reason: "InternalError",
      error: "x is not a function",
    });
    expect(lines[0]?.["stack"]).to.include("controller.test.ts");
  });
});

describe("a controller tells", () => {
  it("how each reconciliation ended, and why", async () => {
    const endings: Outcome[] = [
      refused({ kind: "sweep" }),
      { kind: "waiting", reason: "Deleting", message: "m", checkAfterMs: 1 },
      { kind: "settled" },
    ];
    const told: Omit<Ending, "durationMs">[] = [];
    const { controller } = controllerOf(
      () => endings.shift() ?? { kind: "settled" },
      ({ durationMs, ...ending }) => {
        expect(durationMs).to.be.at.least(0);
        told.push(ending);
      },
    );
    for (let time = 0; time < 3; time += 1) {
      controller.enqueue("ns/a", "user");
      await turn();
    }
    expect(told).to.deep.equal([
      { controller: "Thing", outcome: "failed", reason: "SomeReason" },
      { controller: "Thing", outcome: "waiting", reason: "Deleting" },
      { controller: "Thing", outcome: "settled", reason: "" },
    ]);
  });

  it("what it has to do just now", async () => {
    const { queue, timing, tasks } = queueOf(1);
    queue.add("ns/a", "user");
    await turn();
    queue.add("ns/b", "resync");
    await timing.advance(3_000);
    queue.add("ns/c", "resync");
    queue.add("ns/b", "user");
    await timing.advance(2_000);
    const { size, running, longestWaitMs } = queue;
    expect({ size, running, longestWaitMs }).to.deep.equal({
      size: 2,
      running: 1,
      longestWaitMs: 5_000,
    });
    for (const key of ["ns/a", "ns/b", "ns/c"]) await tasks.end(key);
    expect([queue.size, queue.longestWaitMs]).to.deep.equal([0, 0]);
  });
});

describe("a controller that stops", () => {
  it("neither logs nor repeats what its own stop broke off", async () => {
    const { log, lines } = recordedLog();
    const timing = new FakeTiming();
    let runs = 0;
    const controller = new Controller({
      reconciler: {
        name: "Thing",
        reconcile: (_, signal) => {
          runs += 1;
          return new Promise((__, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason)),
          );
        },
      },
      log,
      timing,
      concurrency: 1,
      stalledRetryMs: MINUTE,
    });
    controller.enqueue("ns/a", "user");
    await turn();
    await controller.stop(10_000);
    await timing.advance(60 * MINUTE);
    expect([runs, lines]).to.deep.equal([1, []]);
  });
});
