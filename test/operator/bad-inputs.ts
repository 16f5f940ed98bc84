/** Inputs that must be refused, by name: each ends with a reason on the object and without one write to AWS. */
import type { Aws } from "../sandbox/aws/start.ts";
import { BOUNDARY, guardrail, OPEN_ROLES, openGuardrail } from "./fixture.ts";

export interface BadInput {
  /** A clause; read after "because it". */
  readonly what: string;
  readonly spec: object;
  readonly reason: string;
  /** Part of what the user must read. */
  readonly says: string;
  /** Whose guardrails hold: a namespace where all is allowed, one with little, one with none. @default "open" */
  readonly where?: "open" | "narrow" | "none" | "kube-system";
  /** What is in AWS before. */
  readonly roles?: readonly Parameters<Aws["putRole"]>[0][];
}

const ACCOUNT = "111122223333";
const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
const inline = (document: unknown) => ({ role: { inlinePolicies: [{ name: "p", document }] } });
const policy = (changed: object, version: unknown = "2012-10-17") =>
  inline({ Version: version, Statement: [{ ...statement, ...changed }] });
const attached = (...managedPolicies: readonly string[]) => ({ role: { managedPolicies } });
const within = (changed: object) => policy({ Resource: "arn:aws:s3:::a-x/*", ...changed });
const session = (sessionPolicy: unknown) => ({
  roleArn: `arn:aws:iam::${ACCOUNT}:role/shared/reader`,
  sessionTags: "Disabled",
  sessionPolicy,
});

const DEEP = "@deep@";

/** As JSON; what is nested too deep for JSON.stringify is put in afterwards. */
export function jsonOf(manifest: object): string {
  const depth = 9_000;
  const deep = `${'{"a":'.repeat(depth)}"x"${"}".repeat(depth)}`;
  return JSON.stringify(manifest).replace(`"${DEEP}"`, deep);
}

/** The only guardrails of the namespaces `open`, `narrow`; a mandatory one holds in both. */
export const guardrails = (open: object, narrow: string, namespaces: readonly string[]) => [
  open,
  guardrail("narrow", {
    namespaceSelector: { matchNames: [narrow] },
    serviceAccounts: ["app-*", "refused-*"],
    existingRoles: { allowedArns: [`arn:aws:iam::${ACCOUNT}:role/shared/*`] },
    managedRoles: {
      permissionsBoundaryArn: BOUNDARY,
      allowedManagedPolicyArns: [
        `arn:aws:iam::${ACCOUNT}:policy/team-a/*`,
        "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
      ],
      inlinePolicies: {
        allowedActions: ["s3:*", "iam:*"],
        forbiddenActions: ["iam:*ssRole"],
        allowedResources: ["arn:aws:s3:::a-*/*"],
        maxStatements: 2,
      },
      tags: { allowedKeys: ["cost-*"], required: { team: "payments" } },
      maxSessionDurationSeconds: 7200,
      widestTrustScope: "Namespace",
    },
  }),
  openGuardrail("everywhere", narrow, {
    namespaceSelector: { matchNames: namespaces },
    managedRoles: {
      ...OPEN_ROLES,
      inlinePolicies: { ...OPEN_ROLES.inlinePolicies, forbiddenActions: ["organizations:*"] },
    },
    mandatory: true,
  }),
];

const ofRoles: readonly BadInput[] = [
  {
    what: "names a role of another account",
    spec: { roleArn: "arn:aws:iam::999988887777:role/x" },
    reason: "RoleAccountMismatch",
    says: "targetRoleArn",
  },
  {
    what: "names a role of another partition",
    spec: { roleArn: `arn:aws-cn:iam::${ACCOUNT}:role/x` },
    reason: "RolePartitionMismatch",
    says: "${AWS::Partition}",
  },
  {
    what: "names a target role of another partition",
    spec: {
      roleArn: `arn:aws:iam::${ACCOUNT}:role/x`,
      targetRoleArn: "arn:aws-us-gov:iam::999988887777:role/x",
    },
    reason: "RolePartitionMismatch",
    says: "target role",
  },
  {
    what: "names a role that does not exist",
    spec: { roleArn: `arn:aws:iam::${ACCOUNT}:role/none` },
    reason: "RoleNotFound",
    says: "create it",
  },
  {
    what: "names a role below a path that the role of that name is not below",
    spec: { roleArn: `arn:aws:iam::${ACCOUNT}:role/shared/powerful` },
    roles: [{ name: "powerful", path: "/" }],
    reason: "RoleNotFound",
    says: "role/shared/powerful",
    where: "narrow",
  },
  {
    what: "names a role that trusts EC2",
    spec: { roleArn: `arn:aws:iam::${ACCOUNT}:role/ec2` },
    roles: [{ name: "ec2", trustPolicy: '{"Version":"2012-10-17","Statement":[]}' }],
    reason: "TrustPolicyInvalid",
    says: '"Service":"pods.eks.amazonaws.com"',
  },
];

const ofPolicies: readonly BadInput[] = [
  {
    what: "wants a managed policy that AWS does not have",
    spec: attached("AmazonS3ReadOnly"),
    reason: "ManagedPolicyNotFound",
    says: "AmazonS3ReadOnlyAccess",
  },
  {
    what: "wants a policy of its account that does not exist",
    spec: attached("arn:aws:iam::${AWS::AccountId}:policy/team/none"),
    reason: "ManagedPolicyNotFound",
    says: "policy/team/none",
  },
  {
    what: "wants a policy of another account",
    spec: attached("arn:aws:iam::999988887777:policy/x"),
    reason: "ManagedPolicyNotFound",
    says: "${AWS::AccountId}",
  },
  {
    what: "has a policy with a version that IAM does not know",
    spec: policy({}, "2012-01-01"),
    reason: "PolicyInvalid",
    says: "2012-10-17",
  },
  {
    what: "has an account id that YAML took for a number",
    spec: policy({ Condition: { StringEquals: { "aws:ResourceAccount": 1402433619 } } }),
    reason: "PolicyInvalid",
    says: "quotes",
  },
  {
    what: "has a number deep in a session policy",
    spec: session({ Version: "2012-10-17", Statement: [{ ...statement, Sid: 1 }] }),
    reason: "PolicyInvalid",
    says: "quotes",
  },
  {
    what: "allows with NotAction",
    spec: inline({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", NotAction: "s3:*", Resource: "*" }],
    }),
    reason: "PolicyInvalid",
    says: "NotAction",
  },
  {
    what: "allows with NotResource",
    spec: inline({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:*", NotResource: "*" }],
    }),
    reason: "PolicyInvalid",
    says: "NotResource",
  },
  {
    what: "has a Principal in its policy",
    spec: policy({ Principal: "*" }),
    reason: "PolicyInvalid",
    says: "Principal",
  },
  {
    what: "has inline policies over 10,240 characters together",
    spec: inline({
      Version: "2012-10-17",
      Statement: Array.from({ length: 150 }, () => statement),
    }),
    reason: "PolicyTooLarge",
    says: "10240",
  },
  {
    what: "has a session policy over 2,048 characters",
    spec: session({
      Version: "2012-10-17",
      Statement: Array.from({ length: 30 }, () => statement),
    }),
    reason: "PolicyTooLarge",
    says: "2048",
  },
  {
    what: "has a document nested 9,000 deep",
    spec: policy({ Condition: DEEP }),
    reason: "PolicyInvalid",
    says: "deep",
  },
  {
    what: "has a document of 1.4 MB",
    spec: policy({
      Resource: Array.from({ length: 34_000 }, (_, i) => `arn:aws:s3:::bucket-${i}-with-a-name/*`),
    }),
    reason: "PolicyInvalid",
    says: "elements",
  },
  {
    what: "has a placeholder that nobody knows",
    spec: policy({ Resource: "arn:aws:s3:::${AWS::StackName}/*" }),
    reason: "PlaceholderUnknown",
    says: "${AWS::AccountId}",
  },
];

const narrow = (rows: readonly Omit<BadInput, "where">[]): readonly BadInput[] =>
  rows.map((row) => ({ ...row, where: "narrow" }));

const ofGuardrails: readonly BadInput[] = [
  {
    what: "stands in a namespace that no guardrail selects",
    spec: { role: {} },
    reason: "NoGuardrail",
    says: "namespaceSelector",
    where: "none",
  },
  {
    what: "stands in kube-system, which no guardrail names",
    spec: { role: {} },
    reason: "NoGuardrail",
    says: "kube-system",
    where: "kube-system",
  },
  {
    what: "asks for what a mandatory guardrail forbids, though a wide one allows it",
    spec: policy({ Action: "organizations:ListAccounts", Resource: "*" }),
    reason: "ActionForbidden",
    says: "mandatory PodIdentityGuardrail everywhere",
  },
  ...narrow([
    {
      what: "names a role outside the guardrail's globs",
      spec: { roleArn: `arn:aws:iam::${ACCOUNT}:role/OrganizationAccountAccessRole` },
      roles: [{ name: "OrganizationAccountAccessRole" }],
      reason: "RoleNotAllowed",
      says: "existingRoles.allowedArns",
    },
    {
      what: "names a role one path deeper than the glob",
      spec: { roleArn: `arn:aws:iam::${ACCOUNT}:role/shared/x/y` },
      reason: "RoleNotAllowed",
      says: "role/shared/x/y",
    },
    {
      what: "names its role where only generated names are allowed",
      spec: { role: { name: "mine" } },
      reason: "RoleNameNotAllowed",
      says: "managedRoles.roleNames",
    },
    {
      what: "sets a role tag that none allows",
      spec: { role: { tags: { department: "x" } } },
      reason: "TagNotAllowed",
      says: "department",
    },
    {
      what: "sets a tag of role and association that none allows",
      spec: { role: {}, tags: { "aws-admin": "true" } },
      reason: "TagNotAllowed",
      says: "aws-admin",
    },
    {
      what: "sets another value of a required tag",
      spec: { role: {}, tags: { team: "platform" } },
      reason: "TagNotAllowed",
      says: "team=payments",
    },
    {
      what: "sets a required tag in another case",
      spec: { role: {}, tags: { Team: "payments" } },
      reason: "TagNotAllowed",
      says: "team=payments",
    },
    {
      what: "wants AdministratorAccess",
      spec: attached("AdministratorAccess"),
      reason: "ManagedPolicyNotAllowed",
      says: "arn:aws:iam::aws:policy/AdministratorAccess",
    },
    {
      what: "wants a managed policy one path deeper than the glob",
      spec: attached(`arn:aws:iam::${ACCOUNT}:policy/team-a/x/y`),
      reason: "ManagedPolicyNotAllowed",
      says: "policy/team-a/x/y",
    },
    {
      what: "wants another boundary",
      spec: { role: { permissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/wide` } },
      reason: "BoundaryNotAllowed",
      says: "policy/podidentity-boundary/us-west-2-demo",
    },
    {
      what: "allows all buckets",
      spec: policy({ Resource: "arn:aws:s3:::*" }),
      reason: "ResourceNotAllowed",
      says: "arn:aws:s3:::*",
    },
    {
      what: "lets a variable widen a resource",
      spec: policy({ Resource: "arn:aws:s3:::${aws:username}/x" }),
      reason: "ResourceNotAllowed",
      says: "${aws:username}",
    },
    {
      what: "allows every action",
      spec: within({ Action: "*" }),
      reason: "ActionForbidden",
      says: "iam:*ssRole",
    },
    {
      what: "spells a forbidden action in another case",
      spec: within({ Action: "IaM:PassRole" }),
      reason: "ActionForbidden",
      says: "IaM:PassRole",
    },
    {
      what: "hides a forbidden action in a wildcard",
      spec: within({ Action: ["s3:GetObject", "iam:P*Role"] }),
      reason: "ActionForbidden",
      says: "iam:P*Role",
    },
    {
      what: "allows an action that is not on the list",
      spec: within({ Action: "sqs:SendMessage" }),
      reason: "ActionNotAllowed",
      says: "sqs:SendMessage",
    },
    {
      what: "has too many statements",
      spec: inline({
        Version: "2012-10-17",
        Statement: Array.from({ length: 3 }, () => ({
          ...statement,
          Resource: "arn:aws:s3:::a-x/y",
        })),
      }),
      reason: "TooManyStatements",
      says: "maxStatements",
    },
    {
      what: "wants too long a session",
      spec: { role: { maxSessionDurationSeconds: 7201 } },
      reason: "SessionDurationNotAllowed",
      says: "7200",
    },
    {
      what: "wants to be trusted too widely",
      spec: { role: { trustScope: "Cluster" } },
      reason: "TrustScopeNotAllowed",
      says: "widestTrustScope",
    },
    {
      what: "names a target role that none allows",
      spec: {
        roleArn: `arn:aws:iam::${ACCOUNT}:role/shared/reader`,
        targetRoleArn: "arn:aws:iam::999988887777:role/x",
      },
      reason: "TargetRoleNotAllowed",
      says: "999988887777",
    },
    {
      what: "names a ServiceAccount that none allows",
      spec: { serviceAccountName: "default", role: {} },
      reason: "ServiceAccountNotAllowed",
      says: "ServiceAccount default",
    },
    {
      what: "disables session tags where they are required",
      spec: { roleArn: `arn:aws:iam::${ACCOUNT}:role/shared/reader`, sessionTags: "Disabled" },
      reason: "SessionTagsRequired",
      says: "sessionTags: Disabled",
    },
  ]),
];

export const badInputs: readonly BadInput[] = [...ofRoles, ...ofPolicies, ...ofGuardrails];
