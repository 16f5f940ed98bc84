/** An add-on of a cluster, and an update of it, as the emulator keeps them. */

export type AddonStatus =
  | "CREATING"
  | "ACTIVE"
  | "CREATE_FAILED"
  | "UPDATING"
  | "DELETING"
  | "DELETE_FAILED"
  | "DEGRADED"
  | "UPDATE_FAILED";

export interface AddonIssue {
  /** "ConfigurationConflict", "InsufficientNumberOfReplicas", "AccessDenied"… */
  readonly code: string;
  readonly message: string;
  readonly resourceIds?: readonly string[];
}

/** What EKS is doing with an add-on; it is over after `settings.addonLagMs`. */
export interface AddonWork {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** What the add-on is then. */
  readonly changes: Partial<Addon>;
  /** Of the add-on's record. "preserved": gone, but what it installed is left in the cluster. */
  readonly end: "stays" | "gone" | "preserved";
  readonly updateId?: string;
}

export interface Addon {
  readonly name: string;
  readonly arn: string;
  readonly version: string;
  readonly namespace: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly status: AddonStatus;
  readonly issues: readonly AddonIssue[];
  readonly tags: Readonly<Record<string, string>>;
  /** As the user wrote them; "" where there are none. */
  readonly configurationValues: string;
  /** The role of an IRSA add-on; "" where there is none. */
  readonly serviceAccountRoleArn: string;
  /** Whether its objects are in the cluster. */
  readonly isInstalled: boolean;
  /** When UpdateAddon last changed its identities: its pods were restarted then. */
  readonly identitiesChangedAt?: number;
  readonly work?: AddonWork;
}

export interface AddonUpdate {
  readonly id: string;
  readonly addonName: string;
  readonly status: "InProgress" | "Failed" | "Cancelled" | "Successful";
  readonly params: readonly { readonly type: string; readonly value: string }[];
  readonly createdAt: number;
  readonly errors: readonly AddonIssue[];
}
