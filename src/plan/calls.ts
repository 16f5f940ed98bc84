/** A step as the AWS call that carries it out: mode Plan shows it, src/aws sends it, and so both are the same. */
import type { Action, AddonAction, AnyAction, AssociationAction, RoleAction } from "./actions.ts";
import type { DesiredRole, Tags } from "./resources.ts";

export interface Call {
  readonly service: "iam" | "eks";
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export function callOf(action: AnyAction, clusterName: string): Call {
  if (isOnAddon(action)) return addonCall(action, clusterName);
  return isOnAssociation(action) ? associationCall(action, clusterName) : roleCall(action);
}

export function isOnAssociation<A extends Action>(
  action: A,
): action is Extract<A, AssociationAction> {
  return action.type.endsWith("Association");
}

export function isOnAddon<A extends AnyAction>(action: A): action is Extract<A, AddonAction> {
  return action.type.endsWith("Addon");
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

export function addonCall(action: AddonAction, clusterName: string): Call {
  const [operation, parameters] = addonOperation(action, clusterName);
  return { service: "eks", operation, parameters };
}

function addonOperation(action: AddonAction, clusterName: string): Operation {
  switch (action.type) {
    case "CreateAddon": {
      const { name: addonName, version: addonVersion, tags, namespace, ...wanted } = action;
      const parameters = {
        clusterName,
        addonName,
        addonVersion,
        ...(namespace === undefined ? {} : { namespaceConfig: { namespace } }),
        ...settings(wanted),
      };
      return ["CreateAddon", { ...parameters, tags }];
    }
    case "UpdateAddon": {
      const { name: addonName, version, ...wanted } = action;
      const addonVersion = version === undefined ? {} : { addonVersion: version };
      return ["UpdateAddon", { clusterName, addonName, ...addonVersion, ...settings(wanted) }];
    }
    case "TagAddon":
      return ["TagResource", { resourceArn: action.arn, tags: action.tags }];
    case "UntagAddon":
      return ["UntagResource", { resourceArn: action.arn, tagKeys: action.keys }];
    case "DeleteAddon":
      return ["DeleteAddon", { clusterName, addonName: action.name, preserve: action.preserve }];
  }
}

/** An empty list would take all identities away, a missing one leaves them. */
function settings({
  type,
  resolveConflicts,
  configuration,
  identities,
}: Pick<
  Extract<AddonAction, { type: "CreateAddon" | "UpdateAddon" }>,
  "type" | "resolveConflicts" | "configuration" | "identities"
>): Readonly<Record<string, unknown>> {
  const isNone = identities === undefined || (type === "CreateAddon" && identities.length === 0);
  return {
    resolveConflicts,
    ...(configuration === undefined ? {} : { configurationValues: configuration }),
    ...(isNone ? {} : { podIdentityAssociations: identities }),
  };
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
