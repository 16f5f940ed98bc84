/** Puts a new association into a cluster, for a user or for an add-on, if EKS takes it. */
import { associationId } from "../ids.ts";
import { type Association, type Cluster, forPair, type World } from "../world.ts";
import { associationExists, tooManyAssociations } from "./refusals.ts";
import { checkRole } from "./role-check.ts";
import { externalId, type Session } from "./session.ts";

export type WantedAssociation = Pick<
  Association,
  "namespace" | "serviceAccount" | "roleArn" | "tags" | "ownerArn"
>;

/** @throws AwsError with the refusal of real EKS */
export function addAssociation(
  world: World,
  cluster: Cluster,
  { session, ...wanted }: WantedAssociation & { readonly session: Session },
): Association {
  const clusterName = cluster.facts.name;
  const { namespace, serviceAccount } = wanted;
  const existing = cluster.associations.firstOf(forPair(namespace, serviceAccount));
  if (existing) throw associationExists(clusterName, existing.associationId);
  checkRole(world, wanted.roleArn);
  if (cluster.associations.size >= world.settings.quotas.associationsPerCluster) {
    throw tooManyAssociations(clusterName);
  }
  const id = associationId();
  const now = world.clock.now();
  const association: Association = {
    clusterName,
    ...wanted,
    associationId: id,
    associationArn: `${cluster.arn.replace(":cluster/", ":podidentityassociation/")}/${id}`,
    createdAt: now,
    modifiedAt: now,
    ...session,
    ...externalId(world, { clusterName, namespace, serviceAccount }, session),
  };
  cluster.associations.set(id, association);
  return association;
}
