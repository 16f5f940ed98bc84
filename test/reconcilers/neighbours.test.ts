/** Who comes first for an association, and who counts for a place among a namespace's roles. */
import { expect } from "chai";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { rivalOf } from "../../src/reconcilers/neighbours.ts";
import { associationOf, ours, wanted } from "../plan/examples.ts";

const object = (name: string, more: object = {}) =>
  ({
    metadata: { namespace: "payments", name, uid: name, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { serviceAccountName: "reader", role: {} },
    ...more,
  }) as unknown as PodIdentityAssociation;

const desired = wanted({ role: {} });
const reader = object("reader");
const older = object("a-reader");
const objects = { all: () => [older, reader] };
const observed = (
  tags: Readonly<Record<string, string>> | undefined,
  abandonedBy: string[] = [],
) => ({
  role: undefined,
  formerRoles: [],
  association: tags && associationOf(desired, { tags }),
  abandonedBy,
});
const gone = { ...ours, "podidentity.io/resource": "payments/gone" };

describe("of two objects for one ServiceAccount", () => {
  const rival = (seen: ReturnType<typeof observed>, one = reader) =>
    rivalOf(one, desired, { observed: seen, objects })?.reason;

  const cases: [string, ReturnType<typeof observed>, string | undefined][] = [
    ["there is no association", observed(undefined), "DuplicateClaim"],
    ["the association is nobody's", observed({}), "DuplicateClaim"],
    ["the association was left behind", observed(gone, ["payments/gone"]), "DuplicateClaim"],
    ["the association is the later one's", observed(ours), undefined],
  ];
  for (const [situation, seen, expected] of cases) {
    it(`the later one ${expected ? "steps back" : "goes on"} where ${situation}`, () =>
      expect(rival(seen)).to.equal(expected));
  }

  it("the one that had the association keeps its claim", () => {
    const had = object("reader", { status: { associationId: "a-1" } });
    expect(rival(observed(undefined), had)).to.equal(undefined);
    const late = rivalOf(older, desired, {
      observed: observed(undefined),
      objects: { all: () => [older, had] },
    });
    expect(late?.reason).to.equal("DuplicateClaim");
  });
});
