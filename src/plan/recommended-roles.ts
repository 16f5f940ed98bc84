/**
 * The roles that AWS's console makes for the ServiceAccounts of its add-ons: of these names, with the
 * policies that EKS recommends, shared by all clusters of an account. Nobody owns them here either.
 */
import { SHARED_TAG } from "../api/group.ts";
import type { RoleAction } from "./actions.ts";
import { managedPolicyArn } from "./managed-policies.ts";
import { roleArn, roleNameWithin } from "./names.ts";
import { Failure } from "./outcome.ts";
import type { AssociationKey, ClusterFacts, DesiredRole, ObservedRole } from "./resources.ts";
import type { Surroundings } from "./surroundings.ts";
import { sharedTrustPolicy } from "./trust-policy.ts";

/** By add-on and ServiceAccount. The console's default names, as public configurations have them (2026-11). */
const CONSOLE_NAMES: Readonly<Record<string, string>> = {
  "vpc-cni/aws-node": "AmazonEKSPodIdentityAmazonVPCCNIRole",
  "aws-ebs-csi-driver/ebs-csi-controller-sa": "AmazonEKSPodIdentityAmazonEBSCSIDriverRole",
  "aws-efs-csi-driver/efs-csi-controller-sa": "AmazonEKSPodIdentityAmazonEFSCSIDriverRole",
  "amazon-cloudwatch-observability/cloudwatch-agent":
    "AmazonEKSPodIdentityAmazonCloudWatchObservabilityRole",
  "external-dns/external-dns": "AmazonEKSPodIdentityExternalDNSRole",
  "aws-network-flow-monitoring-agent/aws-network-flow-monitor-agent-service-account":
    "AmazonEKSPodIdentityAWSNetworkFlowMonitorAgentRole",
};

const PENDING = "pending";
const DONE = "true";

/** No cluster in it: the next cluster of the account has to find the same role. */
export function recommendedRoleName(addonName: string, serviceAccount: string): string {
  return (
    CONSOLE_NAMES[`${addonName}/${serviceAccount}`] ??
    roleNameWithin(`AmazonEKSPodIdentity-${addonName}-${serviceAccount}`)
  );
}

/** As it is made where there is none. */
export function recommendedRole(
  addonName: string,
  { key, policies }: { readonly key: AssociationKey; readonly policies: readonly string[] },
  surroundings: Surroundings,
): DesiredRole {
  const { partition, accountId } = surroundings.cluster;
  const name = recommendedRoleName(addonName, key.serviceAccount);
  const path = "/";
  return {
    name,
    path,
    arn: roleArn({ partition, accountId, path, name }),
    trustPolicy: sharedTrustPolicy(accountId, key),
    description: `Recommended by AWS for ServiceAccount ${key.serviceAccount} of EKS add-on ${addonName}; shared by the clusters of this account`,
    maxSessionSeconds: 3600,
    permissionsBoundaryArn: undefined,
    tags: { [SHARED_TAG]: PENDING },
    managedPolicyArns: policies.map((policy) => policyArn(policy, surroundings)),
    inlinePolicies: {},
  };
}

/** EKS's catalogue names policies of AWS; it may do so in the partition of its documentation. */
function policyArn(policy: string, surroundings: Surroundings): string {
  const { partition }: ClusterFacts = surroundings.cluster;
  const here = policy.replace(/^arn:[^:]+:iam::aws:/, `arn:${partition}:iam::aws:`);
  return managedPolicyArn(here, { ...surroundings, awsManagedPolicies: undefined });
}

/**
 * What has to be done until it may be used. One that was left half made by an operator that was killed is
 * finished by whoever comes next; any other is used as it stands or not at all.
 *
 * @param shutOut why its trust policy does not let the ServiceAccount in; `undefined`: it does
 */
export function recommendedRoleSteps(
  wanted: DesiredRole,
  found: ObservedRole | undefined,
  { shutOut, manageRoles }: { readonly shutOut: string | undefined; readonly manageRoles: boolean },
): readonly RoleAction[] | Failure {
  const isPending = found === undefined || found.tags[SHARED_TAG] === PENDING;
  const fault = found && faultOf(wanted, found, { shutOut, isPending });
  if (fault !== undefined) return unsuitable(wanted, fault);
  if (!isPending) return [];
  if (!manageRoles) return toBeMade(wanted);
  const { name } = wanted;
  const attached = new Set(found?.managedPolicyArns);
  return [
    ...(found ? [] : [{ type: "CreateRole", role: wanted } as const]),
    ...wanted.managedPolicyArns
      .filter((arn) => !attached.has(arn))
      .map((arn) => ({ type: "AttachPolicy", name, arn }) as const),
    { type: "TagRole", name, tags: { [SHARED_TAG]: DONE } },
  ];
}

function faultOf(
  wanted: DesiredRole,
  found: ObservedRole,
  { shutOut, isPending }: { readonly shutOut: string | undefined; readonly isPending: boolean },
): string | undefined {
  if (shutOut !== undefined) return shutOut;
  const missing = wanted.managedPolicyArns.filter((arn) => !found.managedPolicyArns.includes(arn));
  const more = found.managedPolicyArns.filter((arn) => !wanted.managedPolicyArns.includes(arn));
  const inline = Object.keys(found.inlinePolicies);
  if (missing.length > 0 && !isPending) return `it lacks ${missing.join(", ")}`;
  if (more.length > 0) return `it has ${more.join(", ")}, which AWS does not recommend`;
  return inline.length > 0 ? `it has the inline policy ${inline.join(", ")}` : undefined;
}

function unsuitable({ name, managedPolicyArns }: DesiredRole, fault: string): Failure {
  return new Failure(
    "RecommendedRoleUnsuitable",
    `role ${name} exists and is not what AWS recommends: ${fault}. It is shared by the account, so no operator changes it; put it right (policies ${managedPolicyArns.join(", ")} alone), delete it, or name another role in spec.identities by roleArn or role`,
    { kind: "sweep" },
  );
}

function toBeMade({ name, managedPolicyArns, trustPolicy }: DesiredRole): Failure {
  return new Failure(
    "ManagedRolesDisabled",
    `this operator makes no roles (MANAGE_ROLES=false), and there is no finished role ${name}: make it with the policies ${managedPolicyArns.join(", ")} and the trust policy ${trustPolicy}`,
    { kind: "sweep" },
  );
}
