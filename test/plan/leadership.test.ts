/** Who may take the Lease, and when whoever has it must renew it or has lost it. Times are milliseconds. */
import { expect } from "chai";
import { candidacy, type Sighting, sighted, tenure } from "../../src/plan/leadership.ts";

const durations = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, renewPeriodMs: 2_000 };
const theirs: Sighting = { holder: "them", durationMs: 15_000, version: "7", since: 1_000 };

describe("a replica that waits", () => {
  const rows: [string, Sighting | undefined, number, ReturnType<typeof candidacy>][] = [
    ["takes a Lease that nobody ever made", undefined, 0, { kind: "acquire" }],
    ["takes one that was given back", { ...theirs, holder: "" }, 1_000, { kind: "acquire" }],
    [
      "takes one that is its own: it missed the answer",
      { ...theirs, holder: "us" },
      1_000,
      { kind: "acquire" },
    ],
    [
      "waits when it sees another's for the first time, however old",
      theirs,
      1_000,
      { kind: "wait", ms: 2_000 },
    ],
    ["waits no longer than the Lease lasts", theirs, 15_500, { kind: "wait", ms: 500 }],
    ["takes one that has not changed for as long as it lasts", theirs, 16_000, { kind: "acquire" }],
    [
      "goes by how long the holder says it lasts",
      { ...theirs, durationMs: 60_000 },
      16_000,
      { kind: "wait", ms: 2_000 },
    ],
    [
      "goes by its own setting where the holder says nothing",
      { ...theirs, durationMs: 0 },
      15_999,
      { kind: "wait", ms: 1 },
    ],
  ];
  for (const [sentence, seen, now, expected] of rows) {
    it(sentence, () =>
      expect(candidacy(seen, now, { ...durations, us: "us" })).to.deep.equal(expected),
    );
  }
});

describe("what a replica knows of the Lease", () => {
  const { since: _, ...record } = theirs;
  it("dates from its own first look at a version", () =>
    expect(sighted(undefined, record, 5_000)).to.deep.equal({ ...record, since: 5_000 }));
  it("stays as old as it is while nothing is written", () =>
    expect(sighted(theirs, record, 5_000)).to.equal(theirs));
  it("is new with any write", () =>
    expect(sighted(theirs, { ...record, version: "8" }, 5_000)?.since).to.equal(5_000));
  it("outlives its deletion: the holder may not know yet", () =>
    expect(sighted(theirs, undefined, 5_000)).to.equal(theirs));
});

describe("the replica that leads", () => {
  const rows: [string, number, number, number, ReturnType<typeof tenure>][] = [
    ["rests for the renewal period", 0, 0, 500, { kind: "wait", ms: 1_500 }],
    ["renews then", 0, 0, 2_000, { kind: "renew" }],
    [
      "tries again a period after a renewal that failed",
      0,
      8_000,
      9_000,
      { kind: "wait", ms: 1_000 },
    ],
    ["looks no later than at its deadline", 0, 9_000, 9_500, { kind: "wait", ms: 500 }],
    ["has lost it at the deadline, whatever it tried", 0, 9_999, 10_000, { kind: "lost" }],
    ["has lost it when it wakes after a minute", 0, 0, 60_000, { kind: "lost" }],
  ];
  for (const [sentence, renewedAt, triedAt, now, expected] of rows) {
    it(sentence, () =>
      expect(tenure({ renewedAt, triedAt }, now, durations)).to.deep.equal(expected),
    );
  }
});
