/** Calls that the operator makes: each read, and one of each step that a plan can have. */
import type { Action } from "../../src/plan/actions.ts";
import { callOf } from "../../src/plan/calls.ts";
import type { DesiredRole } from "../../src/plan/resources.ts";
import { TRUST } from "../sandbox/aws/testing.ts";
import { associationArn, BOUNDARY, CLUSTER, iam, OWN_TAGS, type Row, tagList } from "./world.ts";

const READER = iam("role/shared/reader");
const OWN = iam("role/podidentity/own");
const S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

const role: DesiredRole = {
  name: "new",
  path: "/podidentity/",
  arn: iam("role/podidentity/new"),
  trustPolicy: TRUST,
  description: "",
  maxSessionSeconds: 3600,
  permissionsBoundaryArn: BOUNDARY,
  tags: OWN_TAGS,
  managedPolicyArns: [],
  inlinePolicies: {},
};
const session = { disableSessionTags: false, targetRoleArn: undefined, policy: undefined };
const key = { namespace: "team", serviceAccount: "new" };
const own = associationArn("a-own");

const ASSOCIATION_ACTIONS: readonly Action[] = [
  { type: "CreateAssociation", key, roleArn: READER, tags: OWN_TAGS, session },
  { type: "UpdateAssociation", id: "a-own", roleArn: READER, session: {} },
  { type: "TagAssociation", arn: own, tags: { team: "payments" } },
  { type: "UntagAssociation", arn: own, keys: ["team"] },
  // Retained, handed over, taken over.
  { type: "UntagAssociation", arn: own, keys: ["podidentity.io/owner"] },
  { type: "TagAssociation", arn: associationArn("a-untagged"), tags: OWN_TAGS },
  { type: "DeleteAssociation", id: "a-own" },
];
const ROLE_ACTIONS: readonly Action[] = [
  { type: "CreateRole", role },
  { type: "SetTrustPolicy", name: "own", document: TRUST },
  { type: "SetDescriptionAndDuration", name: "own", description: "text", seconds: 3600 },
  { type: "SetPermissionsBoundary", name: "unbounded", arn: BOUNDARY },
  { type: "TagRole", name: "own", tags: { team: "payments" } },
  { type: "UntagRole", name: "own", keys: ["team"] },
  { type: "UntagRole", name: "own", keys: ["podidentity.io/owner"] },
  { type: "TagRole", name: "untagged", tags: OWN_TAGS },
  { type: "AttachPolicy", name: "own", arn: S3 },
  { type: "DetachPolicy", name: "own", arn: S3 },
  { type: "PutInlinePolicy", name: "own", policyName: "p", document: "{}" },
  { type: "DeleteInlinePolicy", name: "own", policyName: "p" },
  { type: "DeleteRole", name: "own" },
  { type: "CreateAssociation", key, roleArn: OWN, tags: OWN_TAGS, session },
];
const UNBOUNDED_ACTIONS: readonly Action[] = [
  { type: "CreateRole", role: { ...role, permissionsBoundaryArn: undefined } },
  { type: "DeletePermissionsBoundary", name: "own" },
  { type: "AttachPolicy", name: "unbounded", arn: S3 },
  { type: "PutInlinePolicy", name: "unbounded", policyName: "p", document: "{}" },
];

const rowOf = (action: Action): Row => {
  const { service, operation, parameters } = callOf(action, "demo");
  const { type, ...given } = action;
  const about = JSON.stringify(given)
    .replace(/arn:aws:[^"]*\//g, "")
    .slice(0, 60);
  return [`${type} ${about}`, service, operation, parameters];
};

export const ASSOCIATION_STEPS: readonly Row[] = ASSOCIATION_ACTIONS.map(rowOf);
export const ROLE_STEPS: readonly Row[] = ROLE_ACTIONS.map(rowOf);
/** Of roles without the boundary. */
export const UNBOUNDED_STEPS: readonly Row[] = UNBOUNDED_ACTIONS.map(rowOf);

const clusterName = "demo";
export const ASSOCIATION_READS: readonly Row[] = [
  ["describe the cluster", "eks", "DescribeCluster", { clusterName }],
  ["list associations", "eks", "ListPodIdentityAssociations", { clusterName }],
  [
    "describe an association of others",
    "eks",
    "DescribePodIdentityAssociation",
    { clusterName, associationId: "a-foreign" },
  ],
  ["see whether a role is there that a spec names", "iam", "GetRole", { RoleName: "reader" }],
  ["ask who it is", "sts", "GetCallerIdentity", {}],
];
export const ROLE_READS: readonly Row[] = [
  ["read a role", "iam", "GetRole", { RoleName: "own" }],
  ["see that a role is not there", "iam", "GetRole", { RoleName: "nowhere" }],
  ["list its managed policies", "iam", "ListAttachedRolePolicies", { RoleName: "own" }],
  ["list its inline policies", "iam", "ListRolePolicies", { RoleName: "own" }],
  ["read an inline policy", "iam", "GetRolePolicy", { RoleName: "own", PolicyName: "p" }],
  [
    "say which instance profile holds it",
    "iam",
    "ListInstanceProfilesForRole",
    { RoleName: "own" },
  ],
  ["find AWS's managed policies", "iam", "ListPolicies", { Scope: "AWS" }],
  ["see whether a policy of AWS is there", "iam", "GetPolicy", { PolicyArn: S3 }],
  [
    "see whether a policy of the account is there",
    "iam",
    "GetPolicy",
    { PolicyArn: iam("policy/team/x") },
  ],
];
export const BULK_READS: readonly Row[] = [
  ["read all roles", "iam", "GetAccountAuthorizationDetails", { Filter: ["Role"] }],
  ["read descriptions", "iam", "ListRoles", { PathPrefix: "/podidentity/" }],
];

const CNI = iam("role/AmazonEKSPodIdentityAmazonVPCCNIRole");
const PENDING = "AmazonEKSPodIdentityPendingRole";
const identities = (roleArn: string) => [{ serviceAccount: "aws-node", roleArn }];
const addon = (addonName: string) => ({ clusterName, addonName });
const arnOfAddon = (name: string) => `${CLUSTER.replace(":cluster/", ":addon/")}/${name}/1`;
const shared = (value: string) => tagList({ "podidentity.io/shared": value });
export const ADDON_CALLS: readonly Row[] = [
  ["list add-ons", "eks", "ListAddons", { clusterName }],
  ["see which versions there are", "eks", "DescribeAddonVersions", {}],
  ["see what an add-on recommends", "eks", "DescribeAddonConfiguration", { addonName: "vpc-cni" }],
  ["describe an add-on of others", "eks", "DescribeAddon", addon("coredns")],
  [
    "see how an update went",
    "eks",
    "DescribeUpdate",
    { ...addon("vpc-cni"), name: clusterName, updateId: "1" },
  ],
  [
    "make an add-on with the shared role",
    "eks",
    "CreateAddon",
    { ...addon("new"), tags: OWN_TAGS, podIdentityAssociations: identities(CNI) },
  ],
  [
    "make an add-on with an existing role",
    "eks",
    "CreateAddon",
    { ...addon("new"), tags: OWN_TAGS, podIdentityAssociations: identities(READER) },
  ],
  [
    "change it to a role of its own",
    "eks",
    "UpdateAddon",
    { ...addon("vpc-cni"), podIdentityAssociations: identities(OWN) },
  ],
  ["delete its add-on", "eks", "DeleteAddon", addon("vpc-cni")],
  [
    "tag its add-on",
    "eks",
    "TagResource",
    { resourceArn: arnOfAddon("vpc-cni"), tags: { team: "a" } },
  ],
  [
    "take an add-on over that nobody owns",
    "eks",
    "TagResource",
    { resourceArn: arnOfAddon("coredns"), tags: OWN_TAGS },
  ],
  [
    "leave an add-on",
    "eks",
    "UntagResource",
    { resourceArn: arnOfAddon("vpc-cni"), tagKeys: ["podidentity.io/owner"] },
  ],
  ["read a shared role", "iam", "GetRole", { RoleName: "AmazonEKSPodIdentityAmazonVPCCNIRole" }],
  [
    "read its policies",
    "iam",
    "ListAttachedRolePolicies",
    { RoleName: "AmazonEKSPodIdentityAmazonVPCCNIRole" },
  ],
  [
    "make a shared role",
    "iam",
    "CreateRole",
    {
      RoleName: "AmazonEKSPodIdentityAmazonEBSCSIDriverRole",
      Path: "/",
      AssumeRolePolicyDocument: TRUST,
      Tags: shared("pending"),
    },
  ],
  [
    "attach what is recommended to it",
    "iam",
    "AttachRolePolicy",
    {
      RoleName: PENDING,
      PolicyArn: "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
    },
  ],
  ["say that it is finished", "iam", "TagRole", { RoleName: PENDING, Tags: shared("true") }],
];
