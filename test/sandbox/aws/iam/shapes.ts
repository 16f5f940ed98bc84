/** IAM entities as IAM's XML shows them. Policy documents are URL-encoded (RFC 3986). */
import { list } from "../wire/query.ts";
import {
  boundedBy,
  type InstanceProfile,
  type ManagedPolicy,
  nameKey,
  type PolicyVersion,
  type Role,
  type Texts,
  type World,
  withPolicy,
} from "../world.ts";

/** encodeURIComponent leaves `!'()*` as they are, RFC 3986 does not. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export const tagList = (tags: Texts): object =>
  list(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })));

/** As in ListRoles: no tags, no boundary, no last use. */
export function listedRole(role: Role): object {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    Description: role.description === "" ? undefined : role.description,
    MaxSessionDuration: role.maxSessionSeconds,
  };
}

/** As in GetRole and CreateRole. */
export function fullRole(role: Role): object {
  return {
    ...listedRole(role),
    PermissionsBoundary: boundary(role),
    Tags: Object.keys(role.tags).length === 0 ? undefined : tagList(role.tags),
    RoleLastUsed: {},
  };
}

function boundary({ permissionsBoundaryArn: arn }: Role): object | undefined {
  if (arn === undefined) return undefined;
  return { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: arn };
}

export const attachedPolicies = (arns: readonly string[]): object =>
  list(arns.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf("/") + 1), PolicyArn: arn })));

/** As in GetAccountAuthorizationDetails: documents, tags and boundary, but neither description nor duration. */
export function roleDetail(role: Role, profiles: readonly InstanceProfile[]): object {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    InstanceProfileList: list(profiles.map((profile) => profileShape(profile, role))),
    RolePolicyList: list(
      Object.entries(role.inlinePolicies).map(([PolicyName, document]) => ({
        PolicyName,
        PolicyDocument: encodeDocument(document),
      })),
    ),
    AttachedManagedPolicies: attachedPolicies(role.managedPolicyArns),
    PermissionsBoundary: boundary(role),
    Tags: tagList(role.tags),
    RoleLastUsed: {},
  };
}

export function profileShape(profile: InstanceProfile, role: Role | undefined): object {
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.profileId,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdAt),
    Roles: list(role ? [listedRole(role)] : []),
  };
}

/** The role inside a profile, if any. */
export const roleOf = ({ roles }: World, { roleName }: InstanceProfile): Role | undefined =>
  roleName === undefined ? undefined : roles.get(nameKey(roleName));

/** As in ListPolicies: no tags, no description. */
export function listedPolicy(world: World, policy: ManagedPolicy): object {
  const count = (group: string) => world.roles.page({ group, limit: Infinity }).items.length;
  return {
    PolicyName: policy.name,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: count(withPolicy(policy.arn)),
    PermissionsBoundaryUsageCount: count(boundedBy(policy.arn)),
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
  };
}

/** As in GetPolicy and CreatePolicy. */
export function fullPolicy(world: World, policy: ManagedPolicy): object {
  return {
    ...listedPolicy(world, policy),
    Description: policy.description === "" ? undefined : policy.description,
    Tags: tagList(policy.tags),
  };
}

export function versionShape(
  policy: ManagedPolicy,
  version: PolicyVersion,
  withDocument: boolean,
): object {
  return {
    Document: withDocument ? encodeDocument(version.document) : undefined,
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersionId,
    CreateDate: new Date(version.createdAt),
  };
}
