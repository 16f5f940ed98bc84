/** Builders for the values that plan tests are written in: every test says only what it is about. */
import { type Desired, desired } from "../../src/plan/desired.ts";
import { hashDocument } from "../../src/plan/policy-hash.ts";
import type {
  AssociationDetails,
  ClusterFacts,
  ObservedAssociation,
  ObservedRole,
} from "../../src/plan/resources.ts";
import type { Surroundings } from "../../src/plan/surroundings.ts";

export const cluster: ClusterFacts = {
  name: "demo",
  arn: "arn:aws:eks:us-west-2:111122223333:cluster/demo",
  partition: "aws",
  region: "us-west-2",
  accountId: "111122223333",
  issuer: undefined,
  version: "1.36",
};

export const surroundings: Surroundings = {
  cluster,
  installation: "default",
  rolePath: "/podidentity/",
  defaultTrustScope: "ServiceAccount",
  manageRoles: true,
  awsManagedPolicies: new Map([
    ["AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
    ["AmazonS3FullAccess", "arn:aws:iam::aws:policy/AmazonS3FullAccess"],
    ["AmazonEBSCSIDriverPolicy", "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"],
  ]),
};

export const ours = {
  "podidentity.io/owner": cluster.arn,
  "podidentity.io/installation": "default",
  "podidentity.io/resource": "payments/reader",
};

export const readBucket = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" }],
};

type Spec = Parameters<typeof desired>[1];

/** What PodIdentityAssociation payments/reader for ServiceAccount `reader` wants. */
export function wanted(spec: Partial<Spec> = { role: {} }, around = surroundings): Desired {
  return desired(
    { namespace: "payments", name: "reader" },
    { serviceAccountName: "reader", ...spec } as Spec,
    around,
  );
}

/** The role in AWS exactly as wanted. */
export function roleOf({ role }: Desired, changed: Partial<ObservedRole> = {}): ObservedRole {
  if (!role) throw new Error("this spec wants no role");
  const hashes = Object.entries(role.inlinePolicies).map(([name, text]) => [
    name,
    hashDocument(text),
  ]);
  return {
    name: role.name,
    path: role.path,
    arn: role.arn,
    roleId: "AROAEXAMPLE",
    trustPolicy: hashDocument(role.trustPolicy),
    description: role.description,
    maxSessionSeconds: role.maxSessionSeconds,
    permissionsBoundaryArn: role.permissionsBoundaryArn,
    tags: role.tags,
    managedPolicyArns: role.managedPolicyArns,
    inlinePolicies: Object.fromEntries(hashes),
    ...changed,
  };
}

/** The association in AWS exactly as wanted. */
export function associationOf(
  { key, roleArn, associationTags }: Desired,
  changed: Partial<AssociationDetails> = {},
): ObservedAssociation {
  return {
    ...key,
    id: "a-0123456789abcdefg",
    arn: "arn:aws:eks:us-west-2:111122223333:podidentityassociation/demo/a-0123456789abcdefg",
    ownerArn: undefined,
    details: {
      roleArn,
      tags: associationTags,
      targetRoleArn: undefined,
      externalId: undefined,
      disableSessionTags: false,
      policy: undefined,
      ...changed,
    },
  };
}
