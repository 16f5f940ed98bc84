/**
 * Associations and clusters as EKS shows them: times in seconds, absent members left out.
 * NV: whether `disableSessionTags` is always shown (here it is).
 */
import type { Association, Cluster, World } from "../world.ts";

/** The record of Create, Describe, Update and Delete. */
export function associationShape(association: Association): object {
  return {
    ...association,
    createdAt: association.createdAt / 1000,
    modifiedAt: association.modifiedAt / 1000,
  };
}

/** List shows these six members and no other: neither role nor tags. */
export function summaryShape({
  clusterName,
  namespace,
  serviceAccount,
  associationArn,
  associationId,
  ownerArn,
}: Association): object {
  return {
    clusterName,
    namespace,
    serviceAccount,
    associationArn,
    associationId,
    ...(ownerArn === undefined ? {} : { ownerArn }),
  };
}

export function clusterShape({ facts, arn, createdAt }: Cluster, { account }: World): object {
  return {
    name: facts.name,
    arn,
    createdAt: createdAt / 1000,
    version: facts.version,
    platformVersion: "eks.4",
    status: facts.status,
    endpoint: `https://${facts.name}.eks.${account.region}.amazonaws.com`,
    roleArn: `arn:${account.partition}:iam::${account.id}:role/${facts.name}-cluster`,
    kubernetesNetworkConfig: { ipFamily: "ipv4", serviceIpv4Cidr: "10.100.0.0/16" },
    identity: { oidc: { issuer: facts.issuer } },
    accessConfig: { authenticationMode: "API" },
    computeConfig: { enabled: facts.autoMode, nodePools: [] },
    ...(facts.outpost
      ? {
          outpostConfig: {
            outpostArns: [
              `arn:${account.partition}:outposts:${account.region}:${account.id}:outpost/op-1`,
            ],
          },
        }
      : {}),
    tags: {},
  };
}
