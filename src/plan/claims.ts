/** Which object a ServiceAccount and a role belong to, when several objects name them. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { Failure } from "./outcome.ts";
import { fillIn } from "./placeholders.ts";
import { comesBefore } from "./rank.ts";
import type { ClusterFacts } from "./resources.ts";

type Objects = Iterable<PodIdentityAssociation>;

/**
 * Why an object without an association must not make one: another object claims the same
 * ServiceAccount, which had it before, or is older (then: the first by name). Where there is an association, its tags decide instead.
 */
export function duplicateClaim(object: PodIdentityAssociation, all: Objects): Failure | undefined {
  const { namespace } = object.metadata;
  const { serviceAccountName } = object.spec;
  for (const other of all) {
    if (other.metadata.namespace !== namespace || other.metadata.uid === object.metadata.uid)
      continue;
    // What goes has no claim any more, though it may still wait for its role to be let go.
    if (other.metadata.deletionTimestamp) continue;
    if (other.spec.serviceAccountName !== serviceAccountName) continue;
    // Whoever had the association keeps its claim, though it may just be made anew.
    const hadIt = other.status?.associationId !== undefined;
    if (!hadIt && !comesBefore(other, object)) continue;
    return new Failure(
      "DuplicateClaim",
      `ServiceAccount ${namespace}/${serviceAccountName} is claimed by PodIdentityAssociation ${namespace}/${other.metadata.name}: delete one of the two objects`,
      { kind: "sweep" },
    );
  }
  return undefined;
}

/**
 * Objects beside its owner that use a role: "namespace/name", sorted. Whoever merely names the role from
 * another namespace, and may not even be allowed to, must not hold its owner up.
 */
export function usersOf(
  roleArn: string,
  owner: PodIdentityAssociation,
  { all, cluster }: { readonly all: Objects; readonly cluster: ClusterFacts },
): readonly string[] {
  const users: string[] = [];
  for (const { metadata, spec, status } of all) {
    if (metadata.uid === owner.metadata.uid) continue;
    const has = status?.associationId !== undefined && status.roleArn === roleArn;
    const isNeighbour = metadata.namespace === owner.metadata.namespace;
    const asks = isNeighbour && isSame(spec.roleArn ?? "", roleArn, cluster);
    if (has || asks) users.push(`${metadata.namespace}/${metadata.name}`);
  }
  return users.sort();
}

function isSame(text: string, roleArn: string, cluster: ClusterFacts): boolean {
  try {
    return fillIn(text, cluster) === roleArn;
  } catch {
    return false;
  }
}
