/** What exists in AWS, and what should: roles and associations as plain values. */

export type Tags = Readonly<Record<string, string>>;

/** Hash of what a policy document means (policy-hash.ts): equal hashes, equal meaning. */
export type DocumentHash = string;

/** What the cluster is to AWS. Partition, region and account come from its ARN. */
export interface ClusterFacts {
  readonly name: string;
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  /** The OIDC issuer of the cluster's ServiceAccount tokens; `undefined` if EKS names none. */
  readonly issuer: string | undefined;
  /** Kubernetes version, e.g. "1.36". */
  readonly version: string;
  /** Runs on AWS Outposts, where there is no EKS Pod Identity. */
  readonly isOnOutposts?: boolean;
  /** EKS Auto Mode: nodes have the Pod Identity agent built in. */
  readonly isAutoMode?: boolean;
}

/** A role as it should be. Documents are JSON texts, ready to send. */
export interface DesiredRole {
  readonly name: string;
  /** Begins and ends with "/". */
  readonly path: string;
  readonly arn: string;
  readonly trustPolicy: string;
  /** "" where the user gave none. */
  readonly description: string;
  readonly maxSessionSeconds: number;
  readonly permissionsBoundaryArn: string | undefined;
  readonly tags: Tags;
  readonly managedPolicyArns: readonly string[];
  /** Policy name → document. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
}

/** A role as it is in AWS. Documents are kept as hashes: thousands of roles have to fit in memory. */
export interface ObservedRole {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly trustPolicy: DocumentHash;
  /** `undefined`: not read (the bulk read leaves out description and duration). */
  readonly description: string | undefined;
  readonly maxSessionSeconds: number | undefined;
  readonly permissionsBoundaryArn: string | undefined;
  readonly tags: Tags;
  readonly managedPolicyArns: readonly string[];
  readonly inlinePolicies: Readonly<Record<string, DocumentHash>>;
  /** AWS gives each role a new one (AROA…): a role that was deleted and made again under its old name shows here. */
  readonly roleId: string;
}

/** What an association says about the sessions of its pods. */
export interface DesiredSession {
  readonly targetRoleArn: string | undefined;
  readonly disableSessionTags: boolean;
  /** Session policy as JSON text, ready to send. */
  readonly policy: string | undefined;
}

/** The pair that EKS allows one association for, in one cluster. */
export interface AssociationKey {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** An association as it is in AWS. */
export interface ObservedAssociation extends AssociationKey {
  readonly id: string;
  readonly arn: string;
  /** The add-on that owns it; `undefined` for all others. */
  readonly ownerArn: string | undefined;
  /** What only Describe (or our own write) shows; `undefined` while only List has been read. */
  readonly details: AssociationDetails | undefined;
}

export interface AssociationDetails {
  readonly roleArn: string;
  readonly tags: Tags;
  readonly targetRoleArn: string | undefined;
  readonly externalId: string | undefined;
  readonly disableSessionTags: boolean;
  /** Hash of the session policy; `undefined` where there is none. */
  readonly policy: DocumentHash | undefined;
}

/** What is known of one thing: its state, that it is absent, or nothing yet. */
export type Sighting<T> = T | "absent" | "unknown";
