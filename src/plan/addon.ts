/** What exists of an add-on: in the cluster as EKS describes it, and in EKS's catalogue of versions. */
import type { ObservedAssociation, ObservedRole, Tags } from "./resources.ts";

/** The add-on that gives every pod its credentials. It has no role of its own. */
export const AGENT_ADDON = "eks-pod-identity-agent";

export interface HealthIssue {
  /** EKS's own, e.g. "ConfigurationConflict". */
  readonly code: string;
  readonly message: string;
  readonly resourceIds: readonly string[];
}

/** An add-on as it is in the cluster. */
export interface ObservedAddon {
  readonly name: string;
  readonly arn: string;
  /** EKS's own, e.g. "ACTIVE". */
  readonly status: string;
  readonly version: string;
  /** `undefined`: EKS does not say. */
  readonly namespace: string | undefined;
  /** As EKS has it: JSON or YAML; `undefined`: none. */
  readonly configuration: string | undefined;
  readonly tags: Tags;
  readonly healthIssues: readonly HealthIssue[];
  /** Those that it owns, each with its details. */
  readonly associations: readonly ObservedAssociation[];
  /** Ids of those that it owns and EKS does not show: just made, or just gone. */
  readonly unread: readonly string[];
}

/** One update of an add-on, as far as it is of interest. */
export interface AddonUpdate {
  /** EKS's own, e.g. "Failed". */
  readonly status: string;
  readonly errors: readonly HealthIssue[];
}

export interface CatalogueVersion {
  readonly version: string;
  /** AWS's default for the cluster's Kubernetes version. */
  readonly isDefault: boolean;
  readonly requiresIamPermissions: boolean;
}

/** What EKS offers of one add-on for the cluster's Kubernetes version. */
export interface CatalogueEntry {
  /** Where EKS installs it unless told otherwise; `undefined`: it does not say. */
  readonly defaultNamespace: string | undefined;
  readonly versions: readonly CatalogueVersion[];
}

/** A ServiceAccount that one version of an add-on has for EKS Pod Identity. */
export interface Recommendation {
  readonly serviceAccount: string;
  /** Managed policies, by ARN. */
  readonly policies: readonly string[];
}

/** What was seen in AWS of one EKSAddon. */
export interface AddonSeen {
  readonly addon: ObservedAddon | undefined;
  /** Roles that the spec asks the operator to have, as they are, by roleKey. */
  readonly roles: ReadonlyMap<string, ObservedRole>;
  /** Roles that carry its tags and that the spec does not ask for, and no other object uses. */
  readonly formerRoles: readonly ObservedRole[];
  /** Associations of its ServiceAccounts that do not belong to the add-on. */
  readonly outside: readonly ObservedAssociation[];
  /** Shared roles whose trust policy does not let the ServiceAccount in, by roleKey: why. */
  readonly shutOut: ReadonlyMap<string, string>;
  /** Objects that tags name as owners and that are no more. */
  readonly abandonedBy: readonly string[];
}

/** IAM tells role names apart without case. */
export function roleKey(name: string): string {
  return name.toLowerCase();
}
