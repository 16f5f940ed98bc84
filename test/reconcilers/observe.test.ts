/** What a fresh read shows may be older than what we did ourselves. */
import { expect } from "chai";
import { readRole } from "../../src/reconcilers/observe.ts";
import type { Aws } from "../../src/reconcilers/ports.ts";
import { role } from "../aws/fakes.ts";
import { Fixture, WINDOW } from "../aws/inventory-fixture.ts";

describe("a role that we deleted", () => {
  let aws: Fixture;
  /** IAM shows it all the while. */
  const read = () =>
    readRole("reader", {
      inventory: aws.inventory,
      roles: { find: async () => role("reader") } as unknown as Aws["roles"],
    });

  beforeEach(() => {
    aws = new Fixture();
  });

  it("is gone as long as IAM may only lag behind, and there again if it is still shown", async () => {
    aws.inventory.wroteRole("Reader", undefined);
    aws.now += WINDOW - 1;
    expect(await read()).to.equal(undefined);
    expect(aws.inventory.role("reader")).to.equal("absent");
    aws.now += 1;
    expect(await read()).to.deep.equal(role("reader"));
  });

  it("and made again is there", async () => {
    aws.inventory.wroteRole("reader", undefined);
    aws.inventory.wroteRole("reader", role("reader"));
    expect(await read()).to.deep.equal(role("reader"));
  });
});
