/** Before anything is written: is the cluster that the settings name the one we run in? */
import type { Cluster } from "../aws/ports.ts";
import { Failure } from "../plan/outcome.ts";
import type { ClusterFacts } from "../plan/resources.ts";

export interface Preflight {
  readonly cluster: Cluster;
  /** The issuer of this cluster's ServiceAccount tokens; `undefined` if it may not be read. */
  readonly issuer: () => Promise<string | undefined>;
}

/**
 * Two clusters' operators with one CLUSTER_NAME would give each other's ServiceAccounts roles. EKS and
 * the API server both name the OIDC issuer, which no two clusters share.
 *
 * @throws Failure ClusterMismatch, ClusterNotFound, or what AWS or Kubernetes said
 */
export async function preflight(
  clusterName: string,
  { cluster, issuer }: Preflight,
): Promise<ClusterFacts> {
  const facts = await cluster.describe(clusterName);
  const ours = await issuer();
  if (ours === undefined || facts.issuer === undefined || ours === facts.issuer) return facts;
  throw new Failure(
    "ClusterMismatch",
    `CLUSTER_NAME=${clusterName} is not the cluster this operator runs in: EKS says its OIDC issuer is ${facts.issuer}, this API server's is ${ours}; set CLUSTER_NAME and AWS_REGION to this cluster's`,
    { kind: "never" },
  );
}
