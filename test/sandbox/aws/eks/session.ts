/** What an association says about the sessions it gives: session tags, target role, session policy, external id. */
import type { UnverifiedAnswers } from "../settings.ts";
import type { Association, World } from "../world.ts";
import { invalidParameter } from "./refusals.ts";

export type Session = Pick<Association, "disableSessionTags" | "targetRoleArn" | "policy">;

/** `undefined` leaves a member as it is; "" clears it. */
export interface SessionChange {
  readonly targetRoleArn: string | undefined;
  readonly policy: string | undefined;
  readonly disableSessionTags: boolean | undefined;
}

/**
 * NV: whether real EKS clears `policy` with "", whether it checks that the target role exists (not done here),
 * and the texts of these refusals.
 * @throws AwsError InvalidParameterException
 */
export function checkSession(
  world: World,
  before: Session | undefined,
  change: SessionChange,
): Session {
  const { unverified, quotas } = world.settings;
  if (before && change.policy === "" && unverified.emptyPolicy === "Refused") {
    throw invalidParameter("policy can not be empty");
  }
  const targetRoleArn = (change.targetRoleArn ?? before?.targetRoleArn) || undefined;
  const policy = policyAfter(change.policy, before?.policy, unverified.emptyPolicy);
  const disableSessionTags = change.disableSessionTags ?? before?.disableSessionTags ?? false;
  if (targetRoleArn !== undefined && !/^arn:[a-z-]+:iam::\d{12}:role\/./.test(targetRoleArn)) {
    throw invalidParameter("targetRoleArn is not a role ARN");
  }
  if (policy !== undefined) checkPolicy(policy, disableSessionTags, quotas.sessionPolicySize);
  return {
    disableSessionTags,
    ...(targetRoleArn === undefined ? {} : { targetRoleArn }),
    ...(policy === undefined ? {} : { policy }),
  };
}

function policyAfter(
  change: string | undefined,
  before: string | undefined,
  empty: UnverifiedAnswers["emptyPolicy"],
): string | undefined {
  if (change === "" && empty === "Ignored") return before;
  return (change ?? before) || undefined;
}

function checkPolicy(policy: string, disableSessionTags: boolean, most: number): void {
  if (!disableSessionTags) throw invalidParameter("policy requires disableSessionTags to be true");
  if (policy.length > most) throw invalidParameter(`policy must have at most ${most} characters`);
  if (!isJsonObject(policy)) throw invalidParameter("policy is not valid JSON");
}

/** The external id for a target role's trust policy: region/account/cluster/namespace/service account. */
export function externalId(
  { account, settings }: World,
  {
    clusterName,
    namespace,
    serviceAccount,
  }: Pick<Association, "clusterName" | "namespace" | "serviceAccount">,
  { targetRoleArn }: Session,
): Pick<Association, "externalId"> {
  if (targetRoleArn === undefined && settings.unverified.externalId === "WithTargetRole") return {};
  return {
    externalId: [account.region, account.id, clusterName, namespace, serviceAccount].join("/"),
  };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
