/** How old what is known of AWS is. */
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import type { PodIdentityAssociation } from "../src/api/pod-identity-association.ts";
import type { Inventory } from "../src/aws/inventory.ts";
import { Store } from "../src/kube/store.ts";
import { readSettings } from "../src/settings.ts";
import { Sweeps } from "../src/sweeps.ts";
import { recordedLog } from "./engine/harness.ts";

describe("the age of a sweep", () => {
  const settings = readSettings({ CLUSTER_NAME: "demo", AWS_REGION: "us-west-2" });
  let now: number;
  let rolesFail: boolean;
  let pages: number;
  let sweeps: Sweeps;

  beforeEach(() => {
    [now, rolesFail, pages] = [1_000_000, false, 1];
    const inventory = {
      sweepAssociations: async () => {
        await turn();
        now += 4_000;
        return pages;
      },
      sweepRoles: async () => {
        if (rolesFail) throw new Error("AWS is down");
        return { bulk: true, calls: 1 };
      },
    };
    const store = new Store<PodIdentityAssociation>(() => {});
    const { log } = recordedLog();
    sweeps = new Sweeps(inventory as unknown as Inventory, store, {
      lookAgain: () => {},
      settings,
      log,
      now: () => now,
    });
  });

  const ages = () => Object.fromEntries(sweeps.ages().map(({ sweep, ageMs }) => [sweep, ageMs]));

  it("is that of the operator before the first, so that one that never succeeds is noticed", async () => {
    rolesFail = true;
    now += 60_000;
    await sweeps.first();
    expect(ages()).to.include({ roles: 64_000 });
  });

  it("counts from its start: what changed while it ran may not be in it", async () => {
    now += 60_000;
    await sweeps.first();
    expect(ages()).to.deep.equal({ associations: 4_000, roles: 4_000 });
    now += 30_000;
    expect(ages()).to.deep.equal({ associations: 34_000, roles: 34_000 });
  });

  it("may become higher where a list has many pages: it is read less often", async () => {
    const everyMs = () =>
      Object.fromEntries(sweeps.ages().map(({ sweep, everyMs: every }) => [sweep, every]));
    expect(everyMs()).to.deep.equal({ associations: 100_000, roles: 500_000 });
    pages = 50;
    await sweeps.first();
    expect(everyMs()).to.deep.equal({ associations: 500_000, roles: 500_000 });
  });
});
