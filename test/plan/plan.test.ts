/** The plan as tables: what is wanted, what is there, what has to be done. */
import { expect } from "chai";
import fc from "fast-check";
import type { Action, Observed } from "../../src/plan/actions.ts";
import { type FoldedAction, after as stateAfter } from "../../src/plan/fold.ts";
import { plan } from "../../src/plan/plan.ts";
import { hashDocument } from "../../src/plan/policy-hash.ts";
import { inWords } from "../../src/plan/words.ts";
import { associationOf, ours, readBucket, roleOf, wanted } from "./examples.ts";

const nothing: Observed = { role: undefined, formerRoles: [], association: undefined };
const full = wanted({
  role: {
    managedPolicies: ["AmazonS3ReadOnlyAccess"],
    inlinePolicies: [{ name: "read", document: readBucket }],
  },
  tags: { team: "payments" },
});
const inSync: Observed = { ...nothing, role: roleOf(full), association: associationOf(full) };

function types(observed: Observed, desired = full): string[] {
  const todo = plan(desired, observed);
  return "conflict" in todo ? [todo.conflict.reason] : todo.actions.map(({ type }) => type);
}

describe("plan", () => {
  it("makes role, policies and association in this order", () =>
    expect(types(nothing)).to.deep.equal([
      "CreateRole",
      "AttachPolicy",
      "PutInlinePolicy",
      "CreateAssociation",
    ]));

  it("does nothing when all is in sync", () => expect(types(inSync)).to.deep.equal([]));

  it("makes only the association for a role of somebody else", () => {
    const existing = wanted({ roleArn: "arn:aws:iam::111122223333:role/shared/reader" });
    expect(types(nothing, existing)).to.deep.equal(["CreateAssociation"]);
  });

  const drifts: [string, Partial<Parameters<typeof roleOf>[1]> & object, string[]][] = [
    ["its trust policy was edited", { trustPolicy: hashDocument("{}") }, ["SetTrustPolicy"]],
    [
      "a boundary was put on it",
      { permissionsBoundaryArn: "arn:x" },
      ["DeletePermissionsBoundary"],
    ],
    ["its duration was changed", { maxSessionSeconds: 7200 }, ["SetDescriptionAndDuration"]],
    ["a policy was detached", { managedPolicyArns: [] }, ["AttachPolicy"]],
    [
      "a foreign policy was attached",
      { managedPolicyArns: [...(full.role?.managedPolicyArns ?? []), "arn:aws:iam::aws:policy/X"] },
      ["DetachPolicy"],
    ],
    ["its inline policy was removed", { inlinePolicies: {} }, ["PutInlinePolicy"]],
    ["a tag was removed", { tags: ours }, ["TagRole"]],
    ["a tag was added", { tags: { ...full.role?.tags, more: "x" } }, ["UntagRole"]],
    ["AWS added a tag of its own", { tags: { ...full.role?.tags, "aws:x": "y" } }, []],
    [
      "the bulk read left its texts out",
      { description: undefined, maxSessionSeconds: undefined },
      [],
    ],
  ];
  for (const [situation, changed, expected] of drifts) {
    it(`repairs a role: ${situation}`, () =>
      expect(types({ ...inSync, role: roleOf(full, changed) })).to.deep.equal(expected));
  }

  it("grants first, then points the association, then takes away what nobody needs", () => {
    const role = roleOf(full, { managedPolicyArns: ["arn:aws:iam::aws:policy/Old"] });
    const association = associationOf(full, { targetRoleArn: "arn:aws:iam::111122223333:role/x" });
    expect(types({ ...inSync, role, association })).to.deep.equal([
      "AttachPolicy",
      "UpdateAssociation",
      "DetachPolicy",
    ]);
  });

  for (const [situation, association] of [
    ["there is none yet", undefined],
    ["it points elsewhere", associationOf(full, { roleArn: "arn:aws:iam::111122223333:role/old" })],
  ] as const) {
    it(`takes from a role what was not granted before an association points to it: ${situation}`, () => {
      const role = roleOf(full, {
        managedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
      });
      expect(types({ ...inSync, role, association })).to.deep.equal([
        "DetachPolicy",
        "AttachPolicy",
        association ? "UpdateAssociation" : "CreateAssociation",
      ]);
    });
  }

  const checks: [string, Parameters<typeof roleOf>[1], string][] = [
    ["its boundary goes", { permissionsBoundaryArn: "arn:b" }, "DeletePermissionsBoundary"],
    ["its trust changes", { trustPolicy: hashDocument("{}") }, "SetTrustPolicy"],
  ];
  for (const [situation, changed, then] of checks) {
    it(`takes from a role in use what it is to lose before ${situation}`, () => {
      const admin = "arn:aws:iam::aws:policy/AdministratorAccess";
      const managedPolicyArns = [...(full.role?.managedPolicyArns ?? []), admin];
      const role = roleOf(full, { ...changed, managedPolicyArns });
      expect(types({ ...inSync, role })).to.deep.equal(["DetachPolicy", then]);
    });
  }

  it("grants first where only tags change beside the policies", () => {
    const role = roleOf(full, {
      tags: ours,
      managedPolicyArns: ["arn:aws:iam::aws:policy/Old"],
    });
    expect(types({ ...inSync, role })).to.deep.equal(["TagRole", "AttachPolicy", "DetachPolicy"]);
  });

  it("clears a session policy apart from all else, and makes a new association only if that alone fails", () => {
    const association = associationOf(full, {
      policy: hashDocument("{}"),
      disableSessionTags: true,
      targetRoleArn: "arn:aws:iam::111122223333:role/x",
    });
    const todo = plan(full, { ...inSync, association }) as { actions: readonly Action[] };
    expect(todo.actions.map((action) => "session" in action && action.session)).to.deep.equal([
      { targetRoleArn: "" },
      { policy: "", disableSessionTags: false },
    ]);
    const sticks = { ...inSync, association, policySticks: true };
    expect(types(sticks)).to.deep.equal(["UpdateAssociation", "UpdateAssociation"]);
    const alone = associationOf(full, { policy: hashDocument("{}"), disableSessionTags: true });
    expect(types({ ...sticks, association: alone })).to.deep.equal([
      "DeleteAssociation",
      "CreateAssociation",
    ]);
  });

  it("takes the role of the former name away last, if it is ours", () => {
    const former = roleOf(full, {
      name: "former",
      managedPolicyArns: ["arn:p"],
      inlinePolicies: {},
    });
    expect(types({ ...inSync, formerRoles: [former] })).to.deep.equal([
      "DetachPolicy",
      "DeleteRole",
    ]);
    expect(types({ ...inSync, formerRoles: [{ ...former, tags: {} }] })).to.deep.equal([]);
  });

  it("hands a role over that the spec only names now: says whose it was, then lets it go, and is done", () => {
    const given = wanted({ roleArn: full.roleArn });
    let observed: Observed = {
      ...nothing,
      association: associationOf(given),
      handedOver: roleOf(full),
    };
    expect(types(observed, given)).to.deep.equal(["TagRole", "UntagRole"]);
    for (const expected of [["UntagRole"], []]) {
      const todo = plan(given, observed) as { actions: readonly Action[] };
      observed = stateAfter(todo.actions[0] as FoldedAction, observed);
      expect(types(observed, given)).to.deep.equal(expected);
    }
  });

  it("says nothing of an association that only List has shown", () =>
    expect(
      types({ ...inSync, association: { ...associationOf(full), details: undefined } }),
    ).to.deep.equal([]));

  const conflicts: [string, Observed, string][] = [
    [
      "a role of the name without our tags",
      { ...nothing, role: roleOf(full, { tags: {} }) },
      "RoleNameConflict",
    ],
    [
      "a role of another installation",
      { ...nothing, role: roleOf(full, { tags: { ...ours, "podidentity.io/installation": "b" } }) },
      "RoleNotOwned",
    ],
    [
      "a role of another cluster",
      {
        ...nothing,
        role: roleOf(full, { tags: { ...ours, "podidentity.io/owner": "arn:other" } }),
      },
      "RoleNotOwned",
    ],
    [
      "an association somebody made by hand",
      { ...nothing, association: associationOf(full, { tags: { by: "hand" } }) },
      "AssociationConflict",
    ],
    [
      "an association of another object",
      {
        ...nothing,
        association: associationOf(full, {
          tags: { ...ours, "podidentity.io/resource": "payments/b" },
        }),
      },
      "DuplicateClaim",
    ],
    [
      "an association of an add-on",
      {
        ...nothing,
        association: { ...associationOf(full), ownerArn: "arn:aws:eks:r:a:addon/demo/vpc-cni/1" },
      },
      "AssociationOwnedByAddon",
    ],
  ];
  for (const [situation, observed, reason] of conflicts) {
    it(`touches nothing: ${situation}`, () => expect(types(observed)).to.deep.equal([reason]));
  }

  it("names the owner of what it does not touch", () => {
    const todo = plan(full, conflicts[4]?.[1] ?? nothing);
    expect("conflict" in todo && todo.conflict.message).to.contain("payments/b");
  });

  it("is done when its own steps are done, wherever it began", () => {
    const drift = fc.record({
      managedPolicyArns: fc.subarray(["arn:a", "arn:b", ...(full.role?.managedPolicyArns ?? [])]),
      inlinePolicies: fc.dictionary(fc.constantFrom("read", "write"), fc.constantFrom("h1", "h2")),
      tags: fc
        .dictionary(fc.constantFrom("team", "x", "y"), fc.string())
        .map((t) => ({ ...t, ...ours })),
      permissionsBoundaryArn: fc.option(fc.constant("arn:boundary"), { nil: undefined }),
      description: fc.constantFrom("", "other"),
    });
    fc.assert(
      fc.property(drift, fc.constantFrom("arn:old", full.roleArn), (changed, roleArn) => {
        let observed: Observed = {
          ...inSync,
          role: roleOf(full, changed),
          association: associationOf(full, { roleArn }),
        };
        const todo = plan(full, observed);
        if ("conflict" in todo) throw todo.conflict;
        for (const action of todo.actions) observed = stateAfter(action as FoldedAction, observed);
        expect(plan(full, observed)).to.deep.equal({ actions: [] });
      }),
    );
  });

  it("tells every step in words, and no policy text", () => {
    const todo = plan(full, nothing) as { actions: readonly Action[] };
    const words = todo.actions.map(inWords).join("; ");
    expect(words).to.contain("put inline policy read").and.not.contain("s3:GetObject");
  });
});
