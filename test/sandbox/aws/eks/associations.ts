/** The five Pod Identity association calls and DescribeCluster, with the checks and refusals of real EKS. */
import {
  type Association,
  type Cluster,
  forPair,
  forServiceAccount,
  inNamespace,
  type World,
} from "../world.ts";
import { addAssociation } from "./new-association.ts";
import { once } from "./once.ts";
import {
  optionalBoolean,
  optionalText,
  optionalTexts,
  type Parameters,
  requiredText,
} from "./parameters.ts";
import { findCluster, pageOf } from "./reads.ts";
import { invalidParameter, noAssociation } from "./refusals.ts";
import { checkRole } from "./role-check.ts";
import { checkSession, externalId, type Session } from "./session.ts";
import { associationShape, clusterShape, summaryShape } from "./shapes.ts";
import { tagFault } from "./tag-fault.ts";

export function createPodIdentityAssociation(world: World, parameters: Parameters): object {
  const cluster = findCluster(world, parameters);
  return once(world, parameters, () => ({
    association: associationShape(create(world, cluster, parameters)),
  }));
}

export function updatePodIdentityAssociation(world: World, parameters: Parameters): object {
  const { cluster, association } = findAssociation(world, parameters);
  return once(world, parameters, () => ({
    association: associationShape(update(world, { cluster, association }, parameters)),
  }));
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
  const namespace = optionalText(parameters, "namespace");
  const { items, ...next } = pageOf(cluster.associations, parameters, {
    group: listFor(namespace, optionalText(parameters, "serviceAccount")),
    lagMs: world.settings.listLagMs,
  });
  return { associations: items.map(summaryShape), ...next };
}

export function describeCluster(world: World, parameters: Parameters): object {
  return { cluster: clusterShape(findCluster(world, parameters), world) };
}

function listFor(namespace: string | undefined, serviceAccount: string | undefined) {
  if (namespace && serviceAccount) return forPair(namespace, serviceAccount);
  if (namespace) return inNamespace(namespace);
  return serviceAccount ? forServiceAccount(serviceAccount) : undefined;
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
  const wanted = { namespace, serviceAccount, roleArn, tags: tags ?? {}, session };
  return addAssociation(world, cluster, wanted);
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
