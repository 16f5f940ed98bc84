/** Whose turn it is. */
import { expect } from "chai";
import { Rotation } from "../../src/aws/rotation.ts";

describe("rotation", () => {
  const next = (rotation: Rotation, existing: readonly string[], count = 1) =>
    rotation.next(existing, (one) => one, count);

  it("takes those that were never done first, then the longest ago", () => {
    const rotation = new Rotation();
    rotation.done("a", 2);
    rotation.done("b", 1);
    expect(next(rotation, ["a", "b", "c"], 3)).to.deep.equal(["c", "b", "a"]);
  });

  it("forgets what went away, so that one made anew comes first", () => {
    const rotation = new Rotation();
    rotation.done("a", 2);
    rotation.done("b", 1);
    next(rotation, ["b"]);
    expect(next(rotation, ["b", "a"])).to.deep.equal(["a"]);
  });
});
