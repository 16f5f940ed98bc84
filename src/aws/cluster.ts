/** The cluster as EKS describes it. */
import { DescribeClusterCommand, type EKSClient } from "@aws-sdk/client-eks";
import { Failure } from "../plan/outcome.ts";
import type { ClusterFacts } from "../plan/resources.ts";
import type { Cluster } from "./ports.ts";

const CLUSTER_ARN = /^arn:(?<partition>[^:]+):eks:(?<region>[^:]+):(?<accountId>\d{12}):cluster\//;

export class EksCluster implements Cluster {
  readonly #client: EKSClient;

  constructor(client: EKSClient) {
    this.#client = client;
  }

  async describe(name: string): Promise<ClusterFacts> {
    const { cluster } = await this.#client.send(new DescribeClusterCommand({ name }));
    const arn = cluster?.arn ?? "";
    const { partition, region, accountId } = CLUSTER_ARN.exec(arn)?.groups ?? {};
    if (!partition || !region || !accountId) {
      throw new Failure("AWSUnavailable", `EKS gives cluster ${name} no ARN that can be read`, {
        kind: "backoff",
      });
    }
    const issuer = cluster?.identity?.oidc?.issuer || undefined;
    const version = cluster?.version ?? "";
    const isOnOutposts = cluster?.outpostConfig !== undefined;
    const isAutoMode = cluster?.computeConfig?.enabled === true;
    const place = { partition, region, accountId };
    return { name, arn, ...place, issuer, version, isOnOutposts, isAutoMode };
  }
}
