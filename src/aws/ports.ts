/** What the operator asks of AWS, in its own words. Pages are joined; absent is `undefined`; every refusal is a Failure. */
import type { AssociationAction, RoleAction } from "../plan/actions.ts";
import type {
  AssociationDetails,
  AssociationKey,
  ClusterFacts,
  DesiredRole,
  ObservedAssociation,
  ObservedRole,
} from "../plan/resources.ts";

export type RoleChange = Exclude<RoleAction, { type: "CreateRole" }>;
export type AssociationCreation = Omit<
  Extract<AssociationAction, { type: "CreateAssociation" }>,
  "type"
>;
export type AssociationChange = Exclude<AssociationAction, { type: "CreateAssociation" }>;

export interface Cluster {
  /** @throws Failure ClusterNotFound if EKS knows no cluster of that name in the region. */
  describe(name: string): Promise<ClusterFacts>;
}

/** IAM. A role is named without its path. */
export interface Roles {
  /** One role with all its policies, read afresh. */
  find(name: string): Promise<ObservedRole | undefined>;
  /** Tags, boundary and trust policy go into this one call; policies do not. "AlreadyExists" changed nothing. */
  create(role: DesiredRole): Promise<ObservedRole | "AlreadyExists">;
  /** Idempotent: taking away what is gone already is a success. */
  change(action: RoleChange): Promise<void>;
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
    wanted: AssociationCreation,
  ): Promise<ObservedAssociation | { readonly existingId: string | undefined }>;
  /**
   * Idempotent: taking away what is gone already is a success.
   *
   * @returns the association as it is after an update
   */
  change(action: AssociationChange): Promise<AssociationDetails | undefined>;
  /** All associations of the cluster, a page at a time, without details. */
  sweep(): AsyncIterable<readonly ObservedAssociation[]>;
}
