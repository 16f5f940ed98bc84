/** Objects that the API server must refuse, each with what the user must read. */
import {
  ACCOUNT,
  addon,
  existing,
  identity,
  inline,
  keys,
  own,
  type Refused,
  tagged,
} from "./objects.ts";

const roleArn = "write the ARN of an IAM role";
const policyArn = "write the ARN of a managed policy";
const policy = "write the bare name of an AWS managed policy without its path";
const account = "write the name of a ServiceAccount of this namespace";
const reserved = "tag keys that begin with aws: or podidentity.io/ are reserved";
const session = "with every session and a tag of that name would pose as one";
const onlyCase = "two tag keys differ only in case";
const oneOf = "set exactly one of roleArn";
const tagKey = "a tag key has 1 to 128";

export const refused: readonly Refused[] = [
  {
    what: "both roleArn and role",
    spec: { ...existing(`arn:aws:iam::${ACCOUNT}:role/r`), role: {} },
    says: oneOf,
  },
  { what: "neither roleArn nor role", spec: { serviceAccountName: "app" }, says: oneOf },
  {
    what: "a name of 64 characters",
    spec: own({}),
    name: "n".repeat(64),
    says: "more than 63 characters",
  },
  {
    what: "no ServiceAccount",
    spec: { role: {} },
    says: "spec.serviceAccountName: Required value",
  },
  ...["App", "a_b", "-a", "a-", "a..b", ""].map((name) => ({
    what: `the ServiceAccount name "${name}"`,
    spec: { serviceAccountName: name, role: {} },
    says: account,
  })),
  {
    what: "a ServiceAccount name of 254 characters",
    spec: { serviceAccountName: "a".repeat(254), role: {} },
    says: "spec.serviceAccountName: Too long",
  },
  ...[
    "reader",
    "",
    `arn:aws:iam::${ACCOUNT}:user/alice`,
    `arn:aws:sts::${ACCOUNT}:assumed-role/reader/session`,
    `arn:aws:iam::${ACCOUNT}:role/`,
    "arn:aws:iam::1111:role/reader",
    "arn:aws:iam::${AWS::Account}:role/reader",
    `arn:aws:iam:us-west-2:${ACCOUNT}:role/reader`,
    `arn:aws:iam::${ACCOUNT}:role/rea der`,
    `arn:aws:iam::${ACCOUNT}:role/${"r".repeat(65)}`,
    ` arn:aws:iam::${ACCOUNT}:role/reader`,
    `arn:aws:iam::${ACCOUNT}:role/reader\n`,
  ].map((arn) => ({
    what: `the role ARN ${JSON.stringify(arn)}`,
    spec: existing(arn),
    says: roleArn,
  })),
  {
    what: "a role name of 65 characters",
    spec: own({ name: "r".repeat(65) }),
    says: "spec.role.name: Too long",
  },
  ...["a/b", "a b", "rôle", "a\n"].map((name) => ({
    what: `the role name ${JSON.stringify(name)}`,
    spec: own({ name }),
    says: "a role name has 1 to 64",
  })),
  { what: "an empty role name", spec: own({ name: "" }), says: "spec.role.name" },
  {
    what: "a description with an em dash",
    spec: own({ description: "reads — a lot" }),
    says: "only Latin-1",
  },
  {
    what: "a description of 1,001 characters",
    spec: own({ description: "d".repeat(1001) }),
    says: "spec.role.description: Too long",
  },
  {
    what: "a session of 3,599 seconds",
    spec: own({ maxSessionDurationSeconds: 3599 }),
    says: "greater than or equal to 3600",
  },
  {
    what: "a session of 43,201 seconds",
    spec: own({ maxSessionDurationSeconds: 43_201 }),
    says: "less than or equal to 43200",
  },
  ...["boundary", `arn:aws:iam::${ACCOUNT}:role/r`].map((arn) => ({
    what: `the boundary ${arn}`,
    spec: own({ permissionsBoundaryArn: arn }),
    says: policyArn,
  })),
  ...[
    "",
    "service-role/AmazonEBSCSIDriverPolicy",
    `arn:aws:iam::${ACCOUNT}:role/r`,
    "p".repeat(129),
  ].map((name) => ({
    what: `the managed policy "${name.slice(0, 40)}"`,
    spec: own({ managedPolicies: [name] }),
    says: policy,
  })),
  {
    what: "a managed policy twice",
    spec: own({ managedPolicies: ["A", "A"] }),
    says: "Duplicate value",
  },
  {
    what: "26 managed policies",
    spec: own({ managedPolicies: Object.keys(keys(26, "P")) }),
    says: "must have at most 25 items",
  },
  {
    what: "an inline policy name with a space",
    spec: inline("read bucket"),
    says: "the name of an inline policy has",
  },
  {
    what: "an inline policy name of 129 characters",
    spec: inline("p".repeat(129)),
    says: "Too long",
  },
  { what: "two inline policies of one name", spec: inline("p", "p"), says: "Duplicate value" },
  {
    what: "26 inline policies",
    spec: inline(...Object.keys(keys(26, "p"))),
    says: "must have at most 25 items",
  },
  {
    what: "an inline policy without a document",
    spec: own({ inlinePolicies: [{ name: "p" }] }),
    says: "document: Required value",
  },
  {
    what: "a document that is a string",
    spec: own({ inlinePolicies: [{ name: "p", document: "{}" }] }),
    says: "document: Invalid value",
  },
  { what: "an unknown trust scope", spec: own({ trustScope: "World" }), says: "Unsupported value" },
  {
    what: "an unknown deletionPolicy",
    spec: { ...own({}), deletionPolicy: "Orphan" },
    says: "Unsupported value",
  },
  {
    what: "a suspend that is no boolean",
    spec: { ...own({}), suspend: "yes" },
    says: "must be of type boolean",
  },
  ...["aws:x", "AWS:x", "podidentity.io/owner", "PodIdentity.IO/x"].flatMap((key) => [
    { what: `the tag ${key}`, spec: tagged({ [key]: "x" }), says: reserved },
    { what: `the role tag ${key}`, spec: own({ tags: { [key]: "x" } }), says: reserved },
  ]),
  ...[
    ...["eks-cluster-arn", "EKS-Cluster-Name", "kubernetes-namespace", "Kubernetes-Namespace"],
    ...[
      "kubernetes-service-account",
      "kubernetes-pod-name",
      "KUBERNETES-POD-UID",
      "\u212aubernetes-namespace",
    ],
  ].flatMap((key) => [
    { what: `the session tag ${key}`, spec: tagged({ [key]: "x" }), says: session },
    {
      what: `the session tag ${key} on the role`,
      spec: own({ tags: { [key]: "x" } }),
      says: session,
    },
  ]),
  { what: "two tags that differ in case", spec: tagged({ Team: "a", team: "b" }), says: onlyCase },
  {
    what: "two role tags that differ in case",
    spec: own({ tags: { Team: "a", team: "b" } }),
    says: onlyCase,
  },
  {
    what: "a tag and a role tag that differ in case",
    spec: { ...own({ tags: { Team: "a" } }), tags: { team: "b" } },
    says: "a key of tags and one of role.tags differ only in case",
  },
  { what: "46 tags", spec: tagged(keys(46, "k")), says: "spec.tags: Too many" },
  {
    what: "46 tags in the union of both maps",
    spec: { ...own({ tags: keys(23, "a") }), tags: keys(23, "b") },
    says: "tags and role.tags have more than 45 keys together",
  },
  { what: "a tag key of 129 characters", spec: tagged({ ["k".repeat(129)]: "x" }), says: tagKey },
  { what: "an empty tag key", spec: tagged({ "": "x" }), says: tagKey },
  { what: "a tag key with a star", spec: own({ tags: { "team*": "x" } }), says: tagKey },
  {
    what: "a tag value of 257 characters",
    spec: tagged({ team: "v".repeat(257) }),
    says: "spec.tags.team: Too long",
  },
  { what: "a tag value with a star", spec: tagged({ team: "*" }), says: "a tag value has only" },
  ...["reader", `arn:aws:iam::${ACCOUNT}:user/alice`].map((targetRoleArn) => ({
    what: `the target role ${targetRoleArn}`,
    spec: { ...own({}), targetRoleArn },
    says: "write the ARN of the IAM role to assume",
  })),
  {
    what: "a session policy with session tags",
    spec: { ...existing(`arn:aws:iam::${ACCOUNT}:role/r`), sessionPolicy: {} },
    says: "add the line sessionTags: Disabled, and with role also trustScope: Cluster",
  },
  ...[undefined, "ServiceAccount", "Namespace"].map((trustScope) => ({
    what: `a role with trust scope ${trustScope} and no session tags`,
    spec: { ...own(trustScope === undefined ? {} : { trustScope }), sessionTags: "Disabled" },
    says: "add the line trustScope: Cluster (or Account) in role",
  })),
  {
    what: "a session policy that is a string",
    spec: { ...own({ trustScope: "Cluster" }), sessionTags: "Disabled", sessionPolicy: "{}" },
    says: "sessionPolicy: Invalid value",
  },
  ...[
    ["sessionTags", "Off"],
    ["adoptionPolicy", "Always"],
    ["mode", "DryRun"],
  ].map(([field = "", value]) => ({
    what: `the ${field} ${value}`,
    spec: { ...own({}), [field]: value },
    says: `spec.${field}: Unsupported value`,
  })),
  {
    what: "metadata for a ServiceAccount that is not to be made",
    spec: { ...own({}), serviceAccountMetadata: { labels: { a: "b" } } },
    says: "createServiceAccount: true",
  },
  ...[
    { labels: { "a b": "c" } },
    { annotations: { "/x": "" } },
    { labels: { "A.b/": "" } },
    { labels: { ["n".repeat(64)]: "" } },
    { annotations: { "a..b/x": "" } },
  ].map((serviceAccountMetadata) => ({
    what: `the ServiceAccount metadata ${JSON.stringify(serviceAccountMetadata)}`,
    spec: { ...own({}), createServiceAccount: true, serviceAccountMetadata },
    says: "a key is a name of at most 63 characters",
  })),
  {
    what: "our own mark as an annotation of the ServiceAccount",
    spec: {
      ...own({}),
      createServiceAccount: true,
      serviceAccountMetadata: { annotations: { "podidentity.io/created-by": "x" } },
    },
    says: "keys that begin with podidentity.io/ are reserved",
  },
  {
    what: "a label with a space",
    spec: {
      ...own({}),
      createServiceAccount: true,
      serviceAccountMetadata: { labels: { team: "a b" } },
    },
    says: "a label has letters, digits",
  },
  ...[{}, { acknowledgeUnbounded: false }].map((managedRoles) => ({
    what: `a guardrail with the managedRoles ${JSON.stringify(managedRoles)}`,
    kind: "PodIdentityGuardrail",
    spec: { managedRoles },
    says: "set permissionsBoundaryArn, which every role then gets, or acknowledgeUnbounded: true",
  })),
  {
    what: "a guardrail whose boundary is a role",
    kind: "PodIdentityGuardrail",
    spec: { managedRoles: { permissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:role/r` } },
    says: policyArn,
  },
  {
    what: "a guardrail with an empty pattern",
    kind: "PodIdentityGuardrail",
    spec: { serviceAccounts: [""] },
    says: "spec.serviceAccounts[0]",
  },
  ...[
    { recommended: true, role: {} },
    { roleArn: `arn:aws:iam::${ACCOUNT}:role/r`, role: {} },
    {},
  ].map((fields) => ({
    what: `an add-on's identity with ${JSON.stringify(fields)}`,
    kind: "EKSAddon",
    spec: identity(fields),
    says: "set exactly one of recommended: true",
  })),
  {
    what: "an add-on's identity that is not to be the recommended one",
    kind: "EKSAddon",
    spec: identity({ recommended: false }),
    says: "write recommended: true, or leave it out",
  },
  {
    what: "an add-on's identity with the ARN of a user",
    kind: "EKSAddon",
    spec: identity({ roleArn: `arn:aws:iam::${ACCOUNT}:user/u` }),
    says: roleArn,
  },
  {
    what: "an add-on's identity of a ServiceAccount that cannot be",
    kind: "EKSAddon",
    spec: addon({ identities: [{ serviceAccountName: "Aws_Node", role: {} }] }),
    says: "write the name of a ServiceAccount of the add-on",
  },
  {
    what: "an add-on that takes all identities away and asks for some",
    kind: "EKSAddon",
    spec: addon({ identities: [], recommendedIdentities: true }),
    says: "remove one of the two lines",
  },
  {
    what: "two identities of one ServiceAccount in an add-on",
    kind: "EKSAddon",
    spec: addon({ identities: ["a", "a"].map((name) => ({ serviceAccountName: name, role: {} })) }),
    says: "Duplicate value",
  },
  {
    what: "46 tags in the union of an add-on's and an identity's",
    kind: "EKSAddon",
    spec: { ...identity({ role: { tags: keys(23, "a") } }), tags: keys(23, "b") },
    says: "the role.tags of an identity have more than 45 keys together",
  },
  {
    what: "an add-on without a name",
    kind: "EKSAddon",
    spec: {},
    says: "spec.addonName: Required value",
  },
  {
    what: "an add-on's name with a slash",
    kind: "EKSAddon",
    spec: addon({ addonName: "aws/vpc-cni" }),
    says: "write the name of an EKS add-on",
  },
  {
    what: "a version of an add-on that is none",
    kind: "EKSAddon",
    spec: addon({ version: "newest" }),
    says: "write Default, Latest, or a version of the add-on",
  },
  {
    what: "an add-on in a namespace that cannot be",
    kind: "EKSAddon",
    spec: addon({ namespace: "Kube.System" }),
    says: "write the name of a namespace",
  },
  {
    what: "a tag of an add-on that is reserved",
    kind: "EKSAddon",
    spec: addon({ tags: { "podidentity.io/owner": "x" } }),
    says: reserved,
  },
  {
    what: "the name of an add-on's object with 64 characters",
    kind: "EKSAddon",
    spec: addon({}),
    name: "e".repeat(64),
    says: "more than 63 characters",
  },
];
