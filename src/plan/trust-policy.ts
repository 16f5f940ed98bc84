/** The trust policy of a role we make: EKS Pod Identity alone, and no wider than its scope. */
import { POD_IDENTITY_PRINCIPAL } from "../api/group.ts";
import type { AssociationKey, ClusterFacts } from "./resources.ts";

/** Who in the account may receive the role: one ServiceAccount, its namespace, the cluster, any cluster of the account. */
export type TrustScope = "ServiceAccount" | "Namespace" | "Cluster" | "Account";

/** IAM's default quota for a trust policy, in characters. */
export const TRUST_POLICY_MAX = 2048;

/** What EKS must be allowed to do with a role. */
export const TRUSTED_ACTIONS: readonly string[] = ["sts:AssumeRole", "sts:TagSession"];

/**
 * The statement a role needs at least, for messages: one line of JSON to paste.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export const MINIMAL_TRUST_STATEMENT: string = JSON.stringify({
  Effect: "Allow",
  Principal: { Service: POD_IDENTITY_PRINCIPAL },
  Action: TRUSTED_ACTIONS,
});

/**
 * EKS sends namespace, ServiceAccount and cluster as session tags, so a condition on aws:RequestTag
 * holds a session to them. The account condition keeps other accounts' clusters out (confused deputy).
 * At cluster scope the source is the cluster's ARN, which also holds where session tags are off.
 */
export function trustPolicy(
  scope: TrustScope,
  cluster: ClusterFacts,
  subject: AssociationKey,
): string {
  const equals: Record<string, string> = { "aws:SourceAccount": cluster.accountId };
  if (scope === "Namespace" || scope === "ServiceAccount") {
    equals["aws:RequestTag/eks-cluster-arn"] = cluster.arn;
    equals["aws:RequestTag/kubernetes-namespace"] = subject.namespace;
  }
  if (scope === "ServiceAccount") {
    equals["aws:RequestTag/kubernetes-service-account"] = subject.serviceAccount;
  }
  return documentWith(
    scope === "Cluster"
      ? { StringEquals: equals, ArnEquals: { "aws:SourceArn": cluster.arn } }
      : { StringEquals: equals },
  );
}

/** For a role that all clusters of the account share: one ServiceAccount of that namespace, in any of them. */
export function sharedTrustPolicy(accountId: string, subject: AssociationKey): string {
  return documentWith({
    StringEquals: {
      "aws:SourceAccount": accountId,
      "aws:RequestTag/kubernetes-namespace": subject.namespace,
      "aws:RequestTag/kubernetes-service-account": subject.serviceAccount,
    },
  });
}

function documentWith(Condition: object): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "AllowEksAuthToAssumeRoleForPodIdentity",
        Effect: "Allow",
        Principal: { Service: POD_IDENTITY_PRINCIPAL },
        Action: TRUSTED_ACTIONS,
        Condition,
      },
    ],
  });
}
