/** A diff applied as RFC 7396 says makes the one value the other, and says nothing that need not be said. */
import { expect } from "chai";
import fc from "fast-check";
import { mergeDiff } from "../../src/kube/merge-diff.ts";

type Json = Readonly<Record<string, unknown>>;

/** The RFC's own pseudo-code. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isObject ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

const { status } = fc.letrec<{ value: unknown; status: Json }>((tie) => ({
  status: fc.dictionary(fc.constantFrom("a", "b", "c", "conditions"), tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("x", "y", 1, true),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("status"),
  ),
}));

describe("merge diff", () => {
  it("makes of any status any other", () => {
    fc.assert(
      fc.property(status, status, (previous, next) => {
        expect(mergePatch(previous, mergeDiff(previous, next) ?? {})).to.deep.equal(next);
      }),
    );
  });

  it("is nothing between equals", () => {
    fc.assert(
      fc.property(status, (value) => {
        expect(mergeDiff(value, structuredClone(value))).to.equal(undefined);
      }),
    );
  });

  it("names removed keys as null and leaves out what stays", () => {
    const previous = { roleName: "r", previousRoleName: "old", pods: { total: 3, stale: 1 } };
    const next = { roleName: "r", previousRoleName: undefined, pods: { total: 3 } };
    expect(mergeDiff(previous, next)).to.deep.equal({
      previousRoleName: null,
      pods: { stale: null },
    });
  });

  it("replaces a list whole, however little of it changed", () => {
    const ready = { type: "Ready", status: "True" };
    const previous = { conditions: [ready, { type: "Stalled", status: "True" }] };
    expect(mergeDiff(previous, { conditions: [ready] })).to.deep.equal({ conditions: [ready] });
  });
});
