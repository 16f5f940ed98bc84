/** An account with everything that the operator's policies must tell apart. */

import { systemClock } from "../sandbox/aws/clock.ts";
import { addonControls } from "../sandbox/aws/controls/addons.ts";
import { putAssociation, putRole } from "../sandbox/aws/controls/out-of-band.ts";
import type { ServiceName } from "../sandbox/aws/service.ts";
import { LiveSettings } from "../sandbox/aws/settings.ts";
import { type Texts, World } from "../sandbox/aws/world.ts";
import { SANDBOX } from "./aws-documents.ts";

/** What is done, and the call that does it. */
export type Row = readonly [
  what: string,
  service: ServiceName,
  operation: string,
  parameters: Readonly<Record<string, unknown>>,
];

const { accountId, region, clusterName, partition } = SANDBOX;

export const iam = (resource: string): string => `arn:${partition}:iam::${accountId}:${resource}`;
export const CLUSTER = `arn:${partition}:eks:${region}:${accountId}:cluster/${clusterName}`;
export const OTHER_CLUSTER = `arn:${partition}:eks:${region}:${accountId}:cluster/other`;
export const BOUNDARY: string = iam(`policy/podidentity-boundary/${region}-${clusterName}`);
export const OWN_TAGS: Texts = {
  "podidentity.io/owner": CLUSTER,
  "podidentity.io/installation": "default",
  "podidentity.io/resource": "team/own",
};
const FOREIGN_TAGS: Texts = { ...OWN_TAGS, "podidentity.io/owner": OTHER_CLUSTER };
const SIBLING_TAGS: Texts = { ...OWN_TAGS, "podidentity.io/installation": "other" };

export const associationArn = (id: string, cluster = clusterName): string =>
  `arn:${partition}:eks:${region}:${accountId}:podidentityassociation/${cluster}/${id}`;

export const tagList = (tags: Texts): readonly { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Roles that must not gain anything. */
export const OUT_OF_REACH: readonly (readonly [whose: string, name: string])[] = [
  ["another cluster's role", "foreign"],
  ["another installation's role", "sibling"],
  ["a role of nobody", "untagged"],
  ["the administrators' role", "admin"],
  ["itself", "operator"],
  ["a role of its own that has lost its boundary", "unbounded"],
];

export function accountOfEverybody(): World {
  const account = { id: accountId, region, partition };
  const world = new World(account, new LiveSettings(), systemClock);
  for (const name of [clusterName, "other"]) {
    const facts = { version: "1.36", status: "ACTIVE", autoMode: false, outpost: false };
    world.putCluster({ name, issuer: `https://${name}`, ...facts });
  }
  const path = "/podidentity/";
  const permissionsBoundaryArn = BOUNDARY;
  putRole(world, { name: "own", path, tags: OWN_TAGS, permissionsBoundaryArn });
  putRole(world, { name: "unbounded", path, tags: OWN_TAGS });
  putRole(world, { name: "foreign", path, tags: FOREIGN_TAGS, permissionsBoundaryArn });
  putRole(world, { name: "sibling", path, tags: SIBLING_TAGS, permissionsBoundaryArn });
  putRole(world, { name: "untagged", path, permissionsBoundaryArn });
  putRole(world, { name: "admin" });
  putRole(world, { name: "reader", path: "/shared/" });
  putRole(world, { name: "operator", path: "/podidentity-operator/" });
  for (const [name, shared] of [
    ["AmazonEKSPodIdentityAmazonVPCCNIRole", "true"],
    ["AmazonEKSPodIdentityPendingRole", "pending"],
  ] as const) {
    putRole(world, { name, tags: { "podidentity.io/shared": shared } });
  }
  associate(world, "own", OWN_TAGS);
  associate(world, "foreign", SIBLING_TAGS);
  associate(world, "untagged", {});
  associate(world, "operator", { "podidentity.io/owner": "stack" });
  associate(world, "other", OWN_TAGS, "other");
  const { putAddon } = addonControls(world);
  const addonArn = (name: string) =>
    `arn:${partition}:eks:${region}:${accountId}:addon/${clusterName}/${name}/1`;
  putAddon({ cluster: clusterName, name: "vpc-cni", arn: addonArn("vpc-cni"), tags: OWN_TAGS });
  putAddon({ cluster: clusterName, name: "coredns", arn: addonArn("coredns") });
  return world;
}

function associate(world: World, name: string, tags: Texts, cluster = clusterName): void {
  putAssociation(world, {
    clusterName: cluster,
    namespace: "team",
    serviceAccount: name,
    associationId: `a-${name}`,
    roleArn: iam("role/podidentity/own"),
    tags,
  });
}
