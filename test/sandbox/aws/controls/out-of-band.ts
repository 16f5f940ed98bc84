/** Changes that nobody asked AWS's API for: what another team, a console user or an add-on would do behind the operator's back. */
import { associationId, iamId } from "../ids.ts";
import {
  type Association,
  type Cluster,
  forPair,
  type ManagedPolicy,
  nameKey,
  type Role,
  type World,
} from "../world.ts";

/** An association by its cluster and id, or by its ServiceAccount. */
export type AssociationRef = { readonly cluster: string } & (
  | { readonly id: string }
  | { readonly namespace: string; readonly serviceAccount: string }
);

/** Members to replace; `null` removes one. */
export type Changes<T> = { readonly [M in keyof T]?: T[M] | null };

export interface NewAssociation extends Partial<Association> {
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: string;
}

/** Puts an association there, without looking at its role. An `ownerArn` makes it an add-on's. */
export function putAssociation(world: World, wanted: NewAssociation): Association {
  const cluster = clusterOf(world, wanted.clusterName);
  const now = world.clock.now();
  const id = wanted.associationId ?? associationId();
  const association: Association = {
    associationId: id,
    associationArn: `${cluster.arn.replace(":cluster/", ":podidentityassociation/")}/${id}`,
    tags: {},
    createdAt: now,
    modifiedAt: now,
    disableSessionTags: false,
    ...wanted,
  };
  cluster.associations.set(id, association);
  return association;
}

export function changeAssociation(
  world: World,
  ref: AssociationRef,
  changes: Changes<Association>,
): Association {
  const { cluster, association } = findAssociation(world, ref);
  const changed = changedBy(association, changes);
  cluster.associations.set(association.associationId, changed);
  return changed;
}

export function deleteAssociation(world: World, ref: AssociationRef): void {
  const { cluster, association } = findAssociation(world, ref);
  cluster.associations.delete(association.associationId);
}

/** A role that trusts EKS Pod Identity, if nothing else is said. Replaces one of the same name. */
export function putRole(world: World, wanted: Partial<Role> & { readonly name: string }): Role {
  const { partition, id } = world.account;
  const path = wanted.path ?? "/";
  const role: Role = {
    path,
    arn: `arn:${partition}:iam::${id}:role${path}${wanted.name}`,
    roleId: iamId("AROA"),
    createdAt: world.clock.now(),
    trustPolicy: TRUST,
    description: "",
    maxSessionSeconds: 3600,
    tags: {},
    inlinePolicies: {},
    managedPolicyArns: [],
    ...wanted,
  };
  world.roles.set(nameKey(role.name), role);
  return role;
}

export function changeRole(world: World, name: string, changes: Changes<Role>): Role {
  const role = world.roles.get(nameKey(name));
  if (!role) throw new Error(`the emulator has no role ${name}`);
  const changed = changedBy(role, changes);
  world.roles.set(nameKey(name), changed);
  return changed;
}

/** Whatever is attached to it. */
export function deleteRole(world: World, name: string): void {
  world.roles.delete(nameKey(name));
}

export interface NewPolicy {
  readonly name: string;
  readonly path?: string;
  readonly document?: string;
  /** One of AWS's own policies instead of the account's. */
  readonly awsOwned?: boolean;
}

export function putPolicy(world: World, wanted: NewPolicy): ManagedPolicy {
  const { name, path = "/", document = PERMISSIONS, awsOwned = false } = wanted;
  const { partition, id } = world.account;
  const now = world.clock.now();
  const policy: ManagedPolicy = {
    name,
    path,
    arn: `arn:${partition}:iam::${awsOwned ? "aws" : id}:policy${path}${name}`,
    policyId: iamId("ANPA"),
    description: "",
    createdAt: now,
    updatedAt: now,
    tags: {},
    versions: [{ id: "v1", document, createdAt: now }],
    defaultVersionId: "v1",
    lastVersion: 1,
  };
  (awsOwned ? world.awsPolicies : world.policies).set(policy.arn, policy);
  return policy;
}

/** Also while it is attached. */
export function deletePolicy(world: World, arn: string): void {
  world.policies.delete(arn);
  world.awsPolicies.delete(arn);
}

export interface NewBucket {
  readonly name: string;
  /** Key → text. */
  readonly objects?: Readonly<Record<string, string>>;
}

export function putBucket(world: World, { name, objects = {} }: NewBucket): void {
  world.buckets.set(name, { name, objects, createdAt: world.clock.now() });
}

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    },
  ],
});

const PERMISSIONS = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" }],
});

export function clusterOf(world: World, name: string): Cluster {
  const cluster = world.clusters.get(name);
  if (!cluster) throw new Error(`the emulator has no cluster ${name}`);
  return cluster;
}

function findAssociation(world: World, ref: AssociationRef) {
  const cluster = clusterOf(world, ref.cluster);
  const association =
    "id" in ref
      ? cluster.associations.get(ref.id)
      : cluster.associations.firstOf(forPair(ref.namespace, ref.serviceAccount));
  if (!association) throw new Error(`the emulator has no association ${JSON.stringify(ref)}`);
  return { cluster, association };
}

export function changedBy<T extends object>(value: T, changes: Changes<T>): T {
  const entries = Object.entries({ ...value, ...changes }).filter(([, member]) => member !== null);
  return Object.fromEntries(entries) as T;
}
