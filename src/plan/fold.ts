/** What is true after a step, so that no read is needed to know it. Steps that create answer for themselves. */
import type { Action, AssociationAction, Observed, RoleAction, SessionChange } from "./actions.ts";
import { isOnAssociation } from "./calls.ts";
import { isSameRole } from "./names.ts";
import { hashDocument } from "./policy-hash.ts";
import type { AssociationDetails, ObservedAssociation, ObservedRole, Tags } from "./resources.ts";

/** The steps whose answer carries something we cannot compute: an id. */
export type Creation = "CreateRole" | "CreateAssociation";
export type FoldedAction = Exclude<Action, { type: Creation }>;

export function after(action: FoldedAction, observed: Observed): Observed {
  if (isOnAssociation(action)) {
    return {
      ...observed,
      association: observed.association && associationAfter(action, observed.association),
    };
  }
  const { role, formerRoles } = observed;
  if (role && isSameRole(role.name, action.name))
    return { ...observed, role: roleAfter(action, role) };
  const { handedOver } = observed;
  if (handedOver && isSameRole(handedOver.name, action.name)) {
    return { ...observed, handedOver: roleAfter(action, handedOver) };
  }
  return {
    ...observed,
    formerRoles: formerRoles.flatMap((former) =>
      isSameRole(former.name, action.name) ? (roleAfter(action, former) ?? []) : former,
    ),
  };
}

export function roleAfter(
  action: Exclude<RoleAction, { type: Creation }>,
  role: ObservedRole,
): ObservedRole | undefined {
  switch (action.type) {
    case "SetTrustPolicy":
      return { ...role, trustPolicy: hashDocument(action.document) };
    case "SetDescriptionAndDuration":
      return { ...role, description: action.description, maxSessionSeconds: action.seconds };
    case "SetPermissionsBoundary":
      return { ...role, permissionsBoundaryArn: action.arn };
    case "DeletePermissionsBoundary":
      return { ...role, permissionsBoundaryArn: undefined };
    case "TagRole":
      return { ...role, tags: { ...role.tags, ...action.tags } };
    case "UntagRole":
      return { ...role, tags: without(role.tags, action.keys) };
    case "AttachPolicy":
      return { ...role, managedPolicyArns: [...role.managedPolicyArns, action.arn] };
    case "DetachPolicy":
      return {
        ...role,
        managedPolicyArns: role.managedPolicyArns.filter((arn) => arn !== action.arn),
      };
    case "PutInlinePolicy": {
      const hash = hashDocument(action.document);
      return { ...role, inlinePolicies: { ...role.inlinePolicies, [action.policyName]: hash } };
    }
    case "DeleteInlinePolicy":
      return { ...role, inlinePolicies: without(role.inlinePolicies, [action.policyName]) };
    case "DeleteRole":
      return undefined;
  }
}

export function associationAfter(
  action: Exclude<AssociationAction, { type: Creation }>,
  association: ObservedAssociation,
): ObservedAssociation | undefined {
  if (action.type === "DeleteAssociation") return undefined;
  const { details } = association;
  if (!details) return association;
  switch (action.type) {
    case "UpdateAssociation":
      return {
        ...association,
        details: {
          ...details,
          roleArn: action.roleArn,
          ...sessionAfter(action.session, details),
        },
      };
    case "TagAssociation":
      return { ...association, details: { ...details, tags: { ...details.tags, ...action.tags } } };
    case "UntagAssociation":
      return { ...association, details: { ...details, tags: without(details.tags, action.keys) } };
  }
}

function sessionAfter(
  change: SessionChange,
  before: AssociationDetails,
): Pick<AssociationDetails, "targetRoleArn" | "disableSessionTags" | "policy"> {
  const { targetRoleArn, disableSessionTags = before.disableSessionTags, policy } = change;
  return {
    targetRoleArn: targetRoleArn === undefined ? before.targetRoleArn : targetRoleArn || undefined,
    disableSessionTags,
    policy: policy === undefined ? before.policy : policy ? hashDocument(policy) : undefined,
  };
}

export function without(tags: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}
