/** What holds for the work queue in whatever order things happen. */
import { expect } from "chai";
import fc from "fast-check";
import { queueOf, type Tasks } from "./harness.ts";

describe("the work queue", () => {
  it("in any order of events never runs a key twice at once, and loses no user's change", async () => {
    const step = fc.record({
      what: fc.constantFrom<Step>("user", "resync", "fail", "end", "wait"),
      key: fc.constantFrom(...KEYS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { tasks, ...rest } = queueOf(2);
        const owed = new Map<string, number>();
        for (const { what, key } of steps) {
          if (what === "user") owed.set(key, runsOf(tasks, key) + 1);
          await carryOut(what, key, { tasks, ...rest });
        }
        await runDry({ tasks, ...rest });
        expect(tasks.overlaps).to.deep.equal([]);
        for (const [key, least] of owed) expect(runsOf(tasks, key)).to.be.at.least(least);
        expect([rest.queue.running, rest.queue.size]).to.deep.equal([0, 0]);
      }),
      { numRuns: 60 },
    );
  }).timeout(20_000);
});

type Step = "user" | "resync" | "fail" | "end" | "wait";
type Harness = ReturnType<typeof queueOf>;

const KEYS = ["a", "b", "c"] as const;

async function carryOut(what: Step, key: string, { queue, timing, tasks }: Harness): Promise<void> {
  switch (what) {
    case "user":
    case "resync":
      return queue.add(key, what);
    case "fail":
      return queue.addRateLimited(key);
    case "end":
      return tasks.end(key);
    case "wait":
      return timing.advance(700);
  }
}

/** Ends all that runs and lets all delays pass, until nothing is left. */
async function runDry({ tasks, timing }: Harness): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    for (const key of KEYS) await tasks.end(key);
    await timing.advance(300_000);
  }
}

function runsOf({ started }: Tasks, key: string): number {
  return started.filter((one) => one === key).length;
}
