/**
 * What a caller needs for IAM's calls: actions, resources and condition keys of the Service Authorization Reference,
 * "Actions, resources, and condition keys for AWS Identity and Access Management".
 */
import type { Permission } from "../service.ts";
import { nameKey, type Role, type Texts, type World } from "../world.ts";
import { passing, requestTags, resourceTags, tagKeys, tagsAtCreation } from "./keys.ts";
import type { Asked } from "./requirements.ts";

const BOUNDARY = "iam:PermissionsBoundary";

/** Those that have the role's boundary as a key; tagging and reading do not. */
const MINDS_BOUNDARY = new Set([
  "AttachRolePolicy",
  "DeleteRole",
  "DeleteRolePermissionsBoundary",
  "DeleteRolePolicy",
  "DetachRolePolicy",
  "PutRolePolicy",
  "UpdateAssumeRolePolicy",
  "UpdateRole",
]);

export function iamRequirements(world: World, { operation, parameters }: Asked): Permission[] {
  const action = `iam:${operation}`;
  const { RoleName, UserName, PolicyName, PolicyArn, InstanceProfileName } = parameters;
  if (operation === "CreateRole") return creation(world, parameters);
  if (operation === "AddRoleToInstanceProfile") {
    const { arn } = roleOf(world, String(RoleName));
    const resource = iamArn(world, `instance-profile/${String(InstanceProfileName)}`);
    return [{ action, resource }, passing(arn, "ec2.amazonaws.com")];
  }
  if (RoleName !== undefined) return [onRole(world, { operation, parameters })];
  if (UserName !== undefined) {
    return [{ action, resource: iamArn(world, `user/${String(UserName)}`) }];
  }
  if (operation === "CreatePolicy") {
    const path = String(parameters["Path"] ?? "/");
    return [{ action, resource: iamArn(world, `policy${path}${String(PolicyName)}`) }];
  }
  return [{ action, resource: String(PolicyArn ?? "*") }];
}

function creation(world: World, parameters: Asked["parameters"]): Permission[] {
  const { RoleName, Path, PermissionsBoundary } = parameters;
  const resource = iamArn(world, `role${String(Path ?? "/")}${String(RoleName)}`);
  const tags = tagsOf(parameters);
  const boundary =
    PermissionsBoundary === undefined ? {} : { [BOUNDARY]: String(PermissionsBoundary) };
  return [
    { action: "iam:CreateRole", resource, keys: { ...requestTags(tags), ...boundary } },
    ...tagsAtCreation("iam:TagRole", resource, tags),
  ];
}

function onRole(world: World, { operation, parameters }: Asked): Permission {
  const {
    arn: resource,
    tags,
    permissionsBoundaryArn,
  } = roleOf(world, String(parameters["RoleName"]));
  const { PolicyArn, PermissionsBoundary, TagKeys } = parameters;
  // To put a boundary is to ask for the one that is put.
  const boundary = MINDS_BOUNDARY.has(operation) ? permissionsBoundaryArn : PermissionsBoundary;
  return {
    action: `iam:${operation}`,
    resource,
    keys: {
      ...resourceTags(tags),
      ...requestTags(tagsOf(parameters)),
      ...(TagKeys === undefined ? {} : tagKeys(TagKeys as string[])),
      ...(boundary === undefined ? {} : { [BOUNDARY]: String(boundary) }),
      ...(PolicyArn === undefined ? {} : { "iam:PolicyARN": String(PolicyArn) }),
    },
  };
}

/** NV: of a role that is not there IAM knows the name that was asked for, and no path. */
function roleOf(
  world: World,
  name: string,
): Pick<Role, "arn"> & Partial<Pick<Role, "tags" | "permissionsBoundaryArn">> {
  return world.roles.get(nameKey(name)) ?? { arn: iamArn(world, `role/${name}`) };
}

function tagsOf({ Tags }: Asked["parameters"]): Texts {
  const list = (Array.isArray(Tags) ? Tags : []) as { Key: string; Value: string }[];
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}

const iamArn = ({ account }: World, resource: string) =>
  `arn:${account.partition}:iam::${account.id}:${resource}`;
