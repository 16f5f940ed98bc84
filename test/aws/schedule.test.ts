/** What staying in sync costs, hour by hour: the numbers of the project's own budget. */
import { expect } from "chai";
import {
  associationSweepMs,
  describeEveryMs,
  freshForMs,
  roleSweepMs,
} from "../../src/aws/schedule.ts";

const HOUR = 3600_000;
const MINUTE = 60_000;
const ASSOCIATION_SWEEP = 100_000;
const ROLE_SWEEP = 500_000;

/** 100 associations, 200 roles and 1,000 descriptions a page. */
const associationPages = (objects: number) => Math.ceil(objects / 100);
const rolePages = (roles: number) => Math.ceil(roles / 200) + Math.ceil(roles / 1000);

const eksCallsAnHour = (objects: number) => {
  const pages = associationPages(objects);
  const lists = (HOUR / associationSweepMs(pages, ASSOCIATION_SWEEP)) * pages;
  return lists + HOUR / describeEveryMs(objects);
};
const iamCallsAnHour = (roles: number) => {
  const calls = rolePages(roles);
  return (HOUR / roleSweepMs({ bulk: true, calls }, ROLE_SWEEP)) * calls;
};

describe("schedule of looking at AWS", () => {
  for (const objects of [1, 500, 2000, 5000]) {
    it(`takes at most 6,000 EKS calls an hour for ${objects} objects`, () => {
      expect(eksCallsAnHour(objects)).to.be.at.most(6000);
    });
    it(`takes at most 300 IAM calls an hour for ${objects} roles`, () => {
      expect(iamCallsAnHour(objects)).to.be.at.most(300);
    });
  }

  it("sees a missing association within 2 minutes at 500 objects, 10 at 5,000", () => {
    expect(associationSweepMs(5, ASSOCIATION_SWEEP)).to.be.at.most(2 * MINUTE);
    expect(associationSweepMs(50, ASSOCIATION_SWEEP)).to.be.at.most(10 * MINUTE);
  });

  it("sees a role's drift within 10 minutes at 5,000 roles", () => {
    const sweep = { bulk: true, calls: rolePages(5000) };
    expect(roleSweepMs(sweep, ROLE_SWEEP)).to.be.at.most(10 * MINUTE);
  });

  it("describes every association within 15 minutes at 500 objects, 60 at 5,000", () => {
    expect(500 * describeEveryMs(500)).to.be.at.most(15 * MINUTE);
    expect(5000 * describeEveryMs(5000)).to.be.at.most(60 * MINUTE);
  });

  it("stays within 300 IAM calls an hour where IAM returns small pages", () => {
    const calls = 100;
    expect((HOUR / roleSweepMs({ bulk: true, calls }, ROLE_SWEEP)) * calls).to.be.at.most(300);
  });

  it("reads roles one by one at no more than one call a second on average", () => {
    const calls = 10_000;
    expect(calls / (roleSweepMs({ bulk: false, calls }, ROLE_SWEEP) / 1000)).to.be.at.most(1);
  });

  it("spends at most one more call in a second on fresh lists while objects are created", () => {
    for (const pages of [1, 5, 50]) {
      expect(pages / (freshForMs(pages) / 1000)).to.be.at.most(1);
    }
  });

  it("looks as often as the settings say while there is little to read", () => {
    expect(associationSweepMs(1, 3000)).to.equal(3000);
    expect(roleSweepMs({ bulk: true, calls: 1 }, ROLE_SWEEP)).to.equal(ROLE_SWEEP);
    expect(describeEveryMs(2, 10_000)).to.equal(5000);
  });
});
