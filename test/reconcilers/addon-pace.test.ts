/** How often EKS is asked for the same. */
import { expect } from "chai";
import { AddonPace } from "../../src/reconcilers/addon-pace.ts";

describe("an add-on that could not be brought where it should be", () => {
  let now = 0;
  const asked = () => {
    now = 0;
    const pace = new AddonPace(300, () => now);
    pace.asked("uid", { version: "v1" });
    return pace;
  };

  it("is tried at once the first time", () =>
    expect(new AddonPace(300, () => 0).waitMs("uid", { version: "v1" })).to.equal(0));

  it("is tried again after a while", () => {
    const pace = asked();
    now = 100;
    expect(pace.waitMs("uid", { version: "v1" })).to.equal(200);
    now = 300;
    expect(pace.waitMs("uid", { version: "v1" })).to.equal(0);
  });

  it("is tried at once when something else is wanted, or once it was as wanted", () => {
    const pace = asked();
    expect(pace.waitMs("uid", { version: "v2" })).to.equal(0);
    expect(pace.waitMs("other", { version: "v1" })).to.equal(0);
    pace.forget("uid");
    expect(pace.waitMs("uid", { version: "v1" })).to.equal(0);
  });
});
