/** Random ways of EKSAddons: valid and bad specs, what others do to AWS meanwhile, and what goes wrong. */
import fc from "fast-check";
import type { Aws } from "../sandbox/aws/start.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { roleArn } from "./addon-fixture.ts";

export interface Walker {
  /** Of the EKSAddon. */
  readonly object: string;
  readonly addonName: string;
  readonly namespace: string;
  /** ServiceAccount → the policy that AWS recommends. */
  readonly accounts: Readonly<Record<string, string>>;
  readonly versions: readonly string[];
  readonly configurations: readonly object[];
}

const policy = (name: string) => `arn:aws:iam::aws:policy/${name}`;

export const WALKERS: readonly Walker[] = [
  {
    object: "cni",
    addonName: "vpc-cni",
    namespace: "kube-system",
    accounts: { "aws-node": policy("AmazonEKS_CNI_Policy") },
    versions: ["v1.20.4-eksbuild.1", "v1.21.1-eksbuild.1"],
    configurations: [{ env: { WARM_IP_TARGET: "1" } }, { enableNetworkPolicy: "true" }, {}],
  },
  {
    object: "ebs",
    addonName: "aws-ebs-csi-driver",
    namespace: "kube-system",
    accounts: { "ebs-csi-controller-sa": policy("service-role/AmazonEBSCSIDriverPolicy") },
    versions: ["v1.48.0-eksbuild.1", "v1.38.1-eksbuild.1"],
    configurations: [{ defaultStorageClass: { enabled: true } }, {}],
  },
  {
    object: "efs",
    addonName: "aws-efs-csi-driver",
    namespace: "kube-system",
    accounts: {
      "efs-csi-controller-sa": policy("service-role/AmazonEFSCSIDriverPolicy"),
      "efs-csi-node-sa": policy("service-role/AmazonEFSCSIDriverPolicy"),
    },
    versions: ["v2.1.13-eksbuild.1", "v2.1.0-eksbuild.1"],
    configurations: [{ useFIPS: true }, { controller: { tags: { a: "b" } } }],
  },
  {
    object: "watch",
    addonName: "amazon-cloudwatch-observability",
    namespace: "amazon-cloudwatch",
    accounts: { "cloudwatch-agent": policy("CloudWatchAgentServerPolicy") },
    versions: ["v4.1.0-eksbuild.1", "v3.1.0-eksbuild.1"],
    configurations: [{ containerLogs: { enabled: false } }, {}],
  },
];

/** ServiceAccounts of an add-on that another team gives roles. Add-ons of one namespace cannot share them. */
const theirs = ({ object }: Walker) => `theirs-${object}`;
const theirsLate = ({ object }: Walker) => `late-${object}`;

/** What is there before: add-ons with somebody's identities, and associations beside them. */
export function prepare(aws: Aws): void {
  for (const name of ["named", "named-too", "foreign"]) aws.putRole({ name });
  for (const walker of WALKERS) {
    const { addonName, namespace, accounts, versions } = walker;
    const podIdentity = [
      ...Object.entries(accounts).map(([serviceAccount, recommended]) => ({
        serviceAccount,
        recommendedManagedPolicies: [recommended],
      })),
      ...[theirs(walker), theirsLate(walker)].map((serviceAccount) => ({
        serviceAccount,
        recommendedManagedPolicies: [],
      })),
    ];
    for (const version of versions) aws.putAddonVersion({ addonName, version, podIdentity });
    const identities = [{ serviceAccount: theirs(walker), roleArn: roleArn("foreign") }];
    aws.putAddon({ cluster: CLUSTER_NAME, name: addonName, identities });
    for (const serviceAccount of [...Object.keys(accounts), `beside-${addonName}`]) {
      const where = serviceAccount.startsWith("beside") ? namespace : "elsewhere";
      putForeign(aws, { namespace: where, serviceAccount });
    }
  }
}

/** Somebody gives the add-on one more identity. */
export function giveLate(aws: Aws, walker: Walker): void {
  const { addonName, namespace } = walker;
  const ownerArn = aws.state().addons.find(({ name }) => name === addonName)?.arn;
  if (ownerArn === undefined) throw new Error(`add-on ${addonName} is gone`);
  putForeign(aws, { namespace, serviceAccount: theirsLate(walker), ownerArn });
}

function putForeign(
  aws: Aws,
  where: {
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly ownerArn?: string;
  },
): void {
  const facts = { clusterName: CLUSTER_NAME, roleArn: roleArn("foreign"), tags: { team: "other" } };
  aws.putAssociation({ ...facts, ...where });
}

const document = (Action: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});

const who = (object: string) =>
  fc.constantFrom<object | undefined>(
    undefined,
    { recommended: true },
    { roleArn: roleArn("named") },
    { roleArn: "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/named-too" },
    { role: {} },
    { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"], tags: { tier: "x" } } },
    { role: { name: `${object}-own`, description: "own" } },
    { role: { inlinePolicies: [{ name: "p", document: document("s3:GetObject") }] } },
    { role: { inlinePolicies: [{ name: "p", document: document("s3:PutObject") }] } },
  );

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

function identities({ object, accounts }: Walker): fc.Arbitrary<readonly object[] | undefined> {
  const names = Object.keys(accounts);
  return fc.tuple(...names.map((name) => who(`${object}-${name}`))).map((kinds) => {
    const given = kinds.flatMap((kind, at) =>
      kind ? [{ serviceAccountName: names[at], ...kind }] : [],
    );
    return given.length > 0 ? given : undefined;
  });
}

/** Valid ones. An empty list of identities would take away what others gave. */
function spec(walker: Walker): fc.Arbitrary<object> {
  return fc.record({
    addonName: fc.constant(walker.addonName),
    adoptionPolicy: fc.constant("Addon"),
    version: fc.constantFrom("Default", "Latest", ...walker.versions),
    updatePolicy: fc.constantFrom("Manual", "Automatic"),
    configurationValues: optional(fc.constantFrom(...walker.configurations)),
    resolveConflicts: fc.constantFrom("None", "Overwrite", "Preserve"),
    tags: optional(fc.constantFrom({ team: "a" }, { cost: "b" }, { team: "b", cost: "b" })),
    identities: identities(walker),
    recommendedIdentities: fc.boolean(),
  });
}

/** Where a way ends all that may be left to AWS is said, so that the end does not depend on the way. */
export function lastSpec(walker: Walker): fc.Arbitrary<object> {
  return fc
    .tuple(
      spec(walker),
      fc.constantFrom(...walker.versions),
      fc.constantFrom(...walker.configurations),
    )
    .map(([one, version, configurationValues]) => ({
      ...one,
      version,
      configurationValues,
      ...("identities" in one && one.identities !== undefined
        ? {}
        : { recommendedIdentities: true }),
    }));
}

function badSpec(walker: Walker): fc.Arbitrary<object> {
  const { addonName, accounts } = walker;
  const [serviceAccountName = ""] = Object.keys(accounts);
  const common = { addonName, adoptionPolicy: "Addon" };
  return fc.constantFrom(
    { ...common, version: "v0.0.1" },
    { ...common, identities: [{ serviceAccountName: "nobody", recommended: true }] },
    { ...common, identities: [{ serviceAccountName, roleArn: roleArn("none") }] },
    {
      ...common,
      identities: [{ serviceAccountName, roleArn: "arn:aws:iam::999988887777:role/x" }],
    },
    { ...common, identities: [{ serviceAccountName, role: { managedPolicies: ["NoSuch"] } }] },
    {
      ...common,
      identities: [serviceAccountName, theirs(walker)].map((name) => ({
        serviceAccountName: name,
        role: { name: "both" },
      })),
    },
    { ...common, configurationValues: { nonsense: true } },
  );
}

export type Event =
  | { readonly kind: "edit"; readonly spec: object; readonly waits: boolean }
  | { readonly kind: "bad"; readonly spec: object }
  | { readonly kind: "drift"; readonly what: Drift }
  | { readonly kind: "fail"; readonly times: number }
  | {
      readonly kind: "fault";
      readonly operation: string;
      readonly answer: Answer;
      readonly skip: number;
    }
  | { readonly kind: "kill" };

const DRIFTS = ["version", "configuration", "tags", "role", "gone"] as const;
export type Drift = (typeof DRIFTS)[number];

const ANSWERS = ["lost", "down", "throttled"] as const;
export type Answer = (typeof ANSWERS)[number];

const OPERATIONS = [
  "UpdateAddon",
  "TagResource",
  "UntagResource",
  "DescribeAddon",
  "DescribePodIdentityAssociation",
  "DescribeAddonVersions",
  "CreateRole",
  "AttachRolePolicy",
  "PutRolePolicy",
  "DeleteRole",
  "GetRole",
  "TagRole",
];

/** One thing that happens around one add-on. */
export function event(walker: Walker): fc.Arbitrary<Event> {
  const edit = fc
    .tuple(spec(walker), fc.boolean())
    .map(([one, waits]) => ({ kind: "edit", spec: one, waits }) as const);
  const fault = fc.record({
    kind: fc.constant("fault" as const),
    operation: fc.constantFrom(...OPERATIONS),
    answer: fc.constantFrom(...ANSWERS),
    skip: fc.nat(1),
  });
  return fc.oneof(
    { weight: 12, arbitrary: edit },
    { weight: 2, arbitrary: badSpec(walker).map((one) => ({ kind: "bad", spec: one }) as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(...DRIFTS).map((what) => ({ kind: "drift", what }) as const),
    },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 2 }).map((times) => ({ kind: "fail", times }) as const),
    },
    { weight: 3, arbitrary: fault },
    { weight: 1, arbitrary: fc.constant({ kind: "kill" } as const) },
  );
}

/** Somebody changes what is there by hand. Only things that the end puts right: nobody takes our tags off an association. */
export function driftBy(
  aws: Aws,
  what: Drift,
  { addonName, namespace, accounts, versions }: Walker,
) {
  const addon = { cluster: CLUSTER_NAME, name: addonName };
  const [serviceAccount = ""] = Object.keys(accounts);
  const pair = { cluster: CLUSTER_NAME, namespace, serviceAccount };
  const isThere = aws
    .state()
    .associations.some(
      (one) =>
        one.namespace === namespace &&
        one.serviceAccount === serviceAccount &&
        one.tags["podidentity.io/owner"],
    );
  if (what === "version") aws.changeAddon({ ...addon, changes: { version: versions[1] ?? "" } });
  if (what === "configuration") aws.changeAddon({ ...addon, changes: { configurationValues: "" } });
  if (what === "tags") aws.changeAddon({ ...addon, changes: { tags: { stray: "x" } } });
  if (what === "role" && isThere)
    aws.changeAssociation({ ...pair, changes: { roleArn: roleArn("named-too") } });
  if (what === "gone" && isThere) aws.deleteAssociation(pair);
}

/** Hits what follows once or twice. */
export function faultOf(
  aws: Aws,
  { operation, answer, skip }: Extract<Event, { kind: "fault" }>,
): void {
  const isIam = operation.includes("Role");
  const throttle = isIam
    ? { code: "Throttling", status: 400, message: "Rate exceeded" }
    : { code: "ThrottlingException", status: 429, message: "Rate exceeded" };
  const down = isIam
    ? { code: "ServiceFailure", status: 500, message: "internal" }
    : { code: "ServerException", status: 500, message: "internal" };
  const common = { operation, skip, times: 2 };
  if (answer === "lost") aws.addFault({ ...common, when: "after", answer: "reset" });
  else aws.addFault({ ...common, when: "before", answer: answer === "down" ? down : throttle });
}
