/** Objects that the API server must take: the far ends of what is allowed. */
import {
  ACCOUNT,
  addon,
  type Example,
  existing,
  identity,
  inline,
  keys,
  own,
  tagged,
} from "./objects.ts";

export const taken: readonly Example[] = [
  { what: "a role without permissions", spec: own({}) },
  { what: "a name of 63 characters", spec: own({}), name: "n".repeat(63) },
  { what: "a ServiceAccount name with dots", spec: { serviceAccountName: "a.b-c.0", role: {} } },
  ...["arn:aws:iam::111122223333:role/reader"].flatMap((arn) => [
    { what: "a role ARN", spec: existing(arn) },
    { what: "a role with a path", spec: existing(arn.replace("reader", "team/x/reader")) },
    { what: "a role of China", spec: existing(arn.replace("aws", "aws-cn")) },
    { what: "a role of GovCloud", spec: existing(arn.replace("aws", "aws-us-gov")) },
  ]),
  {
    what: "placeholders in a role ARN",
    spec: existing("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/p/${EKS::ClusterName}-x"),
  },
  {
    what: "a role name of 64 characters of all kinds",
    spec: own({ name: "aZ0_+=,.@-".padEnd(64, "x") }),
  },
  {
    what: "a description in Latin-1 with a line break",
    spec: own({ description: "Zürich\n\tñ ~" }),
  },
  { what: "the shortest session", spec: own({ maxSessionDurationSeconds: 3600 }) },
  { what: "the longest session", spec: own({ maxSessionDurationSeconds: 43_200 }) },
  ...[
    `arn:aws:iam::${ACCOUNT}:policy/b`,
    "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/x/b",
  ].map((arn) => ({ what: `the boundary ${arn}`, spec: own({ permissionsBoundaryArn: arn }) })),
  {
    what: "managed policies by bare name and by ARN",
    spec: own({
      managedPolicies: [
        "AmazonS3ReadOnlyAccess",
        "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/team/${EKS::ClusterName}",
      ],
    }),
  },
  { what: "an inline policy name of 128 characters", spec: inline("a@b".padEnd(128, "c")) },
  ...["ServiceAccount", "Namespace", "Cluster", "Account"].map((trustScope) => ({
    what: `trust scope ${trustScope}`,
    spec: own({ trustScope }),
  })),
  { what: "45 tags", spec: tagged(keys(45, "k")) },
  {
    what: "45 tags in the union of both maps",
    spec: { ...own({ tags: keys(45, "k") }), tags: keys(45, "k") },
  },
  {
    what: "a tag key of 128 and a value of 256 characters",
    spec: tagged({ ["k".repeat(128)]: "v".repeat(256) }),
  },
  {
    what: "letters of any script and an empty value in tags",
    spec: tagged({ "équipe: 部門/1+@=_.-": "" }),
  },
  {
    what: "tag keys that only look like reserved ones",
    spec: tagged({ "my-aws:x": "", "aws-x": "", "eks-cluster-name-x": "" }),
  },
  {
    what: "deletionPolicy Retain and suspend",
    spec: { ...own({}), deletionPolicy: "Retain", suspend: true },
  },
  {
    what: "a target role of another account, with a session policy",
    spec: {
      ...own({ trustScope: "Account" }),
      targetRoleArn: "arn:${AWS::Partition}:iam::444455556666:role/x/y",
      sessionTags: "Disabled",
      sessionPolicy: { Version: "2012-10-17", Statement: [] },
    },
  },
  {
    what: "a ServiceAccount to be made, with labels and annotations",
    spec: {
      ...own({}),
      createServiceAccount: true,
      serviceAccountMetadata: { labels: { "a.b/c": "" }, annotations: { "x/Y_z.0": "any {text}" } },
    },
  },
  {
    what: "adoption and mode Plan",
    spec: { ...own({}), adoptionPolicy: "AssociationAndRole", mode: "Plan" },
  },
  { what: "a guardrail that allows nothing", kind: "PodIdentityGuardrail", spec: {} },
  {
    what: "a guardrail with every field",
    kind: "PodIdentityGuardrail",
    spec: {
      namespaceSelector: { matchNames: ["payments"], matchLabels: { team: "payments" } },
      serviceAccounts: ["*"],
      existingRoles: { allowedArns: ["arn:aws:iam::111122223333:role/shared/*"] },
      managedRoles: {
        permissionsBoundaryArn: "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/b",
        roleNames: ["payments-*"],
        tags: { allowedKeys: ["cost-*"], required: { team: "payments" } },
        allowedManagedPolicyArns: ["arn:aws:iam::aws:policy/Amazon*"],
        inlinePolicies: {
          allowedActions: ["s3:*"],
          forbiddenActions: ["iam:*"],
          allowedResources: ["*"],
          maxStatements: 20,
        },
        maxRolesPerNamespace: 25,
        maxSessionDurationSeconds: 43_200,
        widestTrustScope: "ServiceAccount",
      },
      targetRoles: { allowedArns: [] },
      sessionTags: "Required",
      annotations: [],
      mandatory: true,
      adoption: "Forbidden",
      onViolation: "Revoke",
    },
  },
  { what: "the shortest add-on", kind: "EKSAddon", spec: addon({}) },
  {
    what: "an add-on with everything set",
    kind: "EKSAddon",
    spec: addon({
      version: "v1.19.0-eksbuild.1",
      updatePolicy: "Automatic",
      configurationValues: { env: { WARM_IP_TARGET: "1" }, replicas: 2, deep: [[{ a: null }]] },
      resolveConflicts: "Preserve",
      identities: [
        { serviceAccountName: "aws-node", recommended: true },
        { serviceAccountName: "other", roleArn: `arn:aws:iam::${ACCOUNT}:role/r` },
        {
          serviceAccountName: "third.one",
          role: { managedPolicies: ["AmazonEKS_CNI_Policy"], tags: keys(20, "a") },
        },
      ],
      namespace: "networking",
      tags: keys(25, "b"),
      deletionPolicy: "Preserve",
      adoptionPolicy: "Addon",
      mode: "Plan",
      suspend: true,
    }),
  },
  { what: "an add-on without any identities", kind: "EKSAddon", spec: addon({ identities: [] }) },
  ...["Default", "Latest", "v1.11.4-eksbuild.28", "1.0.0"].map((version) => ({
    what: `version ${version} of an add-on`,
    kind: "EKSAddon",
    spec: addon({ version }),
  })),
  {
    what: "an identity that overrides the recommended one",
    kind: "EKSAddon",
    spec: { ...identity({ role: {} }), recommendedIdentities: true },
  },
];
