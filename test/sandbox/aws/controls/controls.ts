/** The levers of the emulator. Each takes at most one plain value, so that the same levers work over HTTP (`POST /_sandbox/<name>`). */
import type { AdvancingClock } from "../clock.ts";
import type { LiveSettings, Settings, SettingsChange } from "../settings.ts";
import type { Association, ClusterFacts, ManagedPolicy, Role, World } from "../world.ts";
import { type AddonControls, addonControls } from "./addons.ts";
import type { CallFilter, CallLog, CallRecord, Counter } from "./call-log.ts";
import type { FaultSpec, FaultState, Faults } from "./faults.ts";
import * as outOfBand from "./out-of-band.ts";
import { arnsOf, type Identity, identitiesOf, type State, stateOf } from "./state.ts";

export interface Controls extends AddonControls {
  /** Everything that exists, without any lag. */
  state(): State;
  /** ARNs of all that exists, sorted: take it before and after to see that nothing was left. */
  arns(): readonly string[];
  /** ServiceAccounts that EKS's pod webhook knows of at this moment. */
  identities(request: { readonly cluster: string }): readonly Identity[];

  settings(): Settings;
  /** Lags, latency, throttles, denied actions, quotas, unverified answers. */
  configure(change: SettingsChange): Settings;
  /** Puts the emulator's clock forward: lags pass, buckets refill. Milliseconds. */
  advance(request: { readonly ms: number }): void;

  /** Returns the fault's id. */
  addFault(spec: FaultSpec): number;
  faults(): readonly FaultState[];
  /** Calls that hang in it are cut. */
  removeFault(request: { readonly id: number }): void;
  clearFaults(): void;
  /** Resolves once the fault has struck so many times. */
  untilHit(request: { readonly id: number; readonly hits: number }): Promise<void>;

  /** Calls since the last reset, oldest first. */
  calls(filter?: CallFilter): readonly CallRecord[];
  /** By "service:Operation". */
  counters(): Readonly<Record<string, Counter>>;
  resetCalls(): void;

  putCluster(facts: Partial<ClusterFacts> & { readonly name: string }): void;
  /** Its associations go with it (NV). */
  deleteCluster(request: { readonly name: string }): void;
  putAssociation(wanted: outOfBand.NewAssociation): Association;
  changeAssociation(
    request: outOfBand.AssociationRef & { readonly changes: outOfBand.Changes<Association> },
  ): Association;
  deleteAssociation(ref: outOfBand.AssociationRef): void;
  /** A role that trusts EKS Pod Identity, if nothing else is said. */
  putRole(wanted: Partial<Role> & { readonly name: string }): Role;
  changeRole(request: { readonly name: string; readonly changes: outOfBand.Changes<Role> }): Role;
  deleteRole(request: { readonly name: string }): void;
  putPolicy(wanted: outOfBand.NewPolicy): ManagedPolicy;
  deletePolicy(request: { readonly arn: string }): void;
  putBucket(wanted: outOfBand.NewBucket): void;
}

export interface Levers {
  readonly world: World;
  readonly settings: LiveSettings;
  readonly clock: AdvancingClock;
  readonly faults: Faults;
  readonly log: CallLog;
}

const NEW_CLUSTER = { version: "1.36", status: "ACTIVE", autoMode: false, outpost: false };

export function controlsOf({ world, settings, clock, faults, log }: Levers): Controls {
  return {
    state: () => stateOf(world),
    arns: () => arnsOf(world),
    identities: ({ cluster }) => identitiesOf(world, cluster),
    settings: () => settings.current,
    configure: (change) => settings.change(change),
    advance: ({ ms }) => clock.advance(ms),
    addFault: (spec) => faults.add(spec),
    faults: () => faults.states(),
    removeFault: ({ id }) => faults.remove(id),
    clearFaults: () => faults.clear(),
    untilHit: ({ id, hits }) => faults.untilHit(id, hits),
    calls: (filter) => log.records(filter),
    counters: () => log.counters(),
    resetCalls: () => log.reset(),
    putCluster: (facts) => {
      const issuer = defaultIssuer(world, facts.name);
      world.putCluster({
        ...NEW_CLUSTER,
        issuer,
        ...world.clusters.get(facts.name)?.facts,
        ...facts,
      });
    },
    deleteCluster: ({ name }) => {
      world.clusters.delete(name);
    },
    putAssociation: (wanted) => outOfBand.putAssociation(world, wanted),
    changeAssociation: ({ changes, ...ref }) => outOfBand.changeAssociation(world, ref, changes),
    deleteAssociation: (ref) => outOfBand.deleteAssociation(world, ref),
    putRole: (wanted) => outOfBand.putRole(world, wanted),
    changeRole: ({ name, changes }) => outOfBand.changeRole(world, name, changes),
    deleteRole: ({ name }) => outOfBand.deleteRole(world, name),
    putPolicy: (wanted) => outOfBand.putPolicy(world, wanted),
    deletePolicy: ({ arn }) => outOfBand.deletePolicy(world, arn),
    putBucket: (wanted) => outOfBand.putBucket(world, wanted),
    ...addonControls(world),
  };
}

const defaultIssuer = ({ account }: World, name: string) =>
  `https://oidc.eks.${account.region}.amazonaws.com/id/${Buffer.from(name).toString("hex").toUpperCase()}`;
