/** IAM's answers about a role as plain values, documents as hashes. */
import type { Role, RoleDetail, Tag } from "@aws-sdk/client-iam";
import { hashDocument } from "../plan/policy-hash.ts";
import type { DesiredRole, DocumentHash, ObservedRole, Tags } from "../plan/resources.ts";

/** A role with its policies, read one by one. */
export function observedRole(
  role: Role,
  policies: Pick<ObservedRole, "managedPolicyArns" | "inlinePolicies">,
): ObservedRole {
  return {
    ...common(role),
    description: role.Description ?? "",
    maxSessionSeconds: role.MaxSessionDuration,
    ...policies,
  };
}

/** A role of the bulk read, which has the policies, and neither description nor duration. */
export function sweptRole(role: RoleDetail): ObservedRole {
  const inline = (role.RolePolicyList ?? []).map(
    ({ PolicyName, PolicyDocument }) => [PolicyName ?? "", hashOf(PolicyDocument)] as const,
  );
  return {
    ...common(role),
    description: undefined,
    maxSessionSeconds: undefined,
    managedPolicyArns: (role.AttachedManagedPolicies ?? []).map(({ PolicyArn }) => PolicyArn ?? ""),
    inlinePolicies: Object.fromEntries(inline),
  };
}

/** A role that IAM has just made of our request, and that has no policies yet. */
export function createdRole(role: Role | undefined, sent: DesiredRole): ObservedRole {
  return {
    name: sent.name,
    path: sent.path,
    arn: role?.Arn ?? sent.arn,
    trustPolicy: hashDocument(sent.trustPolicy),
    description: sent.description,
    maxSessionSeconds: sent.maxSessionSeconds,
    permissionsBoundaryArn: sent.permissionsBoundaryArn,
    tags: sent.tags,
    managedPolicyArns: [],
    inlinePolicies: {},
    roleId: role?.RoleId ?? "",
  };
}

/** IAM percent-encodes documents (RFC 3986), and the SDK leaves that to us. */
export function hashOf(encoded: string | undefined): DocumentHash {
  return hashDocument(decoded(encoded ?? ""));
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function common(role: Role | RoleDetail) {
  return {
    name: role.RoleName ?? "",
    path: role.Path ?? "",
    arn: role.Arn ?? "",
    trustPolicy: hashOf(role.AssumeRolePolicyDocument),
    permissionsBoundaryArn: role.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: tagsOf(role.Tags),
    roleId: role.RoleId ?? "",
  };
}

function tagsOf(tags: readonly Tag[] = []): Tags {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}
