/** The words of `status.conditions`: users and their scripts rely on them, so none is ever renamed. */

/** Condition types with what they say. Ready is the summary that Argo CD and `kubectl wait` look at. */
export const CONDITION_TYPES = {
  Ready: "role and association are in AWS as the spec wants; the summary to wait for",
  RoleReady: "the half that is about the IAM role",
  AssociationReady: "the half that is about the EKS Pod Identity association",
  Reconciling: "the operator tries again by itself; present only while True",
  Stalled: "you have to act, the message says how; present only while True",
  Suspended: "`spec.suspend` is true, nothing is changed; present only while True",
} as const;

/** Reasons of conditions that are as they should be, or on their way. */
export const PROGRESS_REASONS = [
  "Pending",
  "Reconciled",
  "RoleInSync",
  "RoleReferenced",
  "AssociationInSync",
  "Suspended",
  "RolePropagating",
  "AssociationPropagating",
  "Deleting",
] as const;

/** Reasons of refusals and failures; docs/reasons.md says what to do for each. */
export const FAILURE_REASONS = [
  "RoleArnInvalid",
  "RoleAccountMismatch",
  "RolePartitionMismatch",
  "PlaceholderUnknown",
  "PolicyInvalid",
  "PolicyTooLarge",
  "ManagedPolicyNotFound",
  "InvalidParameter",
  "RoleNotFound",
  "TrustPolicyInvalid",
  "RoleNameConflict",
  "RoleNotOwned",
  "RoleUnmodifiable",
  "AssociationConflict",
  "AssociationOwnedByAddon",
  "DuplicateClaim",
  "DeleteBlocked",
  "RoleInUse",
  "QuotaExceeded",
  "AWSStateContested",
  "AccessDenied",
  "CredentialsInvalid",
  "ClusterNotFound",
  "ClusterMismatch",
  "Throttled",
  "ConcurrentModification",
  "AWSUnavailable",
  "KubernetesUnavailable",
  "InternalError",
] as const;
