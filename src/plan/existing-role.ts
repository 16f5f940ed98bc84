/** The role that a spec only names: its placeholders are filled in, and EKS would take it. */
import { parseRoleArn } from "./names.ts";
import { Failure } from "./outcome.ts";
import { fillIn } from "./placeholders.ts";
import type { ClusterFacts } from "./resources.ts";

/**
 * EKS passes only roles of the cluster's own account.
 *
 * @throws Failure RoleArnInvalid, RolePartitionMismatch, RoleAccountMismatch or PlaceholderUnknown
 */
export function existingRoleArn(text: string, cluster: ClusterFacts): string {
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
      `${arn} is in account ${role.accountId}, the cluster is in ${cluster.accountId}: EKS takes only roles of the cluster's own account. To use a role of another account, name it in targetRoleArn, beside a role of this account that may assume it`,
    );
  }
  return arn;
}

function invalid(reason: string, message: string): Failure {
  return new Failure(reason, message, { kind: "never" });
}
