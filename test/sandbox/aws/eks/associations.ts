/** The five Pod Identity association calls and DescribeCluster, with the checks and refusals of real EKS. */
import { associationId } from "../ids.ts";
import { decodeMarker, encodeMarker } from "../wire/marker.ts";
import {
  type Association,
  type Cluster,
  forPair,
  forServiceAccount,
  inNamespace,
  type World,
} from "../world.ts";
import {
  optionalBoolean,
  optionalText,
  optionalTexts,
  type Parameters,
  pageSize,
  requiredText,
} from "./parameters.ts";
import {
  associationExists,
  invalidParameter,
  noAssociation,
  noCluster,
  tooManyAssociations,
} from "./refusals.ts";
import { checkRole } from "./role-check.ts";
import { checkSession, externalId, type Session } from "./session.ts";
import { associationShape, clusterShape, summaryShape } from "./shapes.ts";
import { tagFault } from "./tags.ts";

export function createPodIdentityAssociation(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  return once(world, parameters, () => create(world, cluster, parameters));
}

export function updatePodIdentityAssociation(world: World, parameters: Parameters): object {
  const { cluster, association } = findAssociation(world, parameters);
  return once(world, parameters, () => update(world, { cluster, association }, parameters));
}

export function deletePodIdentityAssociation(world: World, parameters: Parameters): object {
  const { cluster, association } = findAssociation(world, parameters);
  cluster.associations.delete(association.associationId);
  return { association: associationShape(association) };
}

export function describePodIdentityAssociation(world: World, parameters: Parameters): object {
  return { association: associationShape(findAssociation(world, parameters).association) };
}

export function listPodIdentityAssociations(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  const token = optionalText(parameters, "nextToken");
  const after = token === undefined ? undefined : decodeMarker(token);
  if (token !== undefined && after === undefined) throw invalidParameter("Invalid nextToken");
  const page = cluster.associations.page({
    group: listFor(
      optionalText(parameters, "namespace"),
      optionalText(parameters, "serviceAccount"),
    ),
    after,
    limit: pageSize(parameters),
    lagMs: world.settings.listLagMs,
  });
  return {
    associations: page.items.map(summaryShape),
    ...(page.next === undefined ? {} : { nextToken: encodeMarker(page.next) }),
  };
}

export function describeCluster(world: World, parameters: Parameters): object {
  return { cluster: clusterShape(findCluster(world, parameters), world) };
}

function listFor(namespace: string | undefined, serviceAccount: string | undefined) {
  if (namespace && serviceAccount) return forPair(namespace, serviceAccount);
  if (namespace) return inNamespace(namespace);
  return serviceAccount ? forServiceAccount(serviceAccount) : undefined;
}

function findCluster(world: World, parameters: Parameters): Cluster {
  const name = requiredText(parameters, "clusterName");
  const cluster = world.clusters.get(name);
  if (!cluster) throw noCluster(name);
  return cluster;
}

interface Found {
  readonly cluster: Cluster;
  readonly association: Association;
}

function findAssociation(world: World, parameters: Parameters): Found {
  const cluster = findCluster(world, parameters);
  const id = requiredText(parameters, "associationId");
  const association = cluster.associations.get(id);
  if (!association) throw noAssociation(cluster.facts.name, id);
  return { cluster, association };
}

function create(world: World, cluster: Cluster, parameters: Parameters): Association {
  const clusterName = cluster.facts.name;
  const namespace = requiredText(parameters, "namespace");
  const serviceAccount = requiredText(parameters, "serviceAccount");
  const roleArn = optionalText(parameters, "roleArn");
  if (roleArn === undefined) throw invalidParameter("roleArn can not be null");
  const tags = optionalTexts(parameters, "tags");
  const fault = tags && tagFault(tags, world.settings.quotas.tagsPerResource);
  if (fault) throw invalidParameter(fault, clusterName);
  const session = sessionOf(world, undefined, parameters);
  const existing = cluster.associations.firstOf(forPair(namespace, serviceAccount));
  if (existing) throw associationExists(clusterName, existing.associationId);
  checkRole(world, roleArn);
  if (cluster.associations.size >= world.settings.quotas.associationsPerCluster) {
    throw tooManyAssociations(clusterName);
  }
  const id = associationId();
  const now = world.clock.now();
  const association: Association = {
    clusterName,
    namespace,
    serviceAccount,
    associationId: id,
    associationArn: `${cluster.arn.replace(":cluster/", ":podidentityassociation/")}/${id}`,
    roleArn,
    tags: tags ?? {},
    createdAt: now,
    modifiedAt: now,
    ...session,
    ...externalId(world, { clusterName, namespace, serviceAccount }, session),
  };
  cluster.associations.set(id, association);
  return association;
}

function update(
  world: World,
  { cluster, association }: Found,
  parameters: Parameters,
): Association {
  const roleArn = optionalText(parameters, "roleArn");
  const changes = ["roleArn", "targetRoleArn", "disableSessionTags", "policy"];
  if (changes.every((name) => (parameters[name] ?? undefined) === undefined)) {
    throw invalidParameter(
      "At least one of the association's parameters must be changed",
      cluster.facts.name,
    );
  }
  const session = sessionOf(world, association, parameters);
  checkRole(world, roleArn ?? association.roleArn);
  const { targetRoleArn: _target, policy: _policy, externalId: _id, ...rest } = association;
  const changed: Association = {
    ...rest,
    ...session,
    ...externalId(world, association, session),
    roleArn: roleArn ?? association.roleArn,
    modifiedAt: world.clock.now(),
  };
  cluster.associations.set(association.associationId, changed);
  return changed;
}

function sessionOf(world: World, before: Session | undefined, parameters: Parameters): Session {
  return checkSession(world, before, {
    targetRoleArn: optionalText(parameters, "targetRoleArn"),
    policy: optionalText(parameters, "policy"),
    disableSessionTags: optionalBoolean(parameters, "disableSessionTags"),
  });
}

/** Runs a write once per idempotency token. */
function once(world: World, parameters: Parameters, write: () => Association): object {
  const { clientRequestToken: token, ...rest } = parameters;
  if (typeof token !== "string") return { association: associationShape(write()) };
  const known = world.tokens.find<Association>(token, rest);
  if (known && !known.same && world.settings.unverified.tokenReuse === "Refused") {
    throw invalidParameter("clientRequestToken was already used with different parameters");
  }
  const association = known?.answer ?? write();
  if (!known) world.tokens.remember(token, rest, association);
  return { association: associationShape(association) };
}
