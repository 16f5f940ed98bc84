/** The status of an object that is not being brought to AWS: suspended, frozen, planned only, or leaving. */
import type { PodIdentityAssociationStatus } from "../api/pod-identity-association.ts";
import type { Action, AnyAction, Observed } from "./actions.ts";
import { callOf } from "./calls.ts";
import { type NewCondition, setConditions } from "./conditions.ts";
import type { Desired } from "./desired.ts";
import { halves } from "./halves.ts";
import type { Failure, Outcome } from "./outcome.ts";
import type { ClusterFacts } from "./resources.ts";
import { authorized, type Moment, summary } from "./status.ts";
import { toBeDone } from "./words.ts";

type Status = PodIdentityAssociationStatus;

export const SUSPENDED: NewCondition = {
  type: "Suspended",
  status: "True",
  reason: "Suspended",
  message:
    "spec.suspend is true: nothing is created, repaired or changed until it is false; deleting the object still takes away what it made",
};

/** Suspended says that nobody is looking; what was last known stays as it is. */
export function suspendedStatus(previous: Status | undefined, moment: Moment): Status {
  return {
    ...previous,
    observedGeneration: moment.generation,
    conditions: setConditions(previous?.conditions ?? [], [SUSPENDED], {
      ...moment,
      remove: ["Reconciling"],
    }),
  };
}

/**
 * What was brought to AWS is allowed no more. It stays there and works, so Ready says what it said; a typo
 * in a guardrail must not look like an outage.
 */
export function frozenStatus(
  previous: Status | undefined,
  { reason, message }: Failure,
  moment: Moment,
): Status {
  const frozen: NewCondition = {
    type: "Authorized",
    status: "False",
    reason: "Frozen",
    message: `${reason}: ${message}. What is in AWS stays as it is and running pods keep their credentials, but nothing is repaired or changed any more`,
  };
  const { plannedActions: _, ...known } = previous ?? {};
  return {
    ...known,
    observedGeneration: moment.generation,
    conditions: setConditions(
      previous?.conditions ?? [],
      // It was brought to AWS in full, whatever was in the way since.
      [...summary({ kind: "settled" }), frozen],
      { ...moment, remove: ["Reconciling", "Stalled", "Suspended"] },
    ),
  };
}

/** An association that is allowed no more has been deleted; the role, if it has one of its own, is still there. */
export function revokedStatus(
  previous: Status | undefined,
  failure: Failure,
  moment: Moment,
): Status {
  const { appliedSpec: _, plannedActions: __, ...rest } = withoutAssociation(previous);
  const gone: NewCondition = {
    type: "AssociationReady",
    status: "False",
    reason: failure.reason,
    message: "the association was deleted, because it is allowed no more",
  };
  return {
    ...rest,
    observedGeneration: moment.generation,
    conditions: setConditions(
      previous?.conditions ?? [],
      [...summary({ kind: "failed", failure }), ...authorized({ allowed: false, failure }), gone],
      { ...moment, remove: ["Reconciling", "Stalled", "Suspended", "PodsVerified"] },
    ),
  };
}

/** What is said of an association, without what is gone with it. */
function withoutAssociation(previous: Status | undefined): Status {
  const { associationArn: _, associationId: __, associatedAt: ___, ...rest } = previous ?? {};
  const { externalId: ____, pods: _____, ...known } = rest;
  return known;
}

/** Mode Plan, and something is to be done: everything else stays as it was last known. */
export function plannedStatus(
  previous: Status | undefined,
  {
    actions,
    guardrail,
    desired,
    observed,
  }: {
    readonly actions: readonly Action[];
    readonly guardrail: string;
    readonly desired: Desired;
    readonly observed: Observed;
  },
  moment: Moment,
): Status {
  const outcome: Outcome = {
    kind: "waiting",
    reason: "Planned",
    message: "it is not as wanted, and mode Plan changes nothing",
    checkAfterMs: 0,
  };
  const allowed = authorized({ allowed: true, guardrail });
  const { appliedSpec: _, ...known } = previous ?? {};
  return {
    ...known,
    clusterName: moment.cluster.name,
    observedGeneration: moment.generation,
    plannedActions: plannedActions(actions, moment.cluster),
    conditions: setConditions(
      previous?.conditions ?? [],
      [
        planned(actions.length),
        ...halves({ outcome, desired, observed }, moment.cluster),
        ...allowed,
      ],
      {
        ...moment,
        remove: ["Reconciling", "Stalled", "Suspended"],
      },
    ),
  };
}

export function planned(calls: number): NewCondition {
  return {
    type: "Ready",
    status: "Unknown",
    reason: "Planned",
    message: `mode Plan: nothing is changed; ${calls} ${calls === 1 ? "call" : "calls"} to AWS would be made, see status.plannedActions; set spec.mode: Apply to make them (and the operator's OPERATOR_MODE)`,
  };
}

/** The API's limit, in characters. */
const DESCRIPTION_MAX = 2048;

export function plannedActions(
  actions: readonly AnyAction[],
  { name }: ClusterFacts,
): NonNullable<Status["plannedActions"]> {
  return actions.map((action) => {
    const { service, operation, parameters } = callOf(action, name);
    return {
      description: toBeDone(action).slice(0, DESCRIPTION_MAX),
      call: `${service}:${operation}`,
      parameters,
    };
  });
}

/** While things are taken away. What is gone already is not claimed any more. */
export function leavingStatus(
  previous: Status | undefined,
  { outcome, associationGone }: { readonly outcome: Outcome; readonly associationGone: boolean },
  moment: Moment,
): Status {
  const { plannedActions: _, ...known } = associationGone
    ? withoutAssociation(previous)
    : (previous ?? {});
  const gone: NewCondition = {
    type: "AssociationReady",
    status: "False",
    reason: "Deleting",
    message: "the association is deleted",
  };
  return {
    ...known,
    clusterName: moment.cluster.name,
    observedGeneration: moment.generation,
    conditions: setConditions(
      previous?.conditions ?? [],
      [...summary(outcome), ...(associationGone ? [gone] : [])],
      {
        ...moment,
        remove: [
          "Reconciling",
          "Stalled",
          "Suspended",
          ...(associationGone ? ["PodsVerified"] : []),
        ],
      },
    ),
  };
}
