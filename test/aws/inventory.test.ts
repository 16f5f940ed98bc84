/** What the operator believes about AWS, and when. */
import { expect } from "chai";
import { Inventory } from "../../src/aws/inventory.ts";
import type { RoleTexts } from "../../src/aws/ports.ts";
import type { Claim } from "../../src/aws/role-sweep.ts";
import type { ObservedAssociation, ObservedRole } from "../../src/plan/resources.ts";
import { association, denied, details, FakeList, outage, role } from "./fakes.ts";

const WINDOW = 30_000;
const cart = { namespace: "shop", serviceAccount: "cart" };

let now: number;
let associations: FakeList<ObservedAssociation>;
let roles: FakeList<ObservedRole>;
/** Answers of single reads. */
let described: Map<string, ObservedAssociation>;
let found: Map<string, ObservedRole>;
let calls: string[];
let claims: Claim[];
let texts: Map<string, RoleTexts> | undefined;
let warnings: string[];
let inventory: Inventory;

beforeEach(() => {
  now = 1_000_000;
  associations = new FakeList();
  associations.pages = [[]];
  roles = new FakeList();
  roles.pages = [[]];
  described = new Map();
  found = new Map();
  calls = [];
  claims = [];
  texts = undefined;
  warnings = [];
  inventory = new Inventory({
    associations: {
      sweep: () => associations.sweep(),
      describe: async (id) => {
        calls.push(`describe ${id}`);
        return described.get(id);
      },
    },
    roles: {
      sweep: () => roles.sweep(),
      find: async (name) => {
        calls.push(`find ${name}`);
        const answer = found.get(name);
        if (name === "secret") throw denied;
        return answer;
      },
      sweepDescriptions: async (path) => {
        calls.push(`descriptions ${path}`);
        if (!texts) throw denied;
        return texts;
      },
    },
    now: () => now,
    consistencyWindowMs: WINDOW,
    rolePath: "/podidentity/",
    needsTexts: () => texts !== undefined,
    claimed: () => claims,
    log: { warn: (message) => warnings.push(message) },
  });
});

describe("inventory of associations", () => {
  it("knows nothing before the first list", () => {
    expect(inventory.association(cart)).to.equal("unknown");
  });

  it("knows after a list what is there and what is not", async () => {
    associations.pages = [[association("web")], [association("cart")]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.deep.equal(association("cart"));
    expect(inventory.association({ ...cart, serviceAccount: "other" })).to.equal("absent");
  });

  it("notices that an association has gone", async () => {
    associations.pages = [[association("cart")]];
    await inventory.sweepAssociations();
    associations.pages = [[]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.equal("absent");
  });

  it("believes nothing of a list of which a page failed", async () => {
    associations.pages = [[association("cart")], [association("web")]];
    await inventory.sweepAssociations();
    associations.pages = [[association("new")], []];
    associations.failAt = { page: 1, error: outage };
    const failed = await inventory.sweepAssociations().catch((thrown: unknown) => thrown);
    expect(failed).to.equal(outage);
    expect(inventory.association(cart)).to.deep.equal(association("cart"));
    expect(inventory.association({ ...cart, serviceAccount: "new" })).to.equal("absent");
  });

  it("stays ignorant if the very first list failed", async () => {
    associations.failAt = { page: 0, error: outage };
    await inventory.sweepAssociations().catch(() => {});
    expect(inventory.association(cart)).to.equal("unknown");
  });

  it("keeps the details of an association that is still the same one", async () => {
    inventory.readAssociation(cart, association("cart", { details }));
    now += 1;
    associations.pages = [[association("cart", { ownerArn: "addon" })]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.deep.equal(
      association("cart", { details, ownerArn: "addon" }),
    );
  });

  it("drops the details when the ServiceAccount has another association", async () => {
    inventory.readAssociation(cart, association("cart", { details }));
    now += 1;
    associations.pages = [[association("cart", { id: "a-other" })]];
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.deep.equal(association("cart", { id: "a-other" }));
  });

  describe("after our own write", () => {
    const written = association("cart", { details });

    it("does not believe a list that leaves it out within the consistency window", async () => {
      inventory.wroteAssociation(cart, written);
      now += WINDOW - 1;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.deep.equal(written);
    });

    it("believes a list that began after the window", async () => {
      inventory.wroteAssociation(cart, written);
      now += WINDOW;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("absent");
    });

    it("does not believe a list that still shows what we deleted", async () => {
      inventory.wroteAssociation(cart, undefined);
      now += 10;
      associations.pages = [[association("cart")]];
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("absent");
    });

    it("does not believe a page whose call began before the write, however long ago that is", async () => {
      associations.pages = [[association("cart", { id: "a-old" })]];
      associations.during = () => {
        inventory.wroteAssociation(cart, written);
        now += 10 * WINDOW;
      };
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.deep.equal(written);
    });

    it("takes absence to be as old as the first page", async () => {
      associations.pages = [[], []];
      associations.during = (page) => {
        if (page === 1) inventory.wroteAssociation(cart, written);
        now += 10 * WINDOW;
      };
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.deep.equal(written);
    });

    it("believes the list about everything else", async () => {
      inventory.wroteAssociation(cart, written);
      associations.pages = [[association("web")]];
      await inventory.sweepAssociations();
      expect(inventory.association({ ...cart, serviceAccount: "web" })).to.be.an("object");
    });

    it("is unsure about a write that failed until a list that is late enough", async () => {
      inventory.readAssociation(cart, written);
      inventory.forgetAssociation(cart);
      expect(inventory.association(cart)).to.equal("unknown");
      now += 10;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("unknown");
      now += WINDOW;
      await inventory.sweepAssociations();
      expect(inventory.association(cart)).to.equal("absent");
    });
  });

  it("prefers a read of the one thing to a list that began before", async () => {
    associations.during = () => {
      now += 5;
      inventory.readAssociation(cart, association("cart", { details }));
    };
    await inventory.sweepAssociations();
    expect(inventory.association(cart)).to.be.an("object");
  });

  it("lists once for all who ask at the same time", async () => {
    await Promise.all([inventory.sweepAssociations(), inventory.associationsAtMostSecondsOld()]);
    expect(associations.calls).to.equal(1);
  });

  it("lists again for a new object only if the last list is older than ten seconds", async () => {
    await inventory.associationsAtMostSecondsOld();
    now += 10_000;
    await inventory.associationsAtMostSecondsOld();
    expect(associations.calls).to.equal(1);
    now += 1;
    await inventory.associationsAtMostSecondsOld();
    expect(associations.calls).to.equal(2);
  });
});

describe("rotating Describe", () => {
  const key = (serviceAccount: string) => ({ namespace: "shop", serviceAccount });

  beforeEach(async () => {
    const names = ["a", "b", "c"];
    associations.pages = [[...names, "foreign"].map((name) => association(name))];
    for (const name of names) described.set(`a-${name}`, association(name, { details }));
    claims = [...names, "without"].map(key);
    await inventory.sweepAssociations();
  });

  it("describes what is claimed and exists, each in its turn", async () => {
    for (let round = 0; round < 4; round += 1) {
      now += 1000;
      await inventory.describeNext(1);
    }
    expect(calls).to.deep.equal(["describe a-a", "describe a-b", "describe a-c", "describe a-a"]);
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
    expect(calls).to.deep.equal(["describe a-c"]);
  });

  it("notices that an association is gone", async () => {
    described.delete("a-a");
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

  it("describes nothing where nothing is claimed", async () => {
    claims = [];
    expect(await inventory.describeNext(5)).to.deep.equal([]);
    expect(calls).to.deep.equal([]);
  });
});

describe("inventory of roles", () => {
  it("knows roles by name without regard to case", async () => {
    roles.pages = [[role("Reader")]];
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.deep.equal(role("Reader"));
    expect(inventory.role("READER")).to.deep.equal(role("Reader"));
    expect(inventory.role("writer")).to.equal("absent");
  });

  it("does not believe a bulk read about what we have just written", async () => {
    const written = role("reader", { tags: { team: "shop" } });
    inventory.wroteRole("reader", written);
    roles.pages = [[role("READER")]];
    now += WINDOW - 1;
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.deep.equal(written);
    now += 1;
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.deep.equal(role("READER"));
  });

  it("says when we last wrote to a role, and nothing of reads", () => {
    inventory.readRole("reader", role("reader"));
    expect(inventory.roleWrittenAt("reader")).to.equal(undefined);
    inventory.wroteRole("Reader", role("Reader"));
    now += 100;
    inventory.readRole("reader", role("reader"));
    expect(inventory.roleWrittenAt("reader")).to.equal(1_000_000);
  });

  it("counts a write that failed as one that may have happened", () => {
    inventory.forgetRole("reader");
    expect(inventory.role("reader")).to.equal("unknown");
    expect(inventory.roleWrittenAt("reader")).to.equal(now);
  });

  it("remembers a write for ten minutes, also of a role that is gone", async () => {
    inventory.wroteRole("reader", role("reader"));
    now += 600_000;
    await inventory.sweepRoles();
    expect(inventory.role("reader")).to.equal("absent");
    expect(inventory.roleWrittenAt("reader")).to.equal(1_000_000);
    now += 1;
    await inventory.sweepRoles();
    expect(inventory.roleWrittenAt("reader")).to.equal(undefined);
  });

  it("reads descriptions only where an object sets one", async () => {
    roles.pages = [[role("reader"), role("foreign", { path: "/" })]];
    await inventory.sweepRoles();
    expect(calls).to.deep.equal([]);
    texts = new Map([["reader", { description: "reads", maxSessionSeconds: 7200 }]]);
    await inventory.sweepRoles();
    expect(calls).to.deep.equal(["descriptions /podidentity/"]);
    expect(inventory.role("reader")).to.deep.equal(
      role("reader", { description: "reads", maxSessionSeconds: 7200 }),
    );
    expect(inventory.role("foreign")).to.deep.equal(role("foreign", { path: "/" }));
  });

  it("believes nothing of a bulk read of which a page failed", async () => {
    roles.pages = [[role("reader")], []];
    roles.failAt = { page: 1, error: outage };
    expect(await inventory.sweepRoles().catch((thrown: unknown) => thrown)).to.equal(outage);
    expect(inventory.role("reader")).to.equal("unknown");
  });

  it("says what a sweep took, so that the next comes in due time", async () => {
    roles.pages = [[], [], []];
    expect(await inventory.sweepRoles()).to.deep.equal({ bulk: true, calls: 3 });
  });

  describe("where the bulk read is not permitted", () => {
    beforeEach(() => {
      roles.failAt = { page: 0, error: denied };
      claims = ["Reader", "gone", undefined].map((roleName) => ({ ...cart, roleName }));
      found.set("Reader", role("Reader", { inlinePolicies: { one: "hash" } }));
    });

    it("reads the claimed roles one by one", async () => {
      expect(await inventory.sweepRoles()).to.deep.equal({ bulk: false, calls: 5 });
      expect(calls).to.deep.equal(["find Reader", "find gone"]);
      expect(inventory.role("reader")).to.be.an("object");
      expect(inventory.role("gone")).to.equal("absent");
    });

    it("does not take the others to be absent", async () => {
      await inventory.sweepRoles();
      expect(inventory.role("other")).to.equal("unknown");
    });

    it("forgets what it took to be absent while the bulk read worked", async () => {
      roles.failAt = undefined;
      await inventory.sweepRoles();
      expect(inventory.role("other")).to.equal("absent");
      roles.failAt = { page: 0, error: denied };
      await inventory.sweepRoles();
      expect(inventory.role("other")).to.equal("unknown");
    });

    it("is not stopped by a role that may not be read", async () => {
      claims = ["secret", "Reader"].map((roleName) => ({ ...cart, roleName }));
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
      expect(warnings).to.have.length(1);
    });

    it("tries the bulk read again each time", async () => {
      await inventory.sweepRoles();
      roles.failAt = undefined;
      expect(await inventory.sweepRoles()).to.deep.equal({ bulk: true, calls: 1 });
      expect(inventory.role("other")).to.equal("absent");
    });
  });
});
