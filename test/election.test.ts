/** Replicas that share one Lease: who writes when one is slow, stopped, cut off or gone. Time is the test's. */
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { Election } from "../src/election.ts";
import type { Logger } from "../src/engine/log.ts";
import { KubeError } from "../src/kube/errors.ts";
import type { Claim, LeaseSeen } from "../src/kube/lease.ts";
import { Failure } from "../src/plan/outcome.ts";
import { FakeTiming } from "./engine/harness.ts";

const durations = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, renewPeriodMs: 2_000 };
const name = { namespace: "system", name: "operator" };

/** The API server's part: one record, versions, and refusals of what is out of date. */
class Shelf {
  record: LeaseSeen | undefined;
  /** Whoever is among them gets no answer. */
  readonly cutOff = new Set<string>();
  /** Whose next write takes effect, and whose answer is lost. */
  deaf = "";
  readonly writes: string[] = [];
  #version = 0;

  for(us: string) {
    return {
      name,
      read: async () => {
        this.#reach(us);
        return this.record;
      },
      write: async (claim: Claim, before: LeaseSeen | undefined) => {
        this.#reach(us);
        if (before?.version !== this.record?.version) throw new KubeError(409, "conflict");
        this.put(claim);
        this.writes.push(`${us}: ${claim.holder || "nobody"}`);
        if (this.deaf === us) {
          this.deaf = "";
          throw new KubeError(0, "no answer");
        }
        return this.record as LeaseSeen;
      },
    };
  }

  put(claim: Claim): void {
    this.#version += 1;
    this.record = { ...claim, transitions: 0, version: String(this.#version) };
  }

  #reach(us: string): void {
    if (this.cutOff.has(us)) throw new KubeError(0, "no answer");
  }
}

describe("leader election", () => {
  let shelf: Shelf;
  let time: FakeTiming;
  let stop: AbortController;
  let logged: string[];
  beforeEach(() => {
    shelf = new Shelf();
    time = new FakeTiming();
    stop = new AbortController();
    logged = [];
  });
  afterEach(async () => {
    stop.abort();
    await turn();
  });

  const log = Object.fromEntries(
    ["error", "warn", "info", "debug"].map((level) => [
      level,
      (message: string) => logged.push(message),
    ]),
  ) as unknown as Logger;
  /** @param timing another one than the others': a process that was stopped */
  const replica = (us: string, timing = time) =>
    new Election({ lease: shelf.for(us), us, durations, log, timing });
  const join = async (one: Election) => {
    void one.lead(stop.signal);
    await turn();
  };
  const lossOf = (one: Election) => one.lost.catch((thrown: Failure) => thrown);
  const mayWrite = (one: Election) => {
    try {
      one.fence();
      return true;
    } catch (thrown) {
      expect(thrown).to.be.instanceOf(Failure).with.property("reason", "LeaseLost");
      return false;
    }
  };

  it("lets the first one write and the second one wait, ready to take over", async () => {
    const [first, second] = [replica("first"), replica("second")];
    await join(first);
    await join(second);
    await time.advance(60_000);
    expect([first, second].map(mayWrite)).to.deep.equal([true, false]);
    expect(second.standby).to.deep.equal({ ready: true, why: "standby: first leads" });
    expect(shelf.writes.filter((one) => one !== "first: first")).to.deep.equal([]);
  });

  it("hands over within a look when the leader gives the Lease back", async () => {
    const [first, second] = [replica("first"), replica("second")];
    await join(first);
    await join(second);
    await first.release();
    expect(mayWrite(first)).to.equal(false);
    await time.advance(2_000);
    expect(second.isLeading).to.equal(true);
    expect(shelf.record?.holder).to.equal("second");
  });

  it("hands over when the leader is gone for as long as the Lease lasts, and not sooner", async () => {
    shelf.put({ holder: "gone", durationMs: 15_000 });
    const second = replica("second");
    await join(second);
    await time.advance(14_900);
    expect(second.isLeading).to.equal(false);
    await time.advance(200);
    expect(mayWrite(second)).to.equal(true);
  });

  it("lets a leader without an answer stop writing before another one may begin", async () => {
    const [first, second] = [replica("first"), replica("second")];
    await join(first);
    await join(second);
    shelf.cutOff.add("first");
    const loss = lossOf(first);
    for (let at = 0; at < 30_000; at += 100) {
      await time.advance(100);
      expect([first, second].filter(mayWrite).length).to.be.at.most(1);
    }
    expect(mayWrite(second)).to.equal(true);
    expect(await loss).to.have.property("reason", "LeaseLost");
  });

  it("goes on through an outage that leaves time for a try before the deadline", async () => {
    const first = replica("first");
    await join(first);
    shelf.cutOff.add("first");
    await time.advance(7_000);
    expect(mayWrite(first)).to.equal(true);
    shelf.cutOff.clear();
    await time.advance(30_000);
    expect(mayWrite(first)).to.equal(true);
  });

  it("refuses the first write of a process that wakes after its time, before any timer tells it", async () => {
    const asleep = new FakeTiming();
    const first = replica("first", asleep);
    await join(first);
    const now = asleep.now();
    asleep.now = () => now + 60_000;
    expect(first.isLeading).to.equal(true);
    expect(mayWrite(first)).to.equal(false);
    expect(first.isLeading).to.equal(false);
    expect((await lossOf(first)).message).to.contain(
      "the Lease system/operator was not renewed in time",
    );
  });

  it("ends at once where another one has the Lease", async () => {
    const first = replica("first");
    await join(first);
    shelf.put({ holder: "other", durationMs: 15_000 });
    await time.advance(2_000);
    expect(mayWrite(first)).to.equal(false);
    expect((await lossOf(first)).message).to.contain("is held by other now");
  });

  it("goes on when somebody has only touched the Lease, or deleted it", async () => {
    const first = replica("first");
    await join(first);
    shelf.put({ holder: "first", durationMs: 15_000 });
    await time.advance(20_000);
    expect(mayWrite(first)).to.equal(true);
    shelf.record = undefined;
    await time.advance(20_000);
    expect(mayWrite(first)).to.equal(true);
    expect(shelf.record).to.have.property("holder", "first");
  });

  it("recognises a Lease that it took without hearing so", async () => {
    const first = replica("first");
    shelf.deaf = "first";
    await join(first);
    expect(first.isLeading).to.equal(false);
    await time.advance(2_000);
    expect(mayWrite(first)).to.equal(true);
  });

  it("is not ready, says why, and says it once, where the Lease cannot be read", async () => {
    const first = replica("first");
    shelf.cutOff.add("first");
    await join(first);
    await time.advance(20_000);
    expect(first.standby).to.deep.equal({ ready: false, why: "waiting for the Lease: no answer" });
    expect(logged).to.deep.equal(["cannot look at the Lease"]);
  });

  it("leaves a Lease to run out that cannot be given back", async () => {
    const first = replica("first");
    await join(first);
    shelf.cutOff.add("first");
    await first.release();
    expect(mayWrite(first)).to.equal(false);
    expect(logged.at(-1)).to.equal("the Lease is not given back and runs out by itself");
  });

  it("ends its waiting when it is stopped", async () => {
    shelf.put({ holder: "other", durationMs: 15_000 });
    const leading = replica("second").lead(stop.signal);
    await turn();
    stop.abort();
    expect(await leading).to.equal(false);
  });
});
