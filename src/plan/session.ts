/** What a spec wants of the sessions that an association gives: target role, session tags, session policy. */
import type { PodIdentityAssociationSpec } from "../api/pod-identity-association.ts";
import type { SessionChange } from "./actions.ts";
import { parseRoleArn } from "./names.ts";
import { Failure } from "./outcome.ts";
import { fillIn, fillInDocument } from "./placeholders.ts";
import { checkDocument, checkShape } from "./policy-document.ts";
import { hashDocument } from "./policy-hash.ts";
import type {
  AssociationDetails,
  AssociationKey,
  ClusterFacts,
  DesiredSession,
} from "./resources.ts";

/** STS's limit for an inline session policy, in characters. */
export const SESSION_POLICY_MAX = 2048;

/** @throws Failure RoleArnInvalid, RolePartitionMismatch, PolicyInvalid, PolicyTooLarge or PlaceholderUnknown */
export function desiredSession(
  spec: Pick<PodIdentityAssociationSpec, "targetRoleArn" | "sessionTags" | "sessionPolicy">,
  cluster: ClusterFacts,
): DesiredSession {
  return {
    targetRoleArn: targetRoleArn(spec.targetRoleArn, cluster),
    disableSessionTags: spec.sessionTags === "Disabled",
    policy: sessionPolicy(spec.sessionPolicy, cluster),
  };
}

/** It may be in any account, but no role is assumed across partitions. */
function targetRoleArn(text: string | undefined, cluster: ClusterFacts): string | undefined {
  if (text === undefined) return undefined;
  const arn = fillIn(text, cluster);
  const role = parseRoleArn(arn);
  if (!role) {
    throw new Failure(
      "RoleArnInvalid",
      `targetRoleArn ${arn} is not the ARN of an IAM role (arn:aws:iam::111122223333:role/name)`,
      { kind: "never" },
    );
  }
  if (role.partition !== cluster.partition) {
    throw new Failure(
      "RolePartitionMismatch",
      `target role ${arn} is in partition ${role.partition}, the cluster is in ${cluster.partition}; write arn:\${AWS::Partition}:iam::…`,
      { kind: "never" },
    );
  }
  return arn;
}

function sessionPolicy(document: unknown, cluster: ClusterFacts): string | undefined {
  if (document === undefined) return undefined;
  checkShape(document, "sessionPolicy");
  const filled = fillInDocument(document, cluster);
  checkDocument(filled, "sessionPolicy");
  const text = JSON.stringify(filled);
  if (text.length <= SESSION_POLICY_MAX) return text;
  throw new Failure(
    "PolicyTooLarge",
    `sessionPolicy has ${text.length} characters, EKS allows ${SESSION_POLICY_MAX}: shorten it, or move statements into a policy of the role`,
    { kind: "never" },
  );
}

/**
 * What has to change. Clearing a session policy stands apart from all else: whether EKS can do it is not
 * documented, so its refusal must be told from that of another change.
 */
export function sessionChanges(
  wanted: DesiredSession,
  found: AssociationDetails,
): {
  readonly ordinary: SessionChange | undefined;
  readonly clearing: SessionChange | undefined;
} {
  const { targetRoleArn: target, disableSessionTags, policy } = wanted;
  const targetChange = target === found.targetRoleArn ? {} : { targetRoleArn: target ?? "" };
  const tagChange = disableSessionTags === found.disableSessionTags ? {} : { disableSessionTags };
  if (policy === undefined && found.policy !== undefined) {
    // Session tags can only come back together with, or after, the end of the policy.
    return { ordinary: orNone(targetChange), clearing: { policy: "", ...tagChange } };
  }
  const policyChange = policy === undefined || isSamePolicy(policy, found.policy) ? {} : { policy };
  const ordinary = orNone({ ...targetChange, ...tagChange, ...policyChange });
  return { ordinary, clearing: undefined };
}

function orNone(change: SessionChange): SessionChange | undefined {
  return Object.keys(change).length > 0 ? change : undefined;
}

function isSamePolicy(text: string, hash: string | undefined): boolean {
  return hash === hashDocument(text);
}

/**
 * The trust policy that the target role needs, as one line of JSON to paste. With session tags, which are
 * passed on, the tags tell who asks; without them the external id does, and sts:TagSession stands apart
 * because it carries none.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html
 */
export function targetTrustPolicy(
  roleArn: string,
  {
    cluster,
    key,
    tags,
    externalId,
  }: {
    readonly cluster: ClusterFacts;
    readonly key: AssociationKey;
    /** Whether sessions carry tags. */
    readonly tags: boolean;
    readonly externalId: string;
  },
): string {
  const Principal = { AWS: `arn:${cluster.partition}:iam::${cluster.accountId}:root` };
  const from = { ArnEquals: { "aws:PrincipalArn": roleArn } };
  const allow = (Action: string | readonly string[], StringEquals?: object) => ({
    Effect: "Allow",
    Principal,
    Action,
    Condition: StringEquals ? { ...from, StringEquals } : from,
  });
  const Statement = tags
    ? [
        allow(["sts:AssumeRole", "sts:TagSession"], {
          "aws:RequestTag/eks-cluster-arn": cluster.arn,
          "aws:RequestTag/kubernetes-namespace": key.namespace,
          "aws:RequestTag/kubernetes-service-account": key.serviceAccount,
        }),
      ]
    : [allow("sts:AssumeRole", { "sts:ExternalId": externalId }), allow("sts:TagSession")];
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

/** EKS's own external id for an association; used where its answer has none. */
export function externalIdOf(
  cluster: ClusterFacts,
  { namespace, serviceAccount }: AssociationKey,
): string {
  return [cluster.region, cluster.accountId, cluster.name, namespace, serviceAccount].join("/");
}
