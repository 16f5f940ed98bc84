/** What a spec wants of AWS: names and ARNs are computed, placeholders filled in, documents checked. */
import type { PodIdentityAssociationSpec } from "../api/pod-identity-association.ts";
import { desiredRole } from "./desired-role.ts";
import { parseRoleArn } from "./names.ts";
import { Failure } from "./outcome.ts";
import { type Owner, ownershipTags } from "./ownership.ts";
import { fillIn } from "./placeholders.ts";
import type { AssociationKey, ClusterFacts, DesiredRole, Tags } from "./resources.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Desired {
  readonly owner: Owner;
  readonly key: AssociationKey;
  /** `undefined`: the role is somebody else's and only referred to. */
  readonly role: DesiredRole | undefined;
  readonly roleArn: string;
  readonly associationTags: Tags;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** @throws Failure with what the user has to change; no AWS call is needed to find it. */
export function desired(
  { namespace, name }: ObjectName,
  spec: PodIdentityAssociationSpec,
  surroundings: Surroundings,
): Desired {
  const owner = ownerOf({ namespace, name }, surroundings);
  const key = { namespace, serviceAccount: spec.serviceAccountName };
  const role =
    spec.role && desiredRole(spec.role, { owner, key, name, tags: spec.tags, surroundings });
  return {
    owner,
    key,
    role,
    roleArn: role?.arn ?? existingRoleArn(spec.roleArn ?? "", surroundings.cluster),
    associationTags: { ...spec.tags, ...ownershipTags(owner) },
  };
}

export function ownerOf(
  { namespace, name }: ObjectName,
  { cluster, installation }: Pick<Surroundings, "cluster" | "installation">,
): Owner {
  return { clusterArn: cluster.arn, installation, resource: `${namespace}/${name}` };
}

/** EKS passes only roles of the cluster's own account. */
function existingRoleArn(text: string, cluster: ClusterFacts): string {
  const arn = fillIn(text, cluster);
  const role = parseRoleArn(arn);
  if (!role) {
    throw invalid(
      "RoleArnInvalid",
      `${arn} is not the ARN of an IAM role (arn:aws:iam::111122223333:role/name)`,
    );
  }
  if (role.partition !== cluster.partition) {
    throw invalid(
      "RolePartitionMismatch",
      `${arn} is in partition ${role.partition}, the cluster is in ${cluster.partition}; write arn:\${AWS::Partition}:iam::…`,
    );
  }
  if (role.accountId !== cluster.accountId) {
    throw invalid(
      "RoleAccountMismatch",
      `${arn} is in account ${role.accountId}, the cluster is in ${cluster.accountId}: EKS takes only roles of the cluster's own account. To use a role of another account, let a role of this account assume it (targetRoleArn of the EKS association)`,
    );
  }
  return arn;
}

function invalid(reason: string, message: string): Failure {
  return new Failure(reason, message, { kind: "never" });
}
