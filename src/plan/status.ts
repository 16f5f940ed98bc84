/**
 * What the object's status says after a reconciliation. Nothing in it ticks: an unchanged outcome gives
 * an unchanged status, so it is written only when something changed.
 */
import type { PodIdentityAssociationStatus } from "../api/pod-identity-association.ts";
import type { Observed } from "./actions.ts";
import { type NewCondition, setConditions } from "./conditions.ts";
import type { Desired } from "./desired.ts";
import { halves } from "./halves.ts";
import { parseRoleArn } from "./names.ts";
import type { Failure, Outcome } from "./outcome.ts";
import { associationConflict, roleConflict } from "./ownership.ts";
import { actualRoleArn } from "./plan.ts";
import type { ClusterFacts, ObservedAssociation } from "./resources.ts";

/** How a reconciliation ended, and what it then knew. */
export interface Ending {
  readonly outcome: Outcome;
  /** `undefined`: the spec could not be understood. */
  readonly desired: Desired | undefined;
  /** `undefined`: AWS was not looked at. */
  readonly observed: Observed | undefined;
  /** `undefined`: no guardrail was asked. */
  readonly authorization?: Authorization | undefined;
  /** Of what the spec asks of AWS (plan/applied.ts); `undefined`: it could not be understood. */
  readonly specHash?: string | undefined;
}

/** What the guardrails said. */
export type Authorization =
  | { readonly allowed: true; readonly guardrail: string }
  | { readonly allowed: false; readonly failure: Failure };

export interface Moment {
  readonly generation: number;
  readonly cluster: ClusterFacts;
  /** RFC 3339, in seconds. */
  readonly now: string;
}

type Status = PodIdentityAssociationStatus;

export function statusOf(previous: Status | undefined, ending: Ending, moment: Moment): Status {
  return {
    ...facts(previous, ending, moment),
    ...applied(previous, ending),
    clusterName: moment.cluster.name,
    observedGeneration: moment.generation,
    conditions: setConditions(
      previous?.conditions ?? [],
      [
        ...summary(ending.outcome),
        ...halves(ending, moment.cluster),
        ...authorized(ending.authorization),
      ],
      { ...moment, remove: ["Reconciling", "Stalled", "Suspended"] },
    ),
  };
}

const DONE = {
  reason: "Reconciled",
  message: "the role and its association are in AWS as wanted",
};

/** kstatus: Ready is the summary; Reconciling and Stalled exist only while they are True. */
export function summary(
  outcome: Outcome,
  done: Pick<NewCondition, "reason" | "message"> = DONE,
): readonly NewCondition[] {
  if (outcome.kind === "settled") return [{ type: "Ready", status: "True", ...done }];
  const { reason, message } = outcome.kind === "waiting" ? outcome : outcome.failure;
  const stalled =
    outcome.kind === "failed" && ["never", "sweep"].includes(outcome.failure.retry.kind);
  return [
    { type: "Ready", status: "False", reason, message },
    { type: stalled ? "Stalled" : "Reconciling", status: "True", reason, message },
  ];
}

export function authorized(authorization: Authorization | undefined): readonly NewCondition[] {
  if (!authorization) return [];
  if (authorization.allowed) {
    const message = `PodIdentityGuardrail ${authorization.guardrail} allows all of it`;
    return [{ type: "Authorized", status: "True", reason: "Authorized", message }];
  }
  const { reason, message } = authorization.failure;
  return [{ type: "Authorized", status: "False", reason, message }];
}

/** Kept through failures while the spec is the same; gone with the first step towards another one. */
function applied(
  previous: Status | undefined,
  { outcome, observed, specHash }: Ending,
): Pick<Status, "appliedSpec"> {
  const before = previous?.appliedSpec;
  if (outcome.kind === "settled" && specHash !== undefined) return { appliedSpec: specHash };
  const isPassing =
    outcome.kind === "failed" && ["backoff", "after"].includes(outcome.failure.retry.kind);
  const isUntouched = observed === undefined || (isPassing && before === specHash);
  return isUntouched && before !== undefined ? { appliedSpec: before } : {};
}

/** ARNs and ids, as far as they are known and ours. */
function facts(
  previous: Status | undefined,
  { desired, observed }: Ending,
  { now }: Moment,
): Status {
  if (!desired || !observed) {
    const { conditions: _, plannedActions: __, appliedSpec: ___, ...known } = previous ?? {};
    return known;
  }
  const { association, formerRoles, keptNames } = observed;
  const role = desired.role && observed.role && !roleConflict(observed.role, desired.owner);
  const isOurs = association && !associationConflict(association, desired.owner);
  const former = formerRoles[0]?.name ?? keptNames?.[0];
  return {
    ...(role || !desired.role ? roleFacts(actualRoleArn(desired, observed.role)) : {}),
    ...(former === undefined ? {} : { previousRoleName: former }),
    ...(isOurs ? associationFacts(association, previous, now) : {}),
  };
}

/** When it came is told by our own clock, which pods' ages are held against. */
function associationFacts(
  association: ObservedAssociation,
  previous: Status | undefined,
  now: string,
): Status {
  const { id, arn } = association;
  const known = id === previous?.associationId ? previous.associatedAt : undefined;
  return {
    associationArn: arn,
    associationId: id,
    associatedAt: known ?? now,
    ...(previous?.pods ? { pods: previous.pods } : {}),
    ...externalId(association, previous),
  };
}

/** Only Describe shows it. */
function externalId(
  { details }: ObservedAssociation,
  previous: Status | undefined,
): Pick<Status, "externalId"> {
  const id = details ? details.externalId : previous?.externalId;
  return id === undefined ? {} : { externalId: id };
}

function roleFacts(roleArn: string): Pick<Status, "roleArn" | "roleName"> {
  return { roleArn, roleName: parseRoleArn(roleArn)?.name ?? "" };
}
