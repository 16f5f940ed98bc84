/** What List leaves out is described in turn. */
import { expect } from "chai";
import type { Inventory } from "../../src/aws/inventory.ts";
import { association, details } from "./fakes.ts";
import { Fixture } from "./inventory-fixture.ts";

let aws: Fixture;
let inventory: Inventory;

describe("rotating Describe", () => {
  const key = (serviceAccount: string) => ({ namespace: "shop", serviceAccount });

  beforeEach(async () => {
    aws = new Fixture();
    ({ inventory } = aws);
    const names = ["a", "b", "c"];
    aws.associations.pages = [[...names, "foreign"].map((name) => association(name))];
    for (const name of [...names, "foreign"])
      aws.described.set(`a-${name}`, association(name, { details }));
    aws.claims = [...names, "without"].map(key);
    await inventory.sweepAssociations();
  });

  it("describes what is claimed and exists, each in its turn", async () => {
    for (let round = 0; round < 4; round += 1) {
      aws.now += 1000;
      await inventory.describeNext(1);
    }
    expect(aws.calls.filter((call) => call !== "describe a-foreign")).to.deep.equal([
      "describe a-a",
      "describe a-b",
      "describe a-c",
      "describe a-a",
    ]);
  });

  it("describes once what nobody claims, whose tags may be ours", async () => {
    for (let round = 0; round < 3; round += 1) await inventory.describeNext(1);
    expect(aws.calls.filter((call) => call === "describe a-foreign")).to.have.length(1);
    const [foreign] = inventory.associationsWhere(({ id }) => id === "a-foreign");
    expect(foreign?.details).to.deep.equal(details);
  });

  it("adds the details and says whose they are", async () => {
    expect(await inventory.describeNext(2)).to.deep.equal([key("a"), key("b")]);
    expect(inventory.association(key("a"))).to.deep.equal(association("a", { details }));
    expect(inventory.association(key("c"))).to.deep.equal(association("c"));
  });

  it("takes first what was not read or written lately", async () => {
    inventory.readAssociation(key("a"), association("a", { details }));
    inventory.wroteAssociation(key("b"), association("b", { details }));
    await inventory.describeNext(1);
    expect(aws.calls[0]).to.equal("describe a-c");
  });

  it("notices that an association is gone", async () => {
    aws.described.delete("a-a");
    await inventory.describeNext(1);
    expect(inventory.association(key("a"))).to.equal("absent");
  });

  it("does not believe a description that was under way while we wrote", async () => {
    const written = association("a", { details: { ...details, tags: {} } });
    const describing = inventory.describeNext(1);
    inventory.wroteAssociation(key("a"), written);
    await describing;
    expect(inventory.association(key("a"))).to.deep.equal(written);
  });

  it("has nobody looked at again where nothing is claimed", async () => {
    aws.claims = [];
    expect(await inventory.describeNext(5)).to.deep.equal([]);
  });
});
