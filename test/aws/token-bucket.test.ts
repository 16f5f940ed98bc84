/** The arithmetic of the limiter. */
import { expect } from "chai";
import { TokenBucket } from "../../src/aws/token-bucket.ts";

const taken = (bucket: TokenBucket, now: number) => {
  let count = 0;
  while (bucket.take(now)) count += 1;
  return count;
};

describe("token bucket", () => {
  const full = { callsPerSecond: 500, burst: 100 };

  it("lets a burst through at once, then its rate", () => {
    const bucket = new TokenBucket(full, 0);
    expect(taken(bucket, 0)).to.equal(100);
    expect(bucket.waitMs(0)).to.equal(2);
    expect(taken(bucket, 100)).to.equal(50);
  });

  it("saves up no more than a burst", () => {
    const bucket = new TokenBucket(full, 0);
    taken(bucket, 0);
    expect(taken(bucket, 3600_000)).to.equal(100);
  });

  it("halves its rate when AWS throttles, and forgets its savings", () => {
    const bucket = new TokenBucket(full, 0);
    bucket.throttled(1, 2);
    expect(bucket.rate(2)).to.equal(250);
    expect(taken(bucket, 2)).to.equal(0);
    expect(bucket.waitMs(2)).to.equal(4);
  });

  it("counts a herd of throttled calls once", () => {
    const bucket = new TokenBucket(full, 0);
    for (let call = 0; call < 50; call += 1) bucket.throttled(1, 60 + call);
    expect(bucket.rate(60)).to.equal(250);
  });

  it("slows down again for a call that was sent after it slowed down", () => {
    const bucket = new TokenBucket({ callsPerSecond: 100, burst: 10 }, 0);
    bucket.throttled(1, 10);
    bucket.throttled(11, 20);
    expect(bucket.rate(20)).to.be.closeTo(25, 0.1);
  });

  it("never falls below one call a second", () => {
    const bucket = new TokenBucket(full, 0);
    for (let time = 0; time < 1000; time += 2) bucket.throttled(time + 1, time + 2);
    expect(bucket.rate(1000)).to.be.within(1, 1.1);
    expect(bucket.waitMs(1000)).to.be.at.most(1000);
  });

  it("recovers by two calls a second with each second, up to its ceiling", () => {
    const bucket = new TokenBucket({ callsPerSecond: 100, burst: 10 }, 0);
    bucket.throttled(1, 1000);
    expect(bucket.rate(1000)).to.equal(50);
    expect(bucket.rate(11_000)).to.equal(70);
    expect(bucket.rate(26_000)).to.equal(100);
    expect(bucket.rate(3600_000)).to.equal(100);
  });

  it("keeps its burst small while it is slow: no herd after a pause", () => {
    const bucket = new TokenBucket({ callsPerSecond: 100, burst: 50 }, 0);
    bucket.throttled(1, 1000);
    // Five seconds on it is at 60 calls a second, so its burst is 60 % of the full one.
    expect(taken(bucket, 6000)).to.equal(30);
  });

  it("respects a ceiling below one call a second", () => {
    const bucket = new TokenBucket({ callsPerSecond: 0.5, burst: 1 }, 0);
    bucket.throttled(1, 2);
    expect(bucket.rate(2)).to.equal(0.5);
  });
});
