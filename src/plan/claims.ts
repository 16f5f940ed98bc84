/** Which object a ServiceAccount and a role belong to, when several objects name them. */
import type { EksAddon } from "../api/eks-addon.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { originOf } from "./origin.ts";
import { Failure } from "./outcome.ts";
import { fillIn } from "./placeholders.ts";
import { comesBefore } from "./rank.ts";
import type { ClusterFacts } from "./resources.ts";

type Objects = Iterable<PodIdentityAssociation>;

/**
 * Why an object must not have the association of its ServiceAccount: another object claims it that comes before.
 * Where there is an association, its tags decide instead, but for what `cedes` says.
 */
export function duplicateClaim(object: PodIdentityAssociation, all: Objects): Failure | undefined {
  for (const other of all) {
    if (!isRival(other, object) || !hasBetterClaim(other, object)) continue;
    const { namespace, name } = other.metadata;
    return new Failure(
      "DuplicateClaim",
      `ServiceAccount ${namespace}/${object.spec.serviceAccountName} is claimed by PodIdentityAssociation ${namespace}/${name}: delete one of the two objects`,
      { kind: "sweep" },
    );
  }
  return undefined;
}

/** What a person wrote comes before what was made for an annotation or a template, even if that has the association. */
export function cedes(other: PodIdentityAssociation, object: PodIdentityAssociation): boolean {
  const isHandWritten = originOf(object) === "hand-written";
  return isRival(other, object) && isHandWritten && originOf(other) !== "hand-written";
}

/** Another object that names the same ServiceAccount. What goes has no claim any more. */
function isRival(other: PodIdentityAssociation, object: PodIdentityAssociation): boolean {
  return (
    other.metadata.namespace === object.metadata.namespace &&
    other.metadata.uid !== object.metadata.uid &&
    // It may still wait for its role to be let go.
    !other.metadata.deletionTimestamp &&
    other.spec.serviceAccountName === object.spec.serviceAccountName
  );
}

const ORDER = ["hand-written", "annotation", "fan-out"] as const;

function hasBetterClaim(other: PodIdentityAssociation, object: PodIdentityAssociation): boolean {
  const [theirs, ours] = [ORDER.indexOf(originOf(other)), ORDER.indexOf(originOf(object))];
  if (theirs !== ours && Math.min(theirs, ours) === 0) return theirs === 0;
  // Whoever had the association keeps its claim, though it may just be made anew.
  const [had, has] = [other, object].map(({ status }) => status?.associationId !== undefined);
  if (had !== has) return had === true;
  return theirs === ours ? comesBefore(other, object) : theirs < ours;
}

/** Whoever may use a role. */
export interface Users {
  readonly all: Objects;
  readonly addons: Iterable<EksAddon>;
  readonly cluster: ClusterFacts;
}

/**
 * Objects beside its owner that use a role: "namespace/name" or "EKSAddon name", sorted. Whoever merely names the role from
 * another namespace, and may not even be allowed to, must not hold its owner up.
 */
export function usersOf(
  roleArn: string,
  owner: Pick<PodIdentityAssociation, "metadata">,
  { all, addons, cluster }: Users,
): readonly string[] {
  const users = addonsUsing(roleArn, owner, addons);
  for (const { metadata, spec, status } of all) {
    if (metadata.uid === owner.metadata.uid) continue;
    const has = status?.associationId !== undefined && status.roleArn === roleArn;
    const isNeighbour = metadata.namespace === owner.metadata.namespace;
    const asks = isNeighbour && isSame(spec.roleArn ?? "", roleArn, cluster);
    if (has || asks) users.push(`${metadata.namespace}/${metadata.name}`);
  }
  return users.sort();
}

function addonsUsing(
  roleArn: string,
  owner: Pick<PodIdentityAssociation, "metadata">,
  addons: Iterable<EksAddon>,
): string[] {
  return [...addons]
    .filter(({ metadata }) => metadata.uid !== owner.metadata.uid)
    .filter(({ status }) =>
      status?.identities?.some((one) => one.associationArn && one.roleArn === roleArn),
    )
    .map(({ metadata }) => `EKSAddon ${metadata.name}`);
}

function isSame(text: string, roleArn: string, cluster: ClusterFacts): boolean {
  try {
    return fillIn(text, cluster) === roleArn;
  } catch {
    return false;
  }
}
