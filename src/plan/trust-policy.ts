/** The trust policy of a role we make: EKS Pod Identity alone, and no wider than its scope. */
import { POD_IDENTITY_PRINCIPAL } from "../api/group.ts";
import type { ClusterFacts } from "./resources.ts";

/** Who in the account may receive the role: one ServiceAccount, its namespace, the cluster, any cluster of the account. */
export type TrustScope = "ServiceAccount" | "Namespace" | "Cluster" | "Account";

/** IAM's default quota for a trust policy, in characters. */
export const TRUST_POLICY_MAX = 2048;

const ACTIONS = ["sts:AssumeRole", "sts:TagSession"];

/**
 * The statement a role needs at least, for messages: one line of JSON to paste.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export const MINIMAL_TRUST_STATEMENT: string = JSON.stringify({
  Effect: "Allow",
  Principal: { Service: POD_IDENTITY_PRINCIPAL },
  Action: ACTIONS,
});

/**
 * EKS sends namespace, ServiceAccount and cluster as session tags, so a condition on aws:RequestTag
 * holds a session to them. The account condition keeps other accounts' clusters out (confused deputy).
 * At cluster scope the source is the cluster's ARN, which also holds where session tags are off.
 */
export function trustPolicy(
  scope: TrustScope,
  cluster: ClusterFacts,
  subject: { readonly namespace: string; readonly serviceAccount: string },
): string {
  const equals: Record<string, string> = { "aws:SourceAccount": cluster.accountId };
  if (scope === "Namespace" || scope === "ServiceAccount") {
    equals["aws:RequestTag/eks-cluster-arn"] = cluster.arn;
    equals["aws:RequestTag/kubernetes-namespace"] = subject.namespace;
  }
  if (scope === "ServiceAccount") {
    equals["aws:RequestTag/kubernetes-service-account"] = subject.serviceAccount;
  }
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "AllowEksAuthToAssumeRoleForPodIdentity",
        Effect: "Allow",
        Principal: { Service: POD_IDENTITY_PRINCIPAL },
        Action: ACTIONS,
        Condition:
          scope === "Cluster"
            ? { StringEquals: equals, ArnEquals: { "aws:SourceArn": cluster.arn } }
            : { StringEquals: equals },
      },
    ],
  });
}
