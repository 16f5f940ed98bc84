/** How an ending becomes a status, a refusal a wait, and a deletion a plan. */
import { expect } from "chai";
import type { Observed } from "../../src/plan/actions.ts";
import { Failure, type Outcome, type Retry } from "../../src/plan/outcome.ts";
import { afterRefusal } from "../../src/plan/propagation.ts";
import { suspendedStatus } from "../../src/plan/standstill.ts";
import { statusOf } from "../../src/plan/status.ts";
import { teardown } from "../../src/plan/teardown.ts";
import { associationOf, cluster, ours, readBucket, roleOf, wanted } from "./examples.ts";

const desired = wanted({ role: { inlinePolicies: [{ name: "read", document: readBucket }] } });
const nothing: Observed = { role: undefined, formerRoles: [], association: undefined };
const inSync: Observed = { ...nothing, role: roleOf(desired), association: associationOf(desired) };
const first = { generation: 1, cluster, now: "2026-01-01T00:00:00Z" };
const later = { ...first, now: "2026-01-01T01:00:00Z" };
const settled: Outcome = { kind: "settled" };
const failed = (reason: string, retry: Retry): Outcome => ({
  kind: "failed",
  failure: new Failure(reason, "why", retry),
});

const told = (status: ReturnType<typeof statusOf>) =>
  Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]),
  );

describe("status", () => {
  it("says Ready with both halves, ARNs and ids once all is in AWS", () => {
    const status = statusOf(undefined, { outcome: settled, desired, observed: inSync }, first);
    expect(told(status)).to.deep.equal({
      AssociationReady: "True AssociationInSync",
      Ready: "True Reconciled",
      RoleReady: "True RoleInSync",
    });
    expect(status.roleArn).to.equal(desired.roleArn);
    expect(status.associationId).to.equal(inSync.association?.id);
    expect(status.observedGeneration).to.equal(1);
  });

  it("does not change when nothing changed, whatever the clock says", () => {
    const before = statusOf(undefined, { outcome: settled, desired, observed: inSync }, first);
    expect(statusOf(before, { outcome: settled, desired, observed: inSync }, later)).to.deep.equal(
      before,
    );
  });

  it("moves lastTransitionTime only with the condition's status", () => {
    const before = statusOf(undefined, { outcome: settled, desired, observed: inSync }, first);
    const after = statusOf(
      before,
      { outcome: failed("AccessDenied", { kind: "never" }), desired, observed: inSync },
      later,
    );
    const times = Object.fromEntries(
      (after.conditions ?? []).map((c) => [c.type, c.lastTransitionTime]),
    );
    expect(times["Ready"]).to.equal(later.now);
    expect(times["RoleReady"]).to.equal(first.now);
  });

  it("says which half is done while EKS does not know the role yet", () => {
    const outcome: Outcome = {
      kind: "waiting",
      reason: "RolePropagating",
      message: "…",
      checkAfterMs: 1,
    };
    const status = statusOf(
      undefined,
      { outcome, desired, observed: { ...nothing, role: roleOf(desired) } },
      first,
    );
    expect(told(status)).to.deep.equal({
      AssociationReady: "False RolePropagating",
      Ready: "False RolePropagating",
      Reconciling: "True RolePropagating",
      RoleReady: "True RoleInSync",
    });
  });

  it("is Stalled where the user must act, Reconciling where we try again", () => {
    const retries: [Retry, string][] = [
      [{ kind: "never" }, "Stalled"],
      [{ kind: "sweep" }, "Stalled"],
      [{ kind: "backoff" }, "Reconciling"],
      [{ kind: "after", ms: 1 }, "Reconciling"],
    ];
    for (const [retry, type] of retries) {
      const status = statusOf(
        undefined,
        { outcome: failed("X", retry), desired: undefined, observed: undefined },
        first,
      );
      expect(told(status)).to.deep.equal({ Ready: "False X", [type]: "True X" });
    }
  });

  it("keeps what was known when AWS was not looked at", () => {
    const before = statusOf(undefined, { outcome: settled, desired, observed: inSync }, first);
    const after = statusOf(
      before,
      {
        outcome: failed("PolicyInvalid", { kind: "never" }),
        desired: undefined,
        observed: undefined,
      },
      later,
    );
    expect(after.roleArn).to.equal(before.roleArn);
    expect(after.associationId).to.equal(before.associationId);
  });

  it("does not claim an association that is somebody else's", () => {
    const foreign: Observed = { ...nothing, association: associationOf(desired, { tags: {} }) };
    const status = statusOf(
      undefined,
      { outcome: failed("AssociationConflict", { kind: "sweep" }), desired, observed: foreign },
      first,
    );
    expect(status.associationId).to.equal(undefined);
    expect(told(status)["AssociationReady"]).to.equal("False AssociationConflict");
  });

  it("of a suspended object keeps everything else as it was", () => {
    const before = statusOf(undefined, { outcome: settled, desired, observed: inSync }, first);
    const paused = suspendedStatus(before, { ...later, generation: 2 });
    expect(told(paused)).to.deep.equal({ ...told(before), Suspended: "True Suspended" });
    expect(
      told(statusOf(paused, { outcome: settled, desired, observed: inSync }, later)),
    ).to.deep.equal(told(before));
  });
});

describe("a role that EKS refuses", () => {
  const notFound = new Failure("RoleNotFound", "role does not exist", { kind: "never" });

  it("is waited for if we just wrote it: three tries in the first ten seconds", () => {
    const waits: number[] = [];
    for (let elapsed = 200; elapsed < 10_000; ) {
      const outcome = afterRefusal(notFound, elapsed);
      if (outcome.kind !== "waiting") throw new Error("was not waited for");
      waits.push(outcome.checkAfterMs);
      elapsed += outcome.checkAfterMs;
    }
    expect(waits).to.deep.equal([3_000, 6_400, 8_000]);
  });

  it("is refused at once if it is not ours, and tried again with each sweep", () => {
    const outcome = afterRefusal(notFound, undefined);
    if (outcome.kind !== "failed") throw new Error("was not refused");
    expect(outcome.failure.reason).to.equal("RoleNotFound");
    expect(outcome.failure.retry).to.deep.equal({ kind: "sweep" });
  });

  it("is refused for good two minutes after, naming the scope to widen", () => {
    const outcome = afterRefusal(
      new Failure("TrustPolicyInvalid", "…", { kind: "never" }),
      121_000,
    );
    expect(outcome.kind === "failed" && outcome.failure.message)
      .to.contain("trustScope: Account")
      .and.contain("DEFAULT_TRUST_SCOPE");
  });

  it("for another reason is not waited for", () =>
    expect(afterRefusal(new Failure("AccessDenied", "…", { kind: "never" }), 0).kind).to.equal(
      "failed",
    ));
});

describe("a deletion", () => {
  const us = desired.owner;
  const types = (policy: "Delete" | "Retain", observed: Observed) =>
    teardown(policy, us, observed).map(({ type }) => type);

  it("takes the association first, then policies, then the role", () =>
    expect(types("Delete", inSync)).to.deep.equal([
      "DeleteAssociation",
      "DeleteInlinePolicy",
      "DeleteRole",
    ]));

  it("that retains replaces the owner tag and changes nothing else", () => {
    expect(teardown("Retain", us, inSync)).to.deep.equal([
      {
        type: "TagAssociation",
        arn: inSync.association?.arn,
        tags: { "podidentity.io/retained-from": cluster.arn },
      },
      { type: "UntagAssociation", arn: inSync.association?.arn, keys: ["podidentity.io/owner"] },
      {
        type: "TagRole",
        name: inSync.role?.name,
        tags: { "podidentity.io/retained-from": cluster.arn },
      },
      { type: "UntagRole", name: inSync.role?.name, keys: ["podidentity.io/owner"] },
    ]);
  });

  it("leaves what is not ours: other object, other installation, no tags, only listed", () => {
    const strangers = [
      {},
      { ...ours, "podidentity.io/resource": "payments/b" },
      { ...ours, "podidentity.io/installation": "b" },
    ];
    for (const tags of strangers) {
      const observed = {
        ...nothing,
        role: roleOf(desired, { tags }),
        association: associationOf(desired, { tags }),
      };
      expect(types("Delete", observed)).to.deep.equal([]);
    }
    expect(
      types("Delete", {
        ...nothing,
        association: { ...associationOf(desired), details: undefined },
      }),
    ).to.deep.equal([]);
  });
});
