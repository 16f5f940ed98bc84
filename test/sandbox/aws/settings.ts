/** What a test may change about the emulated AWS: lags, throttles, quotas, and answers nobody has verified on real AWS. */

/** Calls that share one token bucket. */
export type Family =
  | "eks-read"
  | "eks-write"
  | "eks-auth"
  | "iam-read"
  | "iam-write"
  | "s3"
  | "sts";

export interface TokenBucket {
  readonly callsPerSecond: number;
  readonly burst: number;
}

export interface Quotas {
  readonly rolesPerAccount: number;
  readonly managedPoliciesPerRole: number;
  readonly customerPoliciesPerAccount: number;
  readonly tagsPerResource: number;
  /** Characters. */
  readonly trustPolicySize: number;
  /** Characters of all inline policies of a role together, without white space. */
  readonly inlinePolicySize: number;
  /** Characters, without white space. */
  readonly managedPolicySize: number;
  readonly associationsPerCluster: number;
  /** Characters of an association's session policy. */
  readonly sessionPolicySize: number;
}

/** Where AWS's documentation leaves the answer open. */
export interface UnverifiedAnswers {
  /** Whether an update with `policy: ""` clears the session policy, is refused, or changes nothing. */
  readonly emptyPolicy: "Clears" | "Refused" | "Ignored";
  /** Whether EKS accepts a trust statement that has conditions when it checks the role of an association. */
  readonly trustConditions: "Accepted" | "Refused";
  /** What a clientRequestToken does when it comes back with other parameters. */
  readonly tokenReuse: "Refused" | "ReplaysFirst";
  /** The error code beside "Cross-account pass role is not allowed". */
  readonly crossAccountCode: "AccessDeniedException" | "InvalidParameterException";
  /** Whether an association without a target role has an external id. */
  readonly externalId: "WithTargetRole" | "Always";
  /** What DescribeAddonVersions says of an add-on that there is not. */
  readonly unknownAddon: "EmptyList" | "Refused";
  /** The error code of an update while the add-on is CREATING, UPDATING or DELETING. */
  readonly busyAddon: "ResourceInUseException" | "InvalidRequestException";
  /** Whether CreateAddon takes PRESERVE as NONE, as its reference says, or refuses it, as eksctl saw it do in 2022. */
  readonly preserveOnCreate: "LikeNone" | "Refused";
  /** The error code where an association outside the add-on has the ServiceAccount. */
  readonly addonIdentityExists: "ResourceInUseException" | "InvalidParameterException";
  /** Whether an update that gives a ServiceAccount another role keeps its association or makes a new one. */
  readonly addonIdentityUpdate: "KeepsId" | "NewId";
  /** Whether configuration values and an IRSA role that an update does not name stay. */
  readonly omittedOnUpdate: "Kept" | "Cleared";
  /** Whether associations that outlive their add-on still name it as their owner. */
  readonly preservedOwner: "Kept" | "Dropped";
}

export interface Settings {
  /** Added to every call before it is carried out, in milliseconds. */
  readonly latencyMs: number;
  /** How long EKS does not see a new or changed role, in milliseconds. */
  readonly roleToEksLagMs: number;
  /** How long IAM's own reads do not see a write, in milliseconds. */
  readonly iamReadLagMs: number;
  /** How long lists (EKS and IAM, bulk reads included) do not see a write, in milliseconds. */
  readonly listLagMs: number;
  /** How long EKS's pod webhook does not know of a new association, in milliseconds. */
  readonly webhookLagMs: number;
  /** How long an add-on is CREATING, UPDATING or DELETING, in milliseconds. */
  readonly addonLagMs: number;
  /** Absent: not throttled. */
  readonly throttles: Readonly<Partial<Record<Family, TokenBucket>>>;
  /** IAM action names the caller lacks, such as "iam:PassRole". */
  readonly deniedActions: readonly string[];
  /**
   * What the owner of an access key may do: identity policies as JSON by access key id. Each of its calls to EKS and
   * IAM must be allowed by them. Any other key is an administrator's.
   */
  readonly callers: Readonly<Record<string, readonly string[]>>;
  /** GetAccountAuthorizationDetails returns at most so many entries, whatever MaxItems says. */
  readonly bulkPageLimit: number;
  readonly quotas: Quotas;
  readonly unverified: UnverifiedAnswers;
}

export const DEFAULT_SETTINGS: Settings = {
  latencyMs: 0,
  roleToEksLagMs: 0,
  iamReadLagMs: 0,
  listLagMs: 0,
  webhookLagMs: 0,
  addonLagMs: 0,
  throttles: {},
  deniedActions: [],
  callers: {},
  bulkPageLimit: 1000,
  quotas: {
    rolesPerAccount: 1000,
    managedPoliciesPerRole: 10,
    customerPoliciesPerAccount: 1500,
    tagsPerResource: 50,
    trustPolicySize: 2048,
    inlinePolicySize: 10240,
    managedPolicySize: 6144,
    associationsPerCluster: 5000,
    sessionPolicySize: 2048,
  },
  unverified: {
    emptyPolicy: "Clears",
    trustConditions: "Accepted",
    tokenReuse: "Refused",
    crossAccountCode: "AccessDeniedException",
    externalId: "WithTargetRole",
    unknownAddon: "EmptyList",
    busyAddon: "ResourceInUseException",
    preserveOnCreate: "LikeNone",
    addonIdentityExists: "ResourceInUseException",
    addonIdentityUpdate: "KeepsId",
    omittedOnUpdate: "Kept",
    preservedOwner: "Kept",
  },
};

/** A change of some settings. Groups are merged, everything else is replaced. */
export type SettingsChange = Partial<Omit<Settings, "quotas" | "unverified">> & {
  readonly quotas?: Partial<Quotas>;
  readonly unverified?: Partial<UnverifiedAnswers>;
};

/** The settings in force, which tests change while calls are under way. */
export class LiveSettings {
  #current: Settings;

  constructor(change: SettingsChange = {}) {
    this.#current = merge(DEFAULT_SETTINGS, change);
  }

  get current(): Settings {
    return this.#current;
  }

  change(change: SettingsChange): Settings {
    this.#current = merge(this.#current, change);
    return this.#current;
  }

  /** The longest lag in force, in milliseconds: how much of the past must be kept. */
  longestLagMs(): number {
    const { roleToEksLagMs, iamReadLagMs, listLagMs, webhookLagMs } = this.#current;
    return Math.max(roleToEksLagMs, iamReadLagMs, listLagMs, webhookLagMs);
  }
}

function merge(settings: Settings, change: SettingsChange): Settings {
  return {
    ...settings,
    ...change,
    quotas: { ...settings.quotas, ...change.quotas },
    unverified: { ...settings.unverified, ...change.unverified },
  };
}
