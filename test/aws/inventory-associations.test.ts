/** What the operator believes about associations, and when. */
import { expect } from "chai";
import type { Inventory } from "../../src/aws/inventory.ts";
import { association, details, outage } from "./fakes.ts";
import { Fixture, WINDOW } from "./inventory-fixture.ts";

const cart = { namespace: "shop", serviceAccount: "cart" };

let aws: Fixture;
let inventory: Inventory;

describe("inventory of associations", () => {
  beforeEach(() => {
    aws = new Fixture();
    ({ inventory } = aws);
  });

  it("knows nothing before the first list", () => {
    expect(inventory.association(cart)).to.equal("unknown");
  });

  it("knows after a list what is there and what is not", async () => {
    aws.associations.pages = [[association("web")], [association("cart")]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.deep.equal(association("cart"));
    expect(inventory.association({ ...cart, serviceAccount: "other" })).to.equal("absent");
  });

  it("notices that an association has gone", async () => {
    aws.associations.pages = [[association("cart")]];
    await inventory.sweepAssociations();
    aws.associations.pages = [[]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.equal("absent");
  });

  it("believes nothing of a list of which a page failed", async () => {
    aws.associations.pages = [[association("cart")], [association("web")]];
    await inventory.sweepAssociations();
    aws.associations.pages = [[association("new")], []];
    aws.associations.failAt = { page: 1, error: outage };
    const failed = await inventory.sweepAssociations().catch((thrown: unknown) => thrown);
    expect(failed).to.equal(outage);
    expect(inventory.association(cart)).to.deep.equal(association("cart"));
    expect(inventory.association({ ...cart, serviceAccount: "new" })).to.equal("absent");
  });

  it("stays ignorant if the very first list failed", async () => {
    aws.associations.failAt = { page: 0, error: outage };
    await inventory.sweepAssociations().catch(() => {});
    expect(inventory.association(cart)).to.equal("unknown");
  });

  it("keeps the details of an association that is still the same one", async () => {
    inventory.readAssociation(cart, association("cart", { details }));
    aws.now += 1;
    aws.associations.pages = [[association("cart", { ownerArn: "addon" })]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.deep.equal(
      association("cart", { details, ownerArn: "addon" }),
    );
  });

  it("drops the details when the ServiceAccount has another association", async () => {
    inventory.readAssociation(cart, association("cart", { details }));
    aws.now += 1;
    aws.associations.pages = [[association("cart", { id: "a-other" })]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.deep.equal(association("cart", { id: "a-other" }));
  });

  describe("after our own write", () => {
    const written = association("cart", { details });

    it("does not believe a list that leaves it out within the consistency window", async () => {
      inventory.wroteAssociation(cart, written);
      aws.now += WINDOW - 1;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.deep.equal(written);
    });

    it("believes a list that began after the window", async () => {
      inventory.wroteAssociation(cart, written);
      aws.now += WINDOW;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("absent");
    });

    it("does not believe a list that still shows what we deleted", async () => {
      inventory.wroteAssociation(cart, undefined);
      aws.now += 10;
      aws.associations.pages = [[association("cart")]];
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("absent");
    });

    it("does not believe a page whose call began before the write, however long ago that is", async () => {
      aws.associations.pages = [[association("cart", { id: "a-old" })]];
      aws.associations.during = () => {
        inventory.wroteAssociation(cart, written);
        aws.now += 10 * WINDOW;
      };
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.deep.equal(written);
    });

    it("believes a page whose call began late enough, even if the list began too early", async () => {
      inventory.wroteAssociation(cart, written);
      aws.associations.pages = [[], [association("cart", { id: "a-other" })]];
      aws.associations.during = (page) => {
        if (page === 0) aws.now += WINDOW;
      };
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.deep.equal(association("cart", { id: "a-other" }));
    });

    it("takes absence to be as old as the first page", async () => {
      aws.associations.pages = [[], []];
      aws.associations.during = (page) => {
        if (page === 1) inventory.wroteAssociation(cart, written);
        aws.now += 10 * WINDOW;
      };
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.deep.equal(written);
    });

    it("believes the list about everything else", async () => {
      inventory.wroteAssociation(cart, written);
      aws.associations.pages = [[association("web")]];
      await inventory.sweepAssociations();
      expect(inventory.association({ ...cart, serviceAccount: "web" })).to.be.an("object");
    });

    it("is unsure about a write that failed until a list that is late enough", async () => {
      inventory.readAssociation(cart, written);
      inventory.forgetAssociation(cart);
      expect(inventory.association(cart)).to.equal("unknown");
      aws.now += 10;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("unknown");
      aws.now += WINDOW;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("absent");
    });
  });

  it("prefers a read of the one thing to a list that began before", async () => {
    aws.associations.during = () => {
      aws.now += 5;
      inventory.readAssociation(cart, association("cart", { details }));
    };
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.be.an("object");
  });

  it("lists once for all who ask at the same time", async () => {
    await Promise.all([inventory.sweepAssociations(), inventory.associationsAtMostSecondsOld()]);
    expect(aws.associations.calls).to.equal(1);
  });

  it("lists again for a new object only if the last list is older than ten seconds", async () => {
    await inventory.associationsAtMostSecondsOld();
    aws.now += 10_000;
    await inventory.associationsAtMostSecondsOld();
    expect(aws.associations.calls).to.equal(1);
    aws.now += 1;
    await inventory.associationsAtMostSecondsOld();
    expect(aws.associations.calls).to.equal(2);
  });
});
