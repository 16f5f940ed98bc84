/** Alarms: a thousand things that happen to a key become a handful of calls. */
import { expect } from "chai";
import { Alarms } from "../../src/engine/alarms.ts";
import { FakeTiming } from "./harness.ts";

function start() {
  const timing = new FakeTiming();
  const rung: string[] = [];
  const alarms = new Alarms({
    ring: (key) => rung.push(`${key} at ${timing.now()}`),
    firstMs: 2_000,
    longestMs: 20_000,
    timing,
  });
  return { timing, alarms, rung };
}

describe("alarms", () => {
  it("ring once for what happens within the first delay", async () => {
    const { timing, alarms, rung } = start();
    for (let index = 0; index < 100; index += 1) alarms.touch("a");
    await timing.advance(2_000);
    expect(rung).to.deep.equal(["a at 2000"]);
    await timing.advance(60_000);
    expect(rung).to.have.length(1);
  });

  it("ring ever later while things keep happening", async () => {
    const { timing, alarms, rung } = start();
    // A thousand pods in a minute and a half.
    for (let index = 0; index < 900; index += 1) {
      alarms.touch("a");
      await timing.advance(100);
    }
    expect(rung.length).to.be.within(4, 8);
  });

  it("ring as soon as at first after a quiet time", async () => {
    const { timing, alarms, rung } = start();
    alarms.touch("a");
    await timing.advance(2_000);
    await timing.advance(60_000);
    alarms.touch("a");
    await timing.advance(2_000);
    expect(rung).to.deep.equal(["a at 2000", "a at 64000"]);
  });

  it("keep the earlier of two", async () => {
    const { timing, alarms, rung } = start();
    alarms.set("a", 500);
    alarms.set("a", 90_000);
    await timing.advance(500);
    expect(rung).to.deep.equal(["a at 500"]);
    await timing.advance(90_000);
    expect(rung).to.have.length(1);
  });

  it("do not ring for what has been forgotten", async () => {
    const { timing, alarms, rung } = start();
    alarms.touch("a");
    alarms.forget("a");
    await timing.advance(60_000);
    expect(rung).to.deep.equal([]);
  });
});
