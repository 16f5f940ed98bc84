/** What an EKSAddon's status says after a reconciliation. An unchanged outcome gives an unchanged status. */
import type { EksAddonStatus } from "../api/eks-addon.ts";
import type { AnyAction } from "./actions.ts";
import type { AddonSeen, ObservedAddon } from "./addon.ts";
import type { DesiredAddon } from "./addon-desired.ts";
import { associationOf, roleArnOf } from "./addon-roles.ts";
import type { ResolvedVersion } from "./addon-version.ts";
import { type NewCondition, setConditions } from "./conditions.ts";
import type { Outcome } from "./outcome.ts";
import { isOurs } from "./ownership.ts";
import { planned, plannedActions, SUSPENDED } from "./standstill.ts";
import { type Moment, summary } from "./status.ts";

type Status = EksAddonStatus;

/** How a reconciliation of an EKSAddon ended, and what it then knew. */
export interface AddonEnding {
  readonly outcome: Outcome;
  /** `undefined`: it did not come so far. */
  readonly resolved?: ResolvedVersion | undefined;
  readonly desired?: DesiredAddon | undefined;
  readonly seen?: AddonSeen | undefined;
  /** The last that EKS was asked for; `undefined`: none now. */
  readonly updateId?: string | undefined;
  /** Mode Plan: what would be done. */
  readonly planned?: readonly AnyAction[] | undefined;
  /** The agent, on EKS Auto Mode. */
  readonly isBuiltIn?: boolean;
}

const DONE = { reason: "Reconciled", message: "the add-on and its identities are as wanted" };

const BUILT_IN = {
  reason: "AgentBuiltIn",
  message:
    "nodes of EKS Auto Mode have the Pod Identity agent built in: nothing is installed, and nothing is to be done",
};

export function addonStatusOf(
  previous: Status | undefined,
  ending: AddonEnding,
  moment: Moment,
): Status {
  const todo = ending.planned ?? [];
  return {
    ...factsOf(previous, ending),
    clusterName: moment.cluster.name,
    observedGeneration: moment.generation,
    ...(ending.planned ? { plannedActions: plannedActions(todo, moment.cluster) } : {}),
    conditions: conditionsOf(
      previous,
      todo.length > 0
        ? [planned(todo.length)]
        : summary(ending.outcome, ending.isBuiltIn ? BUILT_IN : DONE),
      moment,
    ),
  };
}

export function suspendedAddonStatus(previous: Status | undefined, moment: Moment): Status {
  const conditions = setConditions(previous?.conditions ?? [], [SUSPENDED], {
    ...moment,
    remove: ["Reconciling"],
  });
  return { ...previous, observedGeneration: moment.generation, conditions };
}

function conditionsOf(
  previous: Status | undefined,
  changed: readonly NewCondition[],
  moment: Moment,
) {
  const remove = ["Reconciling", "Stalled", "Suspended"];
  return setConditions(previous?.conditions ?? [], changed, { ...moment, remove });
}

/** As far as they are known and ours. */
function factsOf(previous: Status | undefined, ending: AddonEnding): Status {
  const { desired, seen, resolved } = ending;
  const { conditions: _, plannedActions: __, ...known } = previous ?? {};
  if (!desired || !seen || !resolved) return known;
  const addon = seen.addon && isOurs(seen.addon.tags, desired.owner) ? seen.addon : undefined;
  const updateId = ending.updateId ?? previous?.updateId;
  return {
    version: addon?.version ?? resolved.version,
    ...(resolved.available === undefined ? {} : { availableVersion: resolved.available }),
    ...(resolved.entry ? { requiresIamPermissions: resolved.entry.requiresIamPermissions } : {}),
    ...(addon ? addonFacts(addon) : {}),
    ...identityFacts(desired, { ...seen, addon }),
    ...(addon && updateId !== undefined ? { updateId } : {}),
  };
}

/** As many as the API takes. */
const SHOWN = 50;

function addonFacts({ arn, status, healthIssues }: ObservedAddon): Status {
  return {
    addonArn: arn,
    addonStatus: status,
    ...(healthIssues.length === 0
      ? {}
      : {
          healthIssues: healthIssues.slice(0, SHOWN).map(({ code, message, resourceIds }) => ({
            code,
            message,
            ...(resourceIds.length > 0 ? { resourceIds: resourceIds.slice(0, SHOWN) } : {}),
          })),
        }),
  };
}

/** Those that are wanted, and those that somebody else gave the add-on. */
function identityFacts(
  desired: DesiredAddon,
  seen: AddonSeen,
): Pick<Status, "identities" | "identitySummary"> {
  const { identities: asked = [] } = desired;
  const wanted = asked.map((identity) => {
    const roleArn = roleArnOf(identity, seen);
    const found = associationOf(identity, seen);
    const { recommendedPolicies: policies } = identity;
    return {
      serviceAccountName: identity.key.serviceAccount,
      roleArn,
      ...(found?.details?.roleArn === roleArn ? { associationArn: found.arn } : {}),
      ...(policies.length > 0 ? { recommendedPolicies: [...policies] } : {}),
    };
  });
  const names = new Set(wanted.map(({ serviceAccountName }) => serviceAccountName));
  const others = (seen.addon?.associations ?? [])
    .filter(({ serviceAccount }) => !names.has(serviceAccount))
    .map(({ serviceAccount, arn, details }) => ({
      serviceAccountName: serviceAccount,
      ...(details ? { roleArn: details.roleArn } : {}),
      associationArn: arn,
    }));
  const identities = [...wanted, ...others];
  if (identities.length === 0) return {};
  const counted = wanted.length > 0 ? wanted : others;
  const ready = counted.filter((one) => "associationArn" in one).length;
  return { identities, identitySummary: `${ready}/${counted.length}` };
}
