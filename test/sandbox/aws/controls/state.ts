/** What exists, as plain values: for assertions, for people, and to see that a test left nothing behind. */
import type { Addon } from "../eks/addons/addon.ts";
import { settleAddons } from "../eks/addons/work.ts";
import type {
  Association,
  Bucket,
  ClusterFacts,
  InstanceProfile,
  ManagedPolicy,
  Role,
  World,
} from "../world.ts";

export interface State {
  readonly clusters: readonly (ClusterFacts & { readonly arn: string })[];
  readonly associations: readonly Association[];
  readonly roles: readonly Role[];
  /** The account's own. */
  readonly policies: readonly ManagedPolicy[];
  readonly instanceProfiles: readonly InstanceProfile[];
  readonly addons: readonly Addon[];
  readonly buckets: readonly Bucket[];
}

/** As it is, without any lag. */
export function stateOf(world: World): State {
  settleAddons(world);
  const clusters = [...world.clusters.values()];
  return {
    clusters: clusters.map(({ facts, arn }) => ({ ...facts, arn })),
    associations: clusters.flatMap(({ associations }) => [...associations.values()]),
    roles: [...world.roles.values()],
    policies: [...world.policies.values()],
    instanceProfiles: [...world.instanceProfiles.values()],
    addons: clusters.flatMap(({ addons }) => [...addons.values()]),
    buckets: [...world.buckets.values()],
  };
}

/** The ARNs of all associations, roles, policies, instance profiles, add-ons and buckets: equal before and after means nothing was left. */
export function arnsOf(world: World): readonly string[] {
  const { associations, roles, policies, instanceProfiles, addons, buckets } = stateOf(world);
  return [
    ...associations.map(({ associationArn }) => associationArn),
    ...[...roles, ...policies, ...instanceProfiles, ...addons].map(({ arn }) => arn),
    ...buckets.map(({ name }) => `arn:${world.account.partition}:s3:::${name}`),
  ].sort();
}

export interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** The ServiceAccounts whose pods EKS's webhook would give credentials to at this moment. */
export function identitiesOf(world: World, clusterName: string): readonly Identity[] {
  settleAddons(world);
  const page = world.clusters.get(clusterName)?.associations.page({
    limit: Infinity,
    lagMs: world.settings.webhookLagMs,
  });
  return (page?.items ?? []).map(({ namespace, serviceAccount }) => ({
    namespace,
    serviceAccount,
  }));
}
