/** The work queue: what runs, when, and what never does. */
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import type { WorkQueue } from "../../src/engine/work-queue.ts";
import { queueOf } from "./harness.ts";

describe("the work queue", () => {
  it("runs a key once, however often it is added before its turn", async () => {
    const { queue, tasks } = queueOf(1);
    for (const key of ["first", "b", "b", "b"]) queue.add(key, "resync");
    await tasks.end("first");
    await tasks.end("b");
    expect(tasks.started).to.deep.equal(["first", "b"]);
  });

  it("runs a key again that was added while it ran, and not twice at once", async () => {
    const { queue, tasks } = queueOf(5);
    queue.add("a", "user");
    await turn();
    queue.add("a", "user");
    queue.add("a", "resync");
    await turn();
    expect(tasks.started).to.deep.equal(["a"]);
    await tasks.end("a");
    expect(tasks.started).to.deep.equal(["a", "a"]);
    await tasks.end("a");
    expect(tasks.started).to.have.length(2);
  });

  it("lets as many keys run at once as it may, and says how many run and wait", async () => {
    const { queue, tasks } = queueOf(2);
    for (const key of ["a", "b", "c"]) queue.add(key, "resync");
    await turn();
    expect(tasks.started).to.deep.equal(["a", "b"]);
    expect([queue.running, queue.size]).to.deep.equal([2, 1]);
  });

  it("takes what a user changed before what is only looked at again, also if it waited already", async () => {
    const { queue, tasks } = queueOf(1);
    for (const key of ["running", "x", "y", "edited"]) queue.add(key, "resync");
    queue.add("new", "user");
    queue.add("edited", "user");
    for (const key of ["running", "new", "edited", "x"]) await tasks.end(key);
    expect(tasks.started).to.deep.equal(["running", "new", "edited", "x", "y"]);
  });

  describe("with a delay", () => {
    it("runs the key when the delay is over, not before", async () => {
      const { queue, timing, tasks } = queueOf(1);
      queue.addAfter("a", 1000);
      await timing.advance(999);
      expect(tasks.started).to.deep.equal([]);
      await timing.advance(1);
      expect(tasks.started).to.deep.equal(["a"]);
    });

    for (const [first, second] of [
      [1000, 200],
      [200, 1000],
    ] as const) {
      it(`lets the earlier of ${first} and ${second} ms count, once`, async () => {
        const { queue, timing, tasks } = queueOf(1);
        queue.addAfter("a", first);
        queue.addAfter("a", second);
        await timing.advance(200);
        expect(tasks.started).to.deep.equal(["a"]);
        await tasks.end("a");
        await timing.advance(5000);
        expect(tasks.started).to.deep.equal(["a"]);
      });
    }

    it("is not cut short by a resync", async () => {
      const { queue, timing, tasks } = queueOf(1);
      queue.addAfter("a", 1000);
      queue.add("a", "resync");
      await timing.advance(999);
      expect(tasks.started).to.deep.equal([]);
      await timing.advance(1);
      await tasks.end("a");
      await timing.advance(5000);
      expect(tasks.started).to.deep.equal(["a"]);
    });

    it("is not cut short by a resync that came while the key ran", async () => {
      const { queue, timing, tasks } = queueOf(1);
      queue.add("a", "resync");
      await turn();
      queue.add("a", "resync");
      queue.addRateLimited("a");
      await tasks.end("a");
      await timing.advance(999);
      expect(tasks.started).to.deep.equal(["a"]);
      await timing.advance(1);
      expect(tasks.started).to.deep.equal(["a", "a"]);
    });

    it("gives way to a user's change, which runs at once and only once", async () => {
      const { queue, timing, tasks } = queueOf(1);
      queue.addAfter("a", 1000);
      queue.add("a", "user");
      await turn();
      await tasks.end("a");
      await timing.advance(5000);
      expect(tasks.started).to.deep.equal(["a"]);
    });

    it("gives way to a user's change that came while the key ran", async () => {
      const { queue, timing, tasks } = queueOf(1);
      queue.add("a", "resync");
      await turn();
      queue.add("a", "user");
      queue.addAfter("a", 1000);
      await tasks.end("a");
      expect(tasks.started).to.deep.equal(["a", "a"]);
      await tasks.end("a");
      await timing.advance(5000);
      expect(tasks.started).to.have.length(2);
    });
  });

  describe("backing off", () => {
    /** When the key ran, as seconds since the failure before. */
    async function gaps(count: number, chance: number): Promise<number[]> {
      const { queue, timing, tasks } = queueOf(1);
      timing.chance = chance;
      const seconds: number[] = [];
      for (let failure = 0; failure < count; failure += 1) {
        const failedAt = timing.now();
        queue.addRateLimited("a");
        while (tasks.started.length === failure) await timing.advance(250);
        seconds.push((timing.now() - failedAt) / 1000);
        await tasks.end("a");
      }
      return seconds;
    }

    it("doubles from a second up to five minutes", async () => {
      expect(await gaps(11, 1)).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    });

    it("spreads over all of that time", async () => {
      expect(await gaps(4, 0.5)).to.deep.equal([0.5, 1, 2, 4]);
    });

    for (const [what, forget] of [
      ["a success", (queue: WorkQueue) => queue.forget("a")],
      ["a user's change", (queue: WorkQueue) => queue.add("a", "user")],
    ] as const) {
      it(`begins anew after ${what}`, async () => {
        const { queue, timing, tasks } = queueOf(1);
        for (let failure = 0; failure < 4; failure += 1) {
          queue.addRateLimited("a");
          await timing.advance(10_000);
          await tasks.end("a");
        }
        forget(queue);
        await turn();
        await tasks.end("a");
        const before = tasks.started.length;
        queue.addRateLimited("a");
        await timing.advance(1000);
        expect(tasks.started).to.have.length(before + 1);
      });
    }
  });

  describe("shutting down", () => {
    it("takes nothing new, drops what waits, and tells what runs", async () => {
      const { queue, timing, tasks } = queueOf(1);
      queue.add("running", "user");
      queue.add("waiting", "user");
      queue.addAfter("delayed", 3_600_000);
      await turn();
      const down = queue.shutdown(60_000);
      queue.add("late", "user");
      queue.addAfter("later", 3_600_000);
      expect(tasks.signals[0]?.aborted).to.equal(true);
      await tasks.end("running");
      await down;
      await timing.advance(1000);
      expect(tasks.started).to.deep.equal(["running"]);
      expect(timing.pending).to.equal(0);
    });

    it("waits no longer than its deadline for a task that does not end", async () => {
      const { queue, timing } = queueOf(1);
      queue.add("stuck", "user");
      await turn();
      let over = false;
      const down = queue.shutdown(5000).then(() => {
        over = true;
      });
      await timing.advance(4999);
      expect(over).to.equal(false);
      await timing.advance(1);
      await down;
    });

    it("is done at once when nothing runs", () => queueOf(1).queue.shutdown(60_000));
  });
});
