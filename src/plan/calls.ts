/** A step as the AWS call that carries it out: mode Plan shows it, src/aws sends it, and so both are the same. */
import type { Action, AssociationAction, RoleAction } from "./actions.ts";
import type { DesiredRole, Tags } from "./resources.ts";

export interface Call {
  readonly service: "iam" | "eks";
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export function callOf(action: Action, clusterName: string): Call {
  return isOnAssociation(action) ? associationCall(action, clusterName) : roleCall(action);
}

export function isOnAssociation<A extends Action>(
  action: A,
): action is Extract<A, AssociationAction> {
  return action.type.endsWith("Association");
}

export function roleCall(action: RoleAction): Call {
  const [operation, parameters] = roleOperation(action);
  return { service: "iam", operation, parameters };
}

type Operation = readonly [operation: string, parameters: Readonly<Record<string, unknown>>];

function roleOperation(action: RoleAction): Operation {
  if (action.type === "CreateRole") return ["CreateRole", creation(action.role)];
  const RoleName = action.name;
  switch (action.type) {
    case "SetTrustPolicy":
      return ["UpdateAssumeRolePolicy", { RoleName, PolicyDocument: action.document }];
    case "SetDescriptionAndDuration": {
      const { description: Description, seconds: MaxSessionDuration } = action;
      return ["UpdateRole", { RoleName, Description, MaxSessionDuration }];
    }
    case "SetPermissionsBoundary":
      return ["PutRolePermissionsBoundary", { RoleName, PermissionsBoundary: action.arn }];
    case "DeletePermissionsBoundary":
      return ["DeleteRolePermissionsBoundary", { RoleName }];
    case "TagRole":
      return ["TagRole", { RoleName, Tags: tagList(action.tags) }];
    case "UntagRole":
      return ["UntagRole", { RoleName, TagKeys: action.keys }];
    case "AttachPolicy":
      return ["AttachRolePolicy", { RoleName, PolicyArn: action.arn }];
    case "DetachPolicy":
      return ["DetachRolePolicy", { RoleName, PolicyArn: action.arn }];
    case "PutInlinePolicy": {
      const { policyName: PolicyName, document: PolicyDocument } = action;
      return ["PutRolePolicy", { RoleName, PolicyName, PolicyDocument }];
    }
    case "DeleteInlinePolicy":
      return ["DeleteRolePolicy", { RoleName, PolicyName: action.policyName }];
    case "DeleteRole":
      return ["DeleteRole", { RoleName }];
  }
}

export function associationCall(action: AssociationAction, clusterName: string): Call {
  const [operation, parameters] = associationOperation(action, clusterName);
  return { service: "eks", operation, parameters };
}

function associationOperation(action: AssociationAction, clusterName: string): Operation {
  switch (action.type) {
    case "CreateAssociation":
      return ["CreatePodIdentityAssociation", { clusterName, ...association(action) }];
    case "UpdateAssociation": {
      const { id: associationId, roleArn, session } = action;
      const parameters = { clusterName, associationId, roleArn, ...session };
      return ["UpdatePodIdentityAssociation", parameters];
    }
    case "TagAssociation":
      return ["TagResource", { resourceArn: action.arn, tags: action.tags }];
    case "UntagAssociation":
      return ["UntagResource", { resourceArn: action.arn, tagKeys: action.keys }];
    case "DeleteAssociation":
      return ["DeletePodIdentityAssociation", { clusterName, associationId: action.id }];
  }
}

/** Empty parameters are left out: IAM refuses an empty description or list. */
function creation(role: DesiredRole): Readonly<Record<string, unknown>> {
  const { description, permissionsBoundaryArn } = role;
  const Tags = tagList(role.tags);
  return {
    RoleName: role.name,
    Path: role.path,
    AssumeRolePolicyDocument: role.trustPolicy,
    MaxSessionDuration: role.maxSessionSeconds,
    ...(description === "" ? {} : { Description: description }),
    ...(permissionsBoundaryArn === undefined
      ? {}
      : { PermissionsBoundary: permissionsBoundaryArn }),
    ...(Tags.length === 0 ? {} : { Tags }),
  };
}

function association({
  key,
  roleArn,
  tags,
  session,
}: Extract<AssociationAction, { type: "CreateAssociation" }>): Readonly<Record<string, unknown>> {
  const { targetRoleArn, disableSessionTags, policy } = session;
  return {
    ...key,
    roleArn,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(targetRoleArn === undefined ? {} : { targetRoleArn }),
    ...(disableSessionTags ? { disableSessionTags } : {}),
    ...(policy === undefined ? {} : { policy }),
  };
}

function tagList(tags: Tags): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
