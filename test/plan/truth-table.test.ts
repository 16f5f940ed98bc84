/** What an object's conditions say in each state, and what kubectl wait, Argo CD and Flux make of them. */
import { expect } from "chai";
import type {
  Condition,
  PodIdentityAssociationStatus,
} from "../../src/api/pod-identity-association.ts";
import { status as statusType, statusWithDefault } from "../../src/api/status.ts";
import type { Observed } from "../../src/plan/actions.ts";
import { Failure, type Outcome } from "../../src/plan/outcome.ts";
import { plan } from "../../src/plan/plan.ts";
import {
  frozenStatus,
  leavingStatus,
  plannedStatus,
  suspendedStatus,
} from "../../src/plan/standstill.ts";
import { statusOf } from "../../src/plan/status.ts";
import { associationOf, cluster, roleOf, wanted } from "./examples.ts";

type Status = PodIdentityAssociationStatus;

/**
 * The status that kstatus computes for an object that is not being deleted.
 *
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
function kstatus(generation: number, { observedGeneration, conditions = [] }: Status): string {
  const is = (type: string) => conditions.find((one) => one.type === type)?.status;
  if (observedGeneration !== undefined && observedGeneration !== generation) return "InProgress";
  if (is("Reconciling") === "True") return "InProgress";
  if (is("Stalled") === "True") return "Failed";
  return ["False", "Unknown"].includes(is("Ready") ?? "True") ? "InProgress" : "Current";
}

const desired = wanted({ role: {} });
const nothing: Observed = { role: undefined, formerRoles: [], association: undefined };
const inSync: Observed = { ...nothing, role: roleOf(desired), association: associationOf(desired) };
const moment = { generation: 1, cluster, now: "2026-01-01T00:00:00Z" };
const second = { ...moment, generation: 2 };
const allowed = { allowed: true, guardrail: "default" } as const;
const refusal = (reason: string) => new Failure(reason, "why", { kind: "never" });
const fails = (reason: string, kind: "never" | "sweep" | "backoff"): Outcome => ({
  kind: "failed",
  failure: new Failure(reason, "why", { kind }),
});
const ended = (outcome: Outcome, observed: Observed = nothing, before?: Status) =>
  statusOf(before, { outcome, desired, observed, authorization: allowed }, moment);

const ready = ended({ kind: "settled" }, inSync);
const todo = plan(desired, nothing);
const actions = "actions" in todo ? todo.actions : [];
const foreseen = { actions, guardrail: "default", desired, observed: nothing };
const notAllowed = refusal("RoleNotAllowed");
const refused = (before: Status | undefined, when = moment) =>
  statusOf(
    before,
    {
      outcome: { kind: "failed", failure: notAllowed },
      desired,
      observed: undefined,
      authorization: { allowed: false, failure: notAllowed },
    },
    when,
  );
const frozen = frozenStatus(ready, notAllowed, moment);
const waiting: Outcome = {
  kind: "waiting",
  reason: "RolePropagating",
  message: "soon",
  checkAfterMs: 1,
};

const rows: readonly [
  state: string,
  status: Status,
  conditions: Readonly<Record<string, string>>,
  computed: string,
][] = [
  ["fresh", statusWithDefault.parse(undefined), { Ready: "Unknown Pending" }, "InProgress"],
  [
    "role and association are as wanted",
    ready,
    {
      Ready: "True Reconciled",
      RoleReady: "True RoleInSync",
      AssociationReady: "True AssociationInSync",
      Authorized: "True Authorized",
    },
    "Current",
  ],
  [
    "a known wait",
    ended(waiting, { ...nothing, role: roleOf(desired) }),
    {
      Ready: "False RolePropagating",
      Reconciling: "True RolePropagating",
      RoleReady: "True RoleInSync",
      AssociationReady: "False RolePropagating",
      Authorized: "True Authorized",
    },
    "InProgress",
  ],
  [
    "a backoff",
    ended(fails("AWSUnavailable", "backoff"), inSync, ready),
    {
      Ready: "False AWSUnavailable",
      Reconciling: "True AWSUnavailable",
      RoleReady: "True RoleInSync",
      AssociationReady: "True AssociationInSync",
      Authorized: "True Authorized",
    },
    "InProgress",
  ],
  [
    "a conflict: the user must act",
    ended(fails("AssociationConflict", "sweep")),
    {
      Ready: "False AssociationConflict",
      Stalled: "True AssociationConflict",
      RoleReady: "False AssociationConflict",
      AssociationReady: "False AssociationConflict",
      Authorized: "True Authorized",
    },
    "Failed",
  ],
  [
    "no guardrail allows it, and nothing was made",
    refused(undefined),
    {
      Ready: "False RoleNotAllowed",
      Stalled: "True RoleNotAllowed",
      Authorized: "False RoleNotAllowed",
    },
    "Failed",
  ],
  [
    "what was applied is allowed no more",
    frozen,
    {
      Ready: "True Reconciled",
      RoleReady: "True RoleInSync",
      AssociationReady: "True AssociationInSync",
      Authorized: "False Frozen",
    },
    "Current",
  ],
  [
    "allowed again after it was frozen",
    ended({ kind: "settled" }, inSync, frozen),
    {
      Ready: "True Reconciled",
      RoleReady: "True RoleInSync",
      AssociationReady: "True AssociationInSync",
      Authorized: "True Authorized",
    },
    "Current",
  ],
  [
    "suspended",
    suspendedStatus(ready, moment),
    {
      Ready: "True Reconciled",
      RoleReady: "True RoleInSync",
      AssociationReady: "True AssociationInSync",
      Authorized: "True Authorized",
      Suspended: "True Suspended",
    },
    "Current",
  ],
  [
    "mode Plan with something to do",
    plannedStatus(undefined, foreseen, moment),
    {
      Ready: "Unknown Planned",
      RoleReady: "False Planned",
      AssociationReady: "False Planned",
      Authorized: "True Authorized",
    },
    "InProgress",
  ],
  [
    "being deleted",
    leavingStatus(
      ready,
      { outcome: { ...waiting, reason: "Deleting" }, associationGone: true },
      moment,
    ),
    {
      Ready: "False Deleting",
      Reconciling: "True Deleting",
      RoleReady: "True RoleInSync",
      AssociationReady: "False Deleting",
      Authorized: "True Authorized",
    },
    "InProgress",
  ],
];

const told = ({ conditions = [] }: Status) =>
  Object.fromEntries(
    conditions.map(({ type, status, reason }: Condition) => [type, `${status} ${reason}`]),
  );

describe("the state of an object", () => {
  for (const [state, status, conditions, computed] of rows) {
    it(`"${state}" is ${computed} to kstatus`, () => {
      expect(told(status)).to.deep.equal(conditions);
      expect(kstatus(1, status)).to.equal(computed);
    });

    it(`"${state}" fits the schema of status`, () => {
      expect(() => statusType.parse(status)).to.not.throw();
    });
  }

  it("is in progress, whatever it was, until a new generation has been looked at", () =>
    expect(kstatus(2, ready)).to.equal("InProgress"));

  it("is refused, not frozen, when an edit asks for what is not allowed", () => {
    const edited = refused(ready, second);
    expect(told(edited)).to.include({
      Ready: "False RoleNotAllowed",
      Stalled: "True RoleNotAllowed",
    });
    expect(edited.associationId).to.equal(ready.associationId);
  });

  it("keeps what was made when only a plan is wanted, and forgets the plan when it is carried out", () => {
    const planned = plannedStatus(ready, foreseen, second);
    expect(planned.roleArn).to.equal(ready.roleArn);
    expect(planned.plannedActions).to.have.length(2);
    const applied = ended({ kind: "settled" }, inSync, planned);
    expect(applied).to.not.have.property("plannedActions");
  });

  it("does not change while nothing changes, frozen and planned alike", () => {
    const later = { ...moment, now: "2027-01-01T00:00:00Z" };
    expect(frozenStatus(frozen, notAllowed, later)).to.deep.equal(frozen);
    const planned = plannedStatus(ready, foreseen, moment);
    expect(plannedStatus(planned, foreseen, later)).to.deep.equal(planned);
  });

  describe("remembers what was brought to AWS in full", () => {
    const specHash = "0123456789abcdef";
    const end = (outcome: Outcome, before?: Status) =>
      statusOf(before, { outcome, desired, observed: inSync, specHash }, moment).appliedSpec;
    const done = statusOf(
      undefined,
      { outcome: { kind: "settled" }, desired, observed: inSync, specHash },
      moment,
    );

    it("once all is done", () => expect(done.appliedSpec).to.equal(specHash));

    it("through an outage", () =>
      expect(end(fails("AWSUnavailable", "backoff"), done)).to.equal(specHash));

    it("but not once AWS was seen to be otherwise, for good", () =>
      expect(end(fails("RoleNotFound", "sweep"), done)).to.equal(undefined));

    it("nor while a plan says that something is to be done", () =>
      expect(plannedStatus(done, foreseen, moment).appliedSpec).to.equal(undefined));
  });
});
