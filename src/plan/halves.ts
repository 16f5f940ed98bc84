/** RoleReady and AssociationReady: the two halves of Ready, each with why it is not done yet. */
import type { Observed } from "./actions.ts";
import type { NewCondition } from "./conditions.ts";
import type { Desired } from "./desired.ts";
import type { Outcome } from "./outcome.ts";
import { associationConflict, roleConflict } from "./ownership.ts";
import { actualRoleArn, plan } from "./plan.ts";
import type { ClusterFacts } from "./resources.ts";
import { externalIdOf, targetTrustPolicy } from "./session.ts";
import type { Ending } from "./status.ts";

/** RoleReady and AssociationReady: is there still something to do on that half? */
export function halves(
  { outcome, desired, observed }: Ending,
  cluster: ClusterFacts,
): readonly NewCondition[] {
  if (!desired || !observed) return [];
  const why = outcome.kind === "settled" ? undefined : failureOf(outcome);
  const open = openHalves(desired, observed);
  if (!desired.role && why?.reason === "RoleNotFound") open.role = true;
  return [
    half("RoleReady", open.role, why, desired.role ? "RoleInSync" : "RoleReferenced"),
    withTarget(half("AssociationReady", open.association, why, "AssociationInSync"), {
      desired,
      observed,
      cluster,
    }),
  ];
}

/** The one thing that nobody but the target's owner can do: shown where everybody looks who waits for it. */
function withTarget(
  condition: NewCondition,
  {
    desired,
    observed: { association, role },
    cluster,
  }: { readonly desired: Desired; readonly observed: Observed; readonly cluster: ClusterFacts },
): NewCondition {
  const { session, key } = desired;
  const roleArn = actualRoleArn(desired, role);
  const { targetRoleArn, disableSessionTags } = session;
  if (targetRoleArn === undefined || condition.status !== "True") return condition;
  const externalId = association?.details?.externalId ?? externalIdOf(cluster, key);
  const policy = targetTrustPolicy(roleArn, {
    cluster,
    key,
    tags: !disableSessionTags,
    externalId,
  });
  return {
    ...condition,
    message: `${condition.message}; ${targetRoleArn} needs this trust policy: ${policy}`,
  };
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
