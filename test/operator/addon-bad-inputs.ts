/** EKSAddons that must be refused, by name: each ends with a reason on the object and without one write to AWS. */
import type { Aws } from "../sandbox/aws/start.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { roleArn } from "./addon-fixture.ts";

export interface BadAddon {
  /** A clause; read after "because". */
  readonly what: string;
  readonly spec: object;
  readonly reason: string;
  /** Part of what the user must read. */
  readonly says: string;
  /** What is in AWS before. */
  readonly there?: (aws: Aws) => void;
}

const CNI_ROLE = "AmazonEKSPodIdentityAmazonVPCCNIRole";
const CNI_POLICY = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
const cni = { addonName: "vpc-cni" };
const node = (how: object) => ({ identities: [{ serviceAccountName: "aws-node", ...how }] });
const recommended = { ...cni, ...node({ recommended: true }) };

const elsewhere = {
  "podidentity.io/owner": "arn:aws:eks:us-west-2:111122223333:cluster/elsewhere",
  "podidentity.io/installation": "default",
  "podidentity.io/resource": "EKSAddon/cni",
};

const putCni = (changes: Partial<Parameters<Aws["putAddon"]>[0]>) => (aws: Aws) => {
  const identities = [{ serviceAccount: "aws-node", roleArn: roleArn("foreign") }];
  aws.putAddon({ cluster: CLUSTER_NAME, name: "vpc-cni", identities, ...changes });
};

const putOutside = (tags: Readonly<Record<string, string>>) => (aws: Aws) => {
  const pair = { clusterName: CLUSTER_NAME, namespace: "kube-system", serviceAccount: "aws-node" };
  aws.putAssociation({ ...pair, roleArn: roleArn("foreign"), tags });
};

const statement = {
  Effect: "Allow",
  Principal: { Service: "pods.eks.amazonaws.com" },
  Action: ["sts:AssumeRole", "sts:TagSession"],
};

/** The recommended role as somebody else made it. */
const putRecommended =
  (statements: readonly object[], more: object = {}) =>
  (aws: Aws): void => {
    const trustPolicy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
    aws.putRole({ name: CNI_ROLE, managedPolicyArns: [CNI_POLICY], trustPolicy, ...more });
  };

const ofCatalogue: readonly BadAddon[] = [
  {
    what: "there is no such add-on",
    spec: { addonName: "vpc-cnii" },
    reason: "AddonUnknown",
    says: "vpc-cnii",
  },
  {
    what: "there is no such version",
    spec: { ...cni, version: "v9.9.9" },
    reason: "AddonVersionUnknown",
    says: "v1.20.4-eksbuild.1",
  },
  {
    what: "the version is one for other Kubernetes versions",
    spec: { ...cni, version: "v1.19.0-eksbuild.1" },
    reason: "AddonVersionUnknown",
    says: "1.36",
  },
  {
    what: "the version is older than EKS Pod Identity",
    spec: { ...cni, version: "v1.16.4-eksbuild.2", recommendedIdentities: true },
    reason: "AddonIdentityNotSupported",
    says: "v1.16.4-eksbuild.2",
  },
  {
    what: "the agent has no role of its own",
    spec: { addonName: "eks-pod-identity-agent", recommendedIdentities: true },
    reason: "AddonIdentityNotSupported",
    says: "eks-pod-identity-agent",
  },
  {
    what: "the add-on has no such ServiceAccount",
    spec: { ...cni, identities: [{ serviceAccountName: "node", recommended: true }] },
    reason: "AddonServiceAccountUnknown",
    says: "aws-node",
  },
  {
    what: "two ServiceAccounts are to have a role of one name",
    spec: {
      addonName: "aws-efs-csi-driver",
      identities: ["efs-csi-controller-sa", "efs-csi-node-sa"].map((serviceAccountName) => ({
        serviceAccountName,
        role: { name: "both" },
      })),
    },
    reason: "RoleNameConflict",
    says: "both",
  },
  {
    what: "EKS does not know a setting",
    spec: { ...cni, configurationValues: { nonsense: true } },
    reason: "ConfigurationInvalid",
    says: "$.nonsense",
  },
];

const ofRoles: readonly BadAddon[] = [
  {
    what: "the role does not exist",
    spec: { ...cni, ...node({ roleArn: roleArn("none") }) },
    reason: "RoleNotFound",
    says: "none",
  },
  {
    what: "the role is in another account",
    spec: { ...cni, ...node({ roleArn: "arn:aws:iam::999988887777:role/x" }) },
    reason: "RoleAccountMismatch",
    says: "999988887777",
  },
  {
    what: "a managed policy does not exist",
    spec: { ...cni, ...node({ role: { managedPolicies: ["NoSuchPolicy"] } }) },
    reason: "ManagedPolicyNotFound",
    says: "NoSuchPolicy",
  },
  {
    what: "somebody has a role of the name",
    spec: { ...cni, ...node({ role: { name: "foreign" } }) },
    reason: "RoleNameConflict",
    says: "foreign",
  },
  {
    what: "another installation has a role of the name",
    spec: { ...cni, ...node({ role: { name: "owned" } }) },
    reason: "RoleNotOwned",
    says: "elsewhere",
    there: (aws) => aws.putRole({ name: "owned", tags: elsewhere }),
  },
  {
    what: "the account has no place for one more role",
    spec: recommended,
    reason: "QuotaExceeded",
    says: "role",
    there: (aws) => aws.configure({ quotas: { rolesPerAccount: 1 } }),
  },
];

const unsuitable: readonly BadAddon[] = (
  [
    [
      "has an inline policy",
      [statement],
      { inlinePolicies: { extra: '{"Statement":[]}' } },
      "extra",
    ],
    ["lacks the policy", [statement], { managedPolicyArns: [] }, CNI_POLICY],
    [
      "has another policy, too",
      [statement],
      { managedPolicyArns: [CNI_POLICY, "arn:aws:iam::aws:policy/AmazonS3FullAccess"] },
      "AmazonS3FullAccess",
    ],
    [
      "trusts EC2 alone",
      [{ ...statement, Principal: { Service: "ec2.amazonaws.com" } }],
      {},
      "pods.eks.amazonaws.com",
    ],
    [
      "trusts another cluster alone",
      [
        {
          ...statement,
          Condition: {
            StringEquals: { "aws:SourceArn": elsewhere["podidentity.io/owner"] },
          },
        },
      ],
      {},
      "aws:SourceArn",
    ],
    [
      "denies everybody something",
      [statement, { Effect: "Deny", Principal: "*", Action: "*" }],
      {},
      "denies",
    ],
    [
      "denies all but one",
      [
        statement,
        {
          Effect: "Deny",
          NotPrincipal: { AWS: "arn:aws:iam::111122223333:root" },
          Action: "sts:AssumeRole",
        },
      ],
      {},
      "denies",
    ],
    ["may not tag sessions", [{ ...statement, Action: "sts:AssumeRole" }], {}, "sts:TagSession"],
    [
      "is half made and of a wrong trust",
      [{ ...statement, Principal: { Service: "ec2.amazonaws.com" } }],
      { tags: { "podidentity.io/shared": "pending" } },
      "pods.eks.amazonaws.com",
    ],
  ] as const
).map(([what, statements, more, says]) => ({
  what: `the recommended role ${what}`,
  spec: recommended,
  reason: "RecommendedRoleUnsuitable",
  says,
  there: putRecommended(statements, more),
}));

const ofOthers: readonly BadAddon[] = [
  {
    what: "somebody made an association outside the add-on",
    spec: recommended,
    reason: "AssociationConflict",
    says: "team=other",
    there: putOutside({ team: "other" }),
  },
  {
    what: "another installation made an association outside the add-on",
    spec: recommended,
    reason: "AssociationConflict",
    says: "elsewhere",
    there: putOutside(elsewhere),
  },
  {
    what: "somebody installed the add-on",
    spec: recommended,
    reason: "AddonConflict",
    says: "adoptionPolicy: Addon",
    there: putCni({}),
  },
  {
    what: "another installation has the add-on",
    spec: { ...recommended, adoptionPolicy: "Addon" },
    reason: "AddonConflict",
    says: "elsewhere",
    there: putCni({ tags: elsewhere }),
  },
  {
    what: "the add-on to take over is in another namespace",
    spec: { ...recommended, adoptionPolicy: "Addon", namespace: "net" },
    reason: "AddonConflict",
    says: "kube-system",
    there: putCni({}),
  },
  ...([recommended, { ...cni, identities: [] }] as const).map((spec) => ({
    what: `another installation gave the add-on an identity, of ${JSON.stringify(spec.identities)}`,
    spec: { ...spec, adoptionPolicy: "Addon" },
    reason: "AssociationConflict",
    says: "elsewhere",
    there: (aws: Aws) => {
      putCni({ identities: [] })(aws);
      const ownerArn = aws.state().addons.find(({ name }) => name === "vpc-cni")?.arn ?? "";
      const pair = { namespace: "kube-system", serviceAccount: "aws-node", ownerArn };
      const facts = { clusterName: CLUSTER_NAME, roleArn: roleArn("foreign"), tags: elsewhere };
      aws.putAssociation({ ...facts, ...pair });
    },
  })),
  {
    what: "the add-on to take over would lose EKS Pod Identity by a downgrade",
    spec: { ...recommended, adoptionPolicy: "Addon", version: "v1.16.4-eksbuild.2" },
    reason: "AddonIdentityNotSupported",
    says: "v1.16.4-eksbuild.2",
    there: putCni({}),
  },
];

export const badAddons: readonly BadAddon[] = [
  ...ofCatalogue,
  ...ofRoles,
  ...unsuitable,
  ...ofOthers,
];

/** Where the operator makes no roles. */
export const withoutRoles: readonly BadAddon[] = [
  {
    what: "there is no recommended role yet",
    spec: recommended,
    reason: "ManagedRolesDisabled",
    says: CNI_ROLE,
  },
  {
    what: "the recommended role is half made",
    spec: recommended,
    reason: "ManagedRolesDisabled",
    says: CNI_ROLE,
    there: putRecommended([statement], {
      managedPolicyArns: [],
      tags: { "podidentity.io/shared": "pending" },
    }),
  },
  {
    what: "a role of its own is asked for",
    spec: { ...cni, ...node({ role: {} }) },
    reason: "ManagedRolesDisabled",
    says: "roleArn",
  },
];
