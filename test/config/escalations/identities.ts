/** Calls to IAM that would give the operator, or whoever has its credentials, more than it needs: roles, itself, others. */

import { TRUST } from "../../sandbox/aws/testing.ts";
import {
  BOUNDARY,
  iam,
  OTHER_CLUSTER,
  OUT_OF_REACH,
  OWN_TAGS,
  type Row,
  tagList,
} from "../world.ts";
import { ADMIN_POLICY, ANYTHING as PolicyDocument } from "./policies.ts";

const NEW_ROLE = {
  RoleName: "new",
  Path: "/podidentity/",
  AssumeRolePolicyDocument: TRUST,
  PermissionsBoundary: BOUNDARY,
  Tags: tagList(OWN_TAGS),
};
const { PermissionsBoundary: _none, ...UNBOUNDED } = NEW_ROLE;
export const ON_ROLES: readonly Row[] = [
  ["make a role without a boundary", "iam", "CreateRole", UNBOUNDED],
  [
    "make a role with a boundary that bounds nothing",
    "iam",
    "CreateRole",
    { ...NEW_ROLE, PermissionsBoundary: ADMIN_POLICY },
  ],
  ["make a role outside its path", "iam", "CreateRole", { ...NEW_ROLE, Path: "/" }],
  [
    "make a role beside itself",
    "iam",
    "CreateRole",
    { ...NEW_ROLE, Path: "/podidentity-operator/" },
  ],
  ["make a role without an owner", "iam", "CreateRole", { ...NEW_ROLE, Tags: [] }],
  [
    "make a role in another cluster's name",
    "iam",
    "CreateRole",
    { ...NEW_ROLE, Tags: tagList({ ...OWN_TAGS, "podidentity.io/owner": OTHER_CLUSTER }) },
  ],
  [
    "make a role in another installation's name",
    "iam",
    "CreateRole",
    { ...NEW_ROLE, Tags: tagList({ ...OWN_TAGS, "podidentity.io/installation": "other" }) },
  ],
  ...OUT_OF_REACH.flatMap(([whose, RoleName]): Row[] => [
    [
      `add permissions to ${whose}`,
      "iam",
      "PutRolePolicy",
      { RoleName, PolicyName: "p", PolicyDocument },
    ],
    [
      `attach AdministratorAccess to ${whose}`,
      "iam",
      "AttachRolePolicy",
      { RoleName, PolicyArn: ADMIN_POLICY },
    ],
    [
      `change who may assume ${whose}`,
      "iam",
      "UpdateAssumeRolePolicy",
      { RoleName, PolicyDocument: TRUST },
    ],
    [`take the boundary from ${whose}`, "iam", "DeleteRolePermissionsBoundary", { RoleName }],
  ]),
  [
    "take the boundary from a role of its own",
    "iam",
    "DeleteRolePermissionsBoundary",
    { RoleName: "own" },
  ],
  [
    "give its role a boundary that bounds nothing",
    "iam",
    "PutRolePermissionsBoundary",
    { RoleName: "own", PermissionsBoundary: ADMIN_POLICY },
  ],
  ["delete another cluster's role", "iam", "DeleteRole", { RoleName: "foreign" }],
  ["delete a role of nobody", "iam", "DeleteRole", { RoleName: "untagged" }],
  ["delete the administrators' role", "iam", "DeleteRole", { RoleName: "admin" }],
  [
    "detach policies from another cluster's role",
    "iam",
    "DetachRolePolicy",
    { RoleName: "foreign", PolicyArn: ADMIN_POLICY },
  ],
  [
    "take another cluster's role over",
    "iam",
    "TagRole",
    { RoleName: "foreign", Tags: tagList(OWN_TAGS) },
  ],
  [
    "take another installation's role over",
    "iam",
    "TagRole",
    { RoleName: "sibling", Tags: tagList(OWN_TAGS) },
  ],
  [
    "take the administrators' role over",
    "iam",
    "TagRole",
    { RoleName: "admin", Tags: tagList(OWN_TAGS) },
  ],
  [
    "free another cluster's role of its owner, to take it over then",
    "iam",
    "UntagRole",
    { RoleName: "foreign", TagKeys: ["podidentity.io/owner"] },
  ],
  [
    "give its role to another cluster",
    "iam",
    "TagRole",
    { RoleName: "own", Tags: tagList({ "podidentity.io/owner": OTHER_CLUSTER }) },
  ],
];

export const ON_ITSELF: readonly Row[] = [
  ["tag itself", "iam", "TagRole", { RoleName: "operator", Tags: tagList(OWN_TAGS) }],
  ["delete itself", "iam", "DeleteRole", { RoleName: "operator" }],
  ["rewrite the boundary", "iam", "CreatePolicyVersion", { PolicyArn: BOUNDARY, PolicyDocument }],
  [
    "choose another version of the boundary",
    "iam",
    "SetDefaultPolicyVersion",
    { PolicyArn: BOUNDARY, VersionId: "v1" },
  ],
  [
    "delete a version of the boundary",
    "iam",
    "DeletePolicyVersion",
    { PolicyArn: BOUNDARY, VersionId: "v1" },
  ],
  ["delete the boundary", "iam", "DeletePolicy", { PolicyArn: BOUNDARY }],
  [
    "make a boundary of its own",
    "iam",
    "CreatePolicy",
    { PolicyName: "mine", Path: "/podidentity-boundary/", PolicyDocument },
  ],
  [
    "rewrite its own policy",
    "iam",
    "CreatePolicyVersion",
    { PolicyArn: iam("policy/podidentity-operator/roles"), PolicyDocument },
  ],
];

export const ON_OTHERS: readonly Row[] = [
  ["make a user", "iam", "CreateUser", { UserName: "mallory" }],
  ["make an access key", "iam", "CreateAccessKey", { UserName: "root" }],
  ["give a user a password", "iam", "CreateLoginProfile", { UserName: "root" }],
  [
    "give a user a policy",
    "iam",
    "AttachUserPolicy",
    { UserName: "mallory", PolicyArn: ADMIN_POLICY },
  ],
  [
    "trust another identity provider",
    "iam",
    "CreateOpenIDConnectProvider",
    { Url: "https://example.com" },
  ],
  [
    "let somebody into the cluster",
    "eks",
    "CreateAccessEntry",
    { clusterName: "demo", principalArn: iam("role/x") },
  ],
  [
    "make somebody the cluster's administrator",
    "eks",
    "AssociateAccessPolicy",
    { clusterName: "demo" },
  ],
  ["change the cluster", "eks", "UpdateClusterConfig", { clusterName: "demo" }],
  ["delete the cluster", "eks", "DeleteCluster", { clusterName: "demo" }],
  [
    "give its role to an instance",
    "iam",
    "AddRoleToInstanceProfile",
    { RoleName: "own", InstanceProfileName: "p" },
  ],
  ["make an instance profile", "iam", "CreateInstanceProfile", { InstanceProfileName: "p" }],
];
