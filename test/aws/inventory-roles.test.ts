/** What the operator believes about roles, and when. */
import { expect } from "chai";
import type { Inventory } from "../../src/aws/inventory.ts";
import { denied, outage, role } from "./fakes.ts";
import { Fixture, WINDOW } from "./inventory-fixture.ts";

const cart = { namespace: "shop", serviceAccount: "cart" };

let aws: Fixture;
let inventory: Inventory;

describe("inventory of roles", () => {
  beforeEach(() => {
    aws = new Fixture();
    ({ inventory } = aws);
  });

  it("knows roles by name without regard to case", async () => {
    aws.roles.pages = [[role("Reader")]];
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.deep.equal(role("Reader"));
    expect(inventory.role("READER")).to.deep.equal(role("Reader"));
    expect(inventory.role("writer")).to.equal("absent");
  });

  it("does not believe a bulk read about what we have just written", async () => {
    const written = role("reader", { tags: { team: "shop" } });
    inventory.wroteRole("reader", written);
    aws.roles.pages = [[role("READER")]];
    aws.now += WINDOW - 1;
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.deep.equal(written);
    aws.now += 1;
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.deep.equal(role("READER"));
  });

  it("says when we last wrote to a role, and nothing of reads", () => {
    inventory.readRole("reader", role("reader"));
    expect(inventory.roleWrittenAt("reader")).to.equal(undefined);
    inventory.wroteRole("Reader", role("Reader"));
    aws.now += 100;
    inventory.readRole("reader", role("reader"));
    expect(inventory.roleWrittenAt("reader")).to.equal(1_000_000);
  });

  it("counts a write that failed as one that may have happened", () => {
    inventory.forgetRole("reader");
    expect(inventory.role("reader")).to.equal("unknown");
    expect(inventory.roleWrittenAt("reader")).to.equal(aws.now);
  });

  it("remembers a write for ten minutes, also of a role that is gone", async () => {
    inventory.wroteRole("reader", role("reader"));
    aws.now += 600_000;
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.equal("absent");
    expect(inventory.roleWrittenAt("reader")).to.equal(1_000_000);
    aws.now += 1;
    await inventory.sweepRoles();
    expect(inventory.roleWrittenAt("reader")).to.equal(undefined);
  });

  it("reads descriptions only where an object sets one", async () => {
    aws.roles.pages = [[role("reader"), role("foreign", { path: "/" })]];
    await inventory.sweepRoles();
    expect(aws.calls).to.deep.equal([]);
    aws.texts = new Map([["reader", { description: "reads", maxSessionSeconds: 7200 }]]);
    await inventory.sweepRoles();
    expect(aws.calls).to.deep.equal(["descriptions /podidentity/"]);
    expect(inventory.role("reader")).to.deep.equal(
      role("reader", { description: "reads", maxSessionSeconds: 7200 }),
    );
    expect(inventory.role("foreign")).to.deep.equal(role("foreign", { path: "/" }));
  });

  it("leaves descriptions unknown where listing roles is not permitted", async () => {
    aws.roles.pages = [[role("reader")]];
    aws.texts = "denied";
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.deep.equal(role("reader"));
  });

  it("believes nothing of a bulk read of which a page failed", async () => {
    aws.roles.pages = [[role("reader")], []];
    aws.roles.failAt = { page: 1, error: outage };
    expect(await inventory.sweepRoles().catch((thrown: unknown) => thrown)).to.equal(outage);
    expect(inventory.role("reader")).to.equal("unknown");
  });

  it("says what a sweep took, so that the next comes in due time", async () => {
    aws.roles.pages = [[], [], []];
    expect(await inventory.sweepRoles()).to.deep.equal({ bulk: true, calls: 3 });
  });

  describe("where the bulk read is not permitted", () => {
    beforeEach(() => {
      aws.roles.failAt = { page: 0, error: denied };
      aws.claims = ["Reader", "gone", undefined].map((roleName) => ({ ...cart, roleName }));
      aws.found.set("Reader", role("Reader", { inlinePolicies: { one: "hash" } }));
    });

    it("reads the claimed roles one by one", async () => {
      expect(await inventory.sweepRoles()).to.deep.equal({ bulk: false, calls: 5 });
      expect(aws.calls).to.deep.equal(["find Reader", "find gone"]);
      expect(inventory.role("reader")).to.be.an("object");
      expect(inventory.role("gone")).to.equal("absent");
    });

    it("does not take the others to be absent", async () => {
      await inventory.sweepRoles();
      expect(inventory.role("other")).to.equal("unknown");
    });

    it("forgets what it took to be absent while the bulk read worked", async () => {
      aws.roles.failAt = undefined;
      await inventory.sweepRoles();
      expect(inventory.role("other")).to.equal("absent");
      aws.roles.failAt = { page: 0, error: denied };
      await inventory.sweepRoles();
      expect(inventory.role("other")).to.equal("unknown");
    });

    it("is not stopped by a role that may not be read", async () => {
      aws.claims = ["secret", "Reader"].map((roleName) => ({ ...cart, roleName }));
      await inventory.sweepRoles();
      expect(inventory.role("secret")).to.equal("unknown");
      expect(inventory.role("reader")).to.be.an("object");
    });

    it("does not believe a read about what we wrote meanwhile", async () => {
      const written = role("Reader", { tags: { team: "shop" } });
      const sweep = inventory.sweepRoles();
      inventory.wroteRole("reader", written);
      await sweep;
      expect(inventory.role("reader")).to.deep.equal(written);
    });

    it("warns once", async () => {
      await inventory.sweepRoles();
      await inventory.sweepRoles();
      expect(aws.warnings).to.have.length(1);
    });

    it("warns again if the permission came and went", async () => {
      await inventory.sweepRoles();
      aws.roles.failAt = undefined;
      await inventory.sweepRoles();
      aws.roles.failAt = { page: 0, error: denied };
      await inventory.sweepRoles();
      expect(aws.warnings).to.have.length(2);
    });

    it("tries the bulk read again each time", async () => {
      await inventory.sweepRoles();
      aws.roles.failAt = undefined;
      expect(await inventory.sweepRoles()).to.deep.equal({ bulk: true, calls: 1 });
      expect(inventory.role("other")).to.equal("absent");
    });
  });
});
