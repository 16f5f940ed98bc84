/** Calls that wait for their turn. */
import { expect } from "chai";
import { familyOf, Limiter } from "../../src/aws/limiter.ts";
import { FakeTimers } from "./fake-timers.ts";

describe("limiter", () => {
  let timers: FakeTimers;
  let limiter: Limiter;
  let letGo: string[];
  const never = new AbortController().signal;

  beforeEach(() => {
    timers = new FakeTimers();
    limiter = new Limiter({ callsPerSecond: 10, burst: 2 }, timers);
    letGo = [];
  });

  const ask = (name: string, signal = never) =>
    limiter.turn("iam-write", signal).then(
      () => letGo.push(name),
      (reason: Error) => letGo.push(`${name} ${reason.message}`),
    );

  it("does not hold up calls within the burst", async () => {
    void ask("a");
    void ask("b");
    await timers.advance(0);
    expect(letGo).to.deep.equal(["a", "b"]);
  });

  it("serves those who wait first come first served, at its rate", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) void ask(name);
    await timers.advance(100);
    expect(letGo).to.deep.equal(["a", "b", "c"]);
    await timers.advance(100);
    expect(letGo).to.deep.equal(["a", "b", "c", "d"]);
    await timers.advance(100);
    expect(letGo).to.deep.equal(["a", "b", "c", "d", "e"]);
  });

  it("lets nobody overtake who waits, even if the timer is late", async () => {
    for (const name of ["a", "b", "c"]) void ask(name);
    timers.skip(150);
    void ask("late");
    await timers.advance(0);
    expect(letGo).to.deep.equal(["a", "b", "c"]);
    await timers.advance(60);
    expect(letGo).to.deep.equal(["a", "b", "c", "late"]);
  });

  it("lets an aborted call go without taking a token from the next", async () => {
    const stop = new AbortController();
    for (const name of ["a", "b"]) void ask(name);
    void ask("c", stop.signal);
    void ask("d");
    stop.abort(new Error("stopped"));
    await timers.advance(100);
    expect(letGo).to.deep.equal(["a", "b", "c stopped", "d"]);
  });

  it("refuses a call that was aborted before it asked", async () => {
    void ask("a", AbortSignal.abort(new Error("stopped")));
    await timers.advance(0);
    expect(letGo).to.deep.equal(["a stopped"]);
  });

  it("makes those who wait already wait longer when AWS throttles", async () => {
    for (const name of ["a", "b", "c"]) void ask(name);
    await timers.advance(50);
    limiter.throttled("iam-write", 0);
    await timers.advance(150);
    expect(letGo).to.deep.equal(["a", "b"]);
    await timers.advance(50);
    expect(letGo).to.deep.equal(["a", "b", "c"]);
  });

  it("slows only the family that is throttled", async () => {
    limiter.throttled("iam-write", 0);
    const rates = (["iam-write", "iam-read", "eks-write", "eks-read"] as const).map((family) =>
      limiter.rate(family),
    );
    expect(rates).to.deep.equal([5, 10, 10, 10]);
  });

  const families: [string, string][] = [
    ["iam:GetRole", "iam-read"],
    ["iam:ListRolePolicies", "iam-read"],
    ["iam:GetAccountAuthorizationDetails", "iam-read"],
    ["iam:CreateRole", "iam-write"],
    ["iam:DetachRolePolicy", "iam-write"],
    ["eks:DescribePodIdentityAssociation", "eks-read"],
    ["eks:ListPodIdentityAssociations", "eks-read"],
    ["eks:DeletePodIdentityAssociation", "eks-write"],
    ["eks:TagResource", "eks-write"],
  ];
  for (const [action, family] of families) {
    it(`counts ${action} as ${family}`, () => expect(familyOf(action)).to.equal(family));
  }
});
