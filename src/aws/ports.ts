/** What the operator asks of AWS, in its own words. Pages are joined; absent is `undefined`; every refusal is a Failure. */
import type { AddonAction, AssociationAction, RoleAction } from "../plan/actions.ts";
import type { AddonUpdate, CatalogueEntry, ObservedAddon, Recommendation } from "../plan/addon.ts";
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

export type AddonCreation = Omit<Extract<AddonAction, { type: "CreateAddon" }>, "type">;
export type AddonChange = Exclude<AddonAction, { type: "CreateAddon" }>;

export interface Cluster {
  /** @throws Failure ClusterNotFound if EKS knows no cluster of that name in the region. */
  describe(name: string): Promise<ClusterFacts>;
}

/** IAM. A role is named without its path. */
export interface Roles {
  /** One role with all its policies, read afresh. */
  find(name: string): Promise<ObservedRole | undefined>;
  /** The text of its trust policy, of which `find` keeps a hash. */
  trustPolicy(name: string): Promise<string | undefined>;
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

/** EKS add-ons of the one cluster, and what EKS offers. */
export interface Addons {
  /** With all of its associations, read afresh. */
  describe(name: string): Promise<ObservedAddon | undefined>;
  /** EKS goes on in the background. "AlreadyExists" changed nothing. */
  create(wanted: AddonCreation): Promise<ObservedAddon | "AlreadyExists">;
  /**
   * Idempotent: taking away what is gone already is a success.
   *
   * @returns the id of an update, which EKS carries out in the background
   */
  change(action: AddonChange): Promise<string | undefined>;
  /** `undefined`: EKS does not know it (any more). */
  update(addonName: string, updateId: string): Promise<AddonUpdate | undefined>;
  /** Without versions: there is no such add-on for that Kubernetes version. */
  versions(addonName: string, kubernetesVersion: string): Promise<CatalogueEntry>;
  recommendations(addonName: string, version: string): Promise<readonly Recommendation[]>;
}
