/**
 * What the object's status says after a reconciliation. Nothing in it ticks: an unchanged outcome gives
 * an unchanged status, so it is written only when something changed.
 */
import type { Condition, PodIdentityAssociationStatus } from "../api/pod-identity-association.ts";
import type { Observed } from "./actions.ts";
import { setConditions } from "./conditions.ts";
import type { Desired } from "./desired.ts";
import { parseRoleArn } from "./names.ts";
import type { Outcome } from "./outcome.ts";
import { associationConflict, roleConflict } from "./ownership.ts";
import { actualRoleArn, plan } from "./plan.ts";

/** How a reconciliation ended, and what it then knew. */
export interface Ending {
  readonly outcome: Outcome;
  /** `undefined`: the spec could not be understood. */
  readonly desired: Desired | undefined;
  /** `undefined`: AWS was not looked at. */
  readonly observed: Observed | undefined;
}

export interface Moment {
  readonly generation: number;
  readonly clusterName: string;
  /** RFC 3339, in seconds. */
  readonly now: string;
}

type Status = PodIdentityAssociationStatus;
type NewCondition = Pick<Condition, "type" | "status" | "reason" | "message">;

export function statusOf(previous: Status | undefined, ending: Ending, moment: Moment): Status {
  return {
    ...facts(previous, ending),
    clusterName: moment.clusterName,
    observedGeneration: moment.generation,
    conditions: setConditions(
      previous?.conditions ?? [],
      [...summary(ending.outcome), ...halves(ending)],
      { ...moment, remove: ["Reconciling", "Stalled", "Suspended"] },
    ),
  };
}

/** Suspended says that nobody is looking; what was last known stays as it is. */
export function suspendedStatus(previous: Status | undefined, moment: Moment): Status {
  const condition: NewCondition = {
    type: "Suspended",
    status: "True",
    reason: "Suspended",
    message:
      "spec.suspend is true: nothing is created, repaired or changed until it is false; deleting the object still takes away what it made",
  };
  return {
    ...previous,
    observedGeneration: moment.generation,
    conditions: setConditions(previous?.conditions ?? [], [condition], { ...moment, remove: [] }),
  };
}

/** kstatus: Ready is the summary; Reconciling and Stalled exist only while they are True. */
function summary(outcome: Outcome): readonly NewCondition[] {
  if (outcome.kind === "settled") {
    const message = "the role and its association are in AWS as wanted";
    return [{ type: "Ready", status: "True", reason: "Reconciled", message }];
  }
  const { reason, message } = outcome.kind === "waiting" ? outcome : outcome.failure;
  const stalled =
    outcome.kind === "failed" && ["never", "sweep"].includes(outcome.failure.retry.kind);
  return [
    { type: "Ready", status: "False", reason, message },
    { type: stalled ? "Stalled" : "Reconciling", status: "True", reason, message },
  ];
}

/** RoleReady and AssociationReady: is there still something to do on that half? */
function halves({ outcome, desired, observed }: Ending): readonly NewCondition[] {
  if (!desired || !observed) return [];
  const why = outcome.kind === "settled" ? undefined : failureOf(outcome);
  const open = openHalves(desired, observed);
  if (!desired.role && why?.reason === "RoleNotFound") open.role = true;
  return [
    half("RoleReady", open.role, why, desired.role ? "RoleInSync" : "RoleReferenced"),
    half("AssociationReady", open.association, why, "AssociationInSync"),
  ];
}

function half(
  type: "RoleReady" | "AssociationReady",
  open: boolean,
  why: { reason: string; message: string } | undefined,
  reasonIfDone: string,
): NewCondition {
  const subject = type === "RoleReady" ? "the role" : "the association";
  if (!open) {
    return { type, status: "True", reason: reasonIfDone, message: `${subject} is as wanted` };
  }
  const { reason, message } = why ?? { reason: "Pending", message: `${subject} is not made yet` };
  return { type, status: "False", reason, message };
}

function openHalves(desired: Desired, observed: Observed): { role: boolean; association: boolean } {
  const todo = plan(desired, observed);
  if ("conflict" in todo) {
    const { role, association } = observed;
    return {
      role: desired.role !== undefined && !(role && !roleConflict(role, desired.owner)),
      association: !(association && !associationConflict(association, desired.owner)),
    };
  }
  const types = todo.actions.map(({ type }) => type);
  const ofAssociation = types.filter((type) => type.endsWith("Association"));
  return { role: ofAssociation.length < types.length, association: ofAssociation.length > 0 };
}

function failureOf(outcome: Exclude<Outcome, { kind: "settled" }>): {
  reason: string;
  message: string;
} {
  return outcome.kind === "waiting" ? outcome : outcome.failure;
}

/** ARNs and ids, as far as they are known and ours. */
function facts(previous: Status | undefined, { desired, observed }: Ending): Status {
  if (!desired || !observed) {
    const { conditions: _, ...known } = previous ?? {};
    return known;
  }
  const { association, formerRoles } = observed;
  const role = desired.role && observed.role && !roleConflict(observed.role, desired.owner);
  const isOurs = association && !associationConflict(association, desired.owner);
  const former = formerRoles[0]?.name;
  return {
    ...(role || !desired.role ? roleFacts(actualRoleArn(desired, observed.role)) : {}),
    ...(former === undefined ? {} : { previousRoleName: former }),
    ...(isOurs ? { associationArn: association.arn, associationId: association.id } : {}),
  };
}

function roleFacts(roleArn: string): Pick<Status, "roleArn" | "roleName"> {
  return { roleArn, roleName: parseRoleArn(roleArn)?.name ?? "" };
}

/** While things are taken away. What is gone already is not claimed any more. */
export function leavingStatus(
  previous: Status | undefined,
  { outcome, associationGone }: { readonly outcome: Outcome; readonly associationGone: boolean },
  moment: Moment,
): Status {
  const { associationArn: _, associationId: __, ...rest } = previous ?? {};
  const gone: NewCondition = {
    type: "AssociationReady",
    status: "False",
    reason: "Deleting",
    message: "the association is deleted",
  };
  return {
    ...(associationGone ? rest : previous),
    clusterName: moment.clusterName,
    observedGeneration: moment.generation,
    conditions: setConditions(
      previous?.conditions ?? [],
      [...summary(outcome), ...(associationGone ? [gone] : [])],
      { ...moment, remove: ["Reconciling", "Stalled", "Suspended"] },
    ),
  };
}
