/** What the operator asks of AWS, in its own words. Pages are joined; absent is `undefined`; every refusal is a Failure. */
import type { Stray } from "../plan/actions.ts";
import type {
  AssociationDetails,
  AssociationKey,
  ClusterFacts,
  DesiredRole,
  ObservedAssociation,
  ObservedRole,
  Tags,
} from "../plan/resources.ts";

export interface Cluster {
  /** @throws Failure ClusterNotFound if EKS knows no cluster of that name in the region. */
  describe(name: string): Promise<ClusterFacts>;
}

/** IAM. A role is named without its path. Every call is idempotent except `create`. */
export interface Roles {
  /** One role with all its policies, read afresh. */
  find(name: string): Promise<ObservedRole | undefined>;
  /** Tags, boundary and trust policy go into this one call; policies do not. "AlreadyExists" changed nothing. */
  create(role: DesiredRole): Promise<ObservedRole | "AlreadyExists">;
  setTrustPolicy(name: string, document: string): Promise<void>;
  setDescriptionAndDuration(name: string, description: string, seconds: number): Promise<void>;
  setPermissionsBoundary(name: string, arn: string): Promise<void>;
  deletePermissionsBoundary(name: string): Promise<void>;
  attachPolicy(name: string, policyArn: string): Promise<void>;
  /** Success if it is not attached. */
  detachPolicy(name: string, policyArn: string): Promise<void>;
  putInlinePolicy(name: string, policyName: string, document: string): Promise<void>;
  /** Success if there is none. */
  deleteInlinePolicy(name: string, policyName: string): Promise<void>;
  tag(name: string, tags: Tags): Promise<void>;
  untag(name: string, keys: readonly string[]): Promise<void>;
  /** Success if there is none. */
  delete(name: string): Promise<void>;
  /** All roles of the account, a page at a time: at most 200, each already projected. */
  sweep(): AsyncIterable<readonly ObservedRole[]>;
  /** Description and duration of all roles below a path, which `sweep` leaves out. */
  sweepDescriptions(pathPrefix: string): Promise<ReadonlyMap<string, RoleTexts>>;
  /** Whether there is such a managed policy. Asked once for each that exists. */
  policyExists(arn: string): Promise<boolean>;
  /** ARNs of AWS managed policies by their bare name (unique among them). Read once and kept. */
  awsManagedPolicies(): Promise<ReadonlyMap<string, string>>;
}

export interface RoleTexts {
  readonly description: string;
  readonly maxSessionSeconds: number;
}

/** EKS Pod Identity associations of the one cluster. */
export interface Associations {
  /** One association by its ServiceAccount, read afresh and complete (List, then Describe). */
  find(key: AssociationKey): Promise<ObservedAssociation | undefined>;
  describe(id: string): Promise<ObservedAssociation | undefined>;
  /** `{ existingId }`: EKS refused because there is one; nothing was changed. */
  create(
    key: AssociationKey,
    wanted: { readonly roleArn: string; readonly tags: Tags },
  ): Promise<ObservedAssociation | { readonly existingId: string | undefined }>;
  /** Points it to the role, and clears what is named. */
  update(id: string, roleArn: string, clear?: readonly Stray[]): Promise<AssociationDetails>;
  tag(arn: string, tags: Tags): Promise<void>;
  untag(arn: string, keys: readonly string[]): Promise<void>;
  /** Success if there is none. */
  delete(id: string): Promise<void>;
  /** All associations of the cluster, a page at a time, without details. */
  sweep(): AsyncIterable<readonly ObservedAssociation[]>;
}
