/** Which policy a name in `managedPolicies` means: an ARN, or the bare name of an AWS managed policy. */
import type { RoleSpec } from "../api/pod-identity-association.ts";
import { nearestNames } from "./names.ts";
import { Failure } from "./outcome.ts";
import { fillIn } from "./placeholders.ts";
import type { ClusterFacts, DesiredRole } from "./resources.ts";
import type { Surroundings } from "./surroundings.ts";

/** @throws Failure ManagedPolicyNotFound with the names most like it */
export function managedPolicyArn(policy: string, surroundings: Surroundings): string {
  const { cluster, awsManagedPolicies: known } = surroundings;
  const prefix = `arn:${cluster.partition}:iam::aws:policy/`;
  if (!policy.startsWith("arn:")) {
    return known === undefined
      ? `${prefix}${policy}`
      : (known.get(policy) ?? notFound(policy, known));
  }
  const arn = fillIn(policy, cluster);
  checkPlace(arn, cluster);
  if (known && arn.startsWith(prefix)) {
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    if (known.get(name) !== arn) return notFound(arn, known);
  }
  return arn;
}

/** Whether the list of AWS managed policies is needed to understand a spec. */
export function namesAwsPolicies(role: RoleSpec | undefined): boolean {
  return (role?.managedPolicies ?? []).some(
    (policy) => !policy.startsWith("arn:") || policy.includes(":iam::aws:policy/"),
  );
}

/** IAM attaches policies of AWS and of the role's own account, in the same partition. */
function checkPlace(arn: string, { partition, accountId }: ClusterFacts): void {
  const [, inPartition, , , account = ""] = arn.split(":");
  if (inPartition === partition && ["aws", accountId].includes(account)) return;
  throw new Failure(
    "ManagedPolicyNotFound",
    `policy ${arn} is not in the cluster's account and partition (${accountId}, ${partition}); write arn:\${AWS::Partition}:iam::\${AWS::AccountId}:policy/…`,
    { kind: "never" },
  );
}

/** Policies of the account itself, whose existence only a call can show. */
export function ownPolicies(role: DesiredRole): readonly string[] {
  return role.managedPolicyArns.filter((arn) => !arn.includes(":iam::aws:policy/"));
}

/** A role without one of its policies would be half made: it is refused before. */
export function policyMissing(arn: string): Failure {
  return new Failure(
    "ManagedPolicyNotFound",
    `there is no managed policy ${arn}; correct its ARN, or create it`,
    { kind: "sweep" },
  );
}

function notFound(policy: string, known: ReadonlyMap<string, string>): never {
  const name = policy.slice(policy.lastIndexOf("/") + 1);
  const near = nearestNames(name, known.keys());
  const hint = near.length > 0 ? `; did you mean ${near.join(", ")}?` : "";
  throw new Failure(
    "ManagedPolicyNotFound",
    `AWS has no managed policy ${policy}${hint} A policy of your own is named by its ARN`,
    { kind: "never" },
  );
}
