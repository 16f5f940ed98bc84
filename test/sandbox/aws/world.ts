/** Everything that exists in the emulated AWS account: clusters, associations, roles, policies. Values are replaced, never edited. */
import type { Clock } from "./clock.ts";
import type { Addon, AddonUpdate } from "./eks/addons/addon.ts";
import { addonCatalogue, type CatalogueAddon } from "./eks/addons/catalogue.ts";
import { AddonFailures } from "./eks/addons/failures.ts";
import { TokenMemory } from "./eks/token-memory.ts";
import { awsManagedPolicies } from "./iam/aws-managed-policies.ts";
import { LaggedMap, type LaggedMapOptions, type Ledger } from "./lagged-map.ts";
import { Sessions } from "./sessions.ts";
import type { LiveSettings, Settings } from "./settings.ts";

export type Texts = Readonly<Record<string, string>>;

export interface Account {
  readonly id: string;
  readonly region: string;
  /** "aws", "aws-cn", "aws-us-gov"… */
  readonly partition: string;
}

export interface ClusterFacts {
  readonly name: string;
  /** What `identity.oidc.issuer` of DescribeCluster says. */
  readonly issuer: string;
  /** Kubernetes version, e.g. "1.36". */
  readonly version: string;
  readonly status: string;
  /** EKS Auto Mode, which has the Pod Identity agent built in. */
  readonly autoMode: boolean;
  /** Runs on AWS Outposts. */
  readonly outpost: boolean;
}

export interface Association {
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly associationId: string;
  readonly associationArn: string;
  readonly roleArn: string;
  readonly tags: Texts;
  /** Milliseconds since the epoch; seconds on the wire. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly disableSessionTags: boolean;
  readonly targetRoleArn?: string;
  readonly externalId?: string;
  readonly policy?: string;
  /** The add-on that owns it. */
  readonly ownerArn?: string;
}

export interface Role {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly roleId: string;
  readonly createdAt: number;
  readonly trustPolicy: string;
  readonly description: string;
  readonly maxSessionSeconds: number;
  readonly permissionsBoundaryArn?: string;
  readonly tags: Texts;
  /** Policy name → document. */
  readonly inlinePolicies: Texts;
  readonly managedPolicyArns: readonly string[];
}

export interface PolicyVersion {
  readonly id: string;
  readonly document: string;
  readonly createdAt: number;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly policyId: string;
  readonly description: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Texts;
  readonly versions: readonly PolicyVersion[];
  readonly defaultVersionId: string;
  /** The number of the newest version ever made: ids are not used twice. */
  readonly lastVersion: number;
}

export interface InstanceProfile {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly profileId: string;
  readonly createdAt: number;
  /** The role in it, if any. */
  readonly roleName?: string;
}

export interface Bucket {
  readonly name: string;
  readonly createdAt: number;
  /** Key → text. */
  readonly objects: Texts;
}

export interface Cluster {
  readonly facts: ClusterFacts;
  readonly arn: string;
  readonly createdAt: number;
  readonly associations: LaggedMap<Association>;
  readonly addons: LaggedMap<Addon>;
  readonly addonUpdates: LaggedMap<AddonUpdate>;
  /** Deleted ones whose software was left in the cluster. */
  readonly preservedAddons: Map<string, Addon>;
  /** Add-on → fields in which a copy that EKS did not install differs from what EKS would. */
  readonly unmanagedAddons: Map<string, readonly string[]>;
}

/** Role and profile names are unique without regard to case. */
export const nameKey = (name: string): string => name.toLowerCase();

/** Names of the lists that associations and roles appear in. */
export const inNamespace = (namespace: string): string => `namespace ${namespace}`;
export const forServiceAccount = (name: string): string => `service account ${name}`;
export const forPair = (namespace: string, serviceAccount: string): string =>
  `pair ${JSON.stringify([namespace, serviceAccount])}`;
export const ownedBy = (addonArn: string): string => `owner ${addonArn}`;
export const withPolicy = (arn: string): string => `policy ${arn}`;
export const boundedBy = (arn: string): string => `boundary ${arn}`;
export const withRole = (name: string): string => `role ${nameKey(name)}`;

const associationLists = ({ namespace, serviceAccount, ownerArn }: Association) => [
  inNamespace(namespace),
  forServiceAccount(serviceAccount),
  forPair(namespace, serviceAccount),
  ...(ownerArn === undefined ? [] : [ownedBy(ownerArn)]),
];

const roleLists = ({ managedPolicyArns, permissionsBoundaryArn }: Role) => [
  ...managedPolicyArns.map(withPolicy),
  ...(permissionsBoundaryArn === undefined ? [] : [boundedBy(permissionsBoundaryArn)]),
];

export class World {
  readonly account: Account;
  readonly clock: Clock;
  readonly ledger: Ledger = { revision: 0 };
  readonly clusters = new Map<string, Cluster>();
  readonly roles: LaggedMap<Role>;
  readonly policies: LaggedMap<ManagedPolicy>;
  readonly awsPolicies: LaggedMap<ManagedPolicy>;
  readonly instanceProfiles: LaggedMap<InstanceProfile>;
  readonly buckets: LaggedMap<Bucket>;
  readonly addonCatalogue: LaggedMap<CatalogueAddon>;
  readonly addonFailures = new AddonFailures();
  readonly tokens: TokenMemory;
  readonly sessions: Sessions;
  readonly #settings: LiveSettings;

  constructor(account: Account, settings: LiveSettings, clock: Clock) {
    this.account = account;
    this.clock = clock;
    this.#settings = settings;
    this.roles = new LaggedMap({ ...this.#time(), groupsOf: roleLists });
    this.policies = new LaggedMap(this.#time());
    this.awsPolicies = new LaggedMap(this.#time());
    this.instanceProfiles = new LaggedMap({
      ...this.#time(),
      groupsOf: ({ roleName }: InstanceProfile) =>
        roleName === undefined ? [] : [withRole(roleName)],
    });
    this.buckets = new LaggedMap(this.#time());
    this.tokens = new TokenMemory(clock);
    this.sessions = new Sessions(clock);
    for (const policy of awsManagedPolicies(account.partition))
      this.awsPolicies.set(policy.arn, policy);
    this.addonCatalogue = new LaggedMap(this.#time());
    for (const addon of addonCatalogue(account.partition))
      this.addonCatalogue.set(addon.name, addon);
  }

  get settings(): Settings {
    return this.#settings.current;
  }

  /** Makes a cluster, or changes one and keeps its associations. */
  putCluster(facts: ClusterFacts): void {
    const { partition, region, id } = this.account;
    const known = this.clusters.get(facts.name);
    this.clusters.set(facts.name, {
      facts,
      arn: `arn:${partition}:eks:${region}:${id}:cluster/${facts.name}`,
      createdAt: known?.createdAt ?? this.clock.now(),
      associations:
        known?.associations ?? new LaggedMap({ ...this.#time(), groupsOf: associationLists }),
      addons: known?.addons ?? new LaggedMap(this.#time()),
      addonUpdates: known?.addonUpdates ?? new LaggedMap(this.#time()),
      preservedAddons: known?.preservedAddons ?? new Map(),
      unmanagedAddons: known?.unmanagedAddons ?? new Map(),
    });
  }

  /** A policy of the account or of AWS. */
  findPolicy(arn: string, lagMs = 0): ManagedPolicy | undefined {
    return this.awsPolicies.get(arn) ?? this.policies.get(arn, lagMs);
  }

  #time(): Omit<LaggedMapOptions<never>, "groupsOf"> {
    return {
      ledger: this.ledger,
      now: () => this.clock.now(),
      horizonMs: () => this.#settings.longestLagMs(),
    };
  }
}
