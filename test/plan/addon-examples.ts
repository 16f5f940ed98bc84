/** Builders for the values that tests of add-ons' plans are written in. */
import { type EksAddonSpec, withAddonDefaults } from "../../src/api/eks-addon.ts";
import type { AddonAction, AnyAction } from "../../src/plan/actions.ts";
import {
  type AddonSeen,
  type CatalogueEntry,
  type ObservedAddon,
  type Recommendation,
  roleKey,
} from "../../src/plan/addon.ts";
import { type DesiredAddon, desiredAddon } from "../../src/plan/addon-desired.ts";
import { planAddon } from "../../src/plan/addon-plan.ts";
import { hashDocument } from "../../src/plan/policy-hash.ts";
import type { DesiredRole, ObservedAssociation, ObservedRole } from "../../src/plan/resources.ts";
import { cluster, surroundings } from "./examples.ts";

export const VERSION = "v1.19.0-eksbuild.1";
export const CNI_POLICY = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
export const CNI_ROLE = "arn:aws:iam::111122223333:role/AmazonEKSPodIdentityAmazonVPCCNIRole";
export const OTHER_ROLE = "arn:aws:iam::111122223333:role/team/other";

/** What the add-on of EKSAddon `cni` carries. */
export const addonTags = {
  "podidentity.io/owner": cluster.arn,
  "podidentity.io/installation": "default",
  "podidentity.io/resource": "EKSAddon/cni",
};

export const catalogue: CatalogueEntry = {
  defaultNamespace: "kube-system",
  versions: [
    { version: "v1.20.0-eksbuild.1", isDefault: false, requiresIamPermissions: true },
    { version: VERSION, isDefault: true, requiresIamPermissions: true },
    { version: "v1.9.3-eksbuild.10", isDefault: false, requiresIamPermissions: true },
    { version: "v1.9.3-eksbuild.2", isDefault: false, requiresIamPermissions: false },
  ],
};

export const recommendations: readonly Recommendation[] = [
  { serviceAccount: "aws-node", policies: [CNI_POLICY] },
  { serviceAccount: "aws-node-helper", policies: [] },
];

export function addonSpec(spec: Partial<EksAddonSpec> = {}): EksAddonSpec {
  return withAddonDefaults({ addonName: "vpc-cni", ...spec });
}

/** What EKSAddon `cni` wants. */
export function wantedAddon(
  spec: Partial<EksAddonSpec> = {},
  how: { readonly manageRoles?: boolean; readonly known?: readonly Recommendation[] } = {},
): DesiredAddon {
  return desiredAddon(addonSpec(spec), {
    objectName: "cni",
    namespace: "kube-system",
    version: VERSION,
    recommendations: how.known ?? recommendations,
    surroundings: {
      ...surroundings,
      awsManagedPolicies: undefined,
      manageRoles: how.manageRoles ?? true,
    },
  });
}

export function addonOf(changes: Partial<ObservedAddon> = {}): ObservedAddon {
  return {
    name: "vpc-cni",
    arn: "arn:aws:eks:us-west-2:111122223333:addon/demo/vpc-cni/1",
    status: "ACTIVE",
    version: VERSION,
    namespace: "kube-system",
    configuration: undefined,
    tags: addonTags,
    healthIssues: [],
    associations: [],
    unread: [],
    ...changes,
  };
}

export function inAddon(
  serviceAccount: string,
  roleArn: string,
  tags: Readonly<Record<string, string>> = addonTags,
): ObservedAssociation {
  return {
    namespace: "kube-system",
    serviceAccount,
    id: `a-${serviceAccount}`,
    arn: `arn:aws:eks:us-west-2:111122223333:podidentityassociation/demo/a-${serviceAccount}`,
    ownerArn: addonOf().arn,
    details: {
      roleArn,
      tags,
      targetRoleArn: undefined,
      externalId: undefined,
      disableSessionTags: false,
      policy: undefined,
    },
  };
}

/** The role in AWS as it is wanted. */
export function seenRole(role: DesiredRole, changes: Partial<ObservedRole> = {}): ObservedRole {
  return {
    ...role,
    roleId: "AROAEXAMPLE",
    trustPolicy: hashDocument(role.trustPolicy),
    inlinePolicies: {},
    ...changes,
  };
}

export function seen(
  addon: ObservedAddon | undefined,
  more: Partial<Omit<AddonSeen, "roles">> & { readonly roles?: readonly ObservedRole[] } = {},
): AddonSeen {
  return {
    addon,
    formerRoles: [],
    outside: [],
    shutOut: new Map(),
    abandonedBy: [],
    ...more,
    roles: new Map((more.roles ?? []).map((role) => [roleKey(role.name), role])),
  };
}

/** The types of the steps, or the reason of what stands in the way. */
export function steps(desired: DesiredAddon, around: AddonSeen): readonly string[] {
  const todo = planAddon(desired, around, 10_000);
  if ("conflict" in todo) return [todo.conflict.reason];
  if ("actions" in todo) return todo.actions.map(({ type }) => type);
  return [todo.outcome.kind === "failed" ? todo.outcome.failure.reason : reasonOf(todo.outcome)];
}

function reasonOf(outcome: { readonly kind: string; readonly reason?: string }): string {
  return outcome.reason ?? outcome.kind;
}

/** The first step of that type. */
export function step<T extends AnyAction["type"]>(
  type: T,
  desired: DesiredAddon,
  around: AddonSeen,
): Extract<AnyAction, { type: T }> | undefined {
  const todo = planAddon(desired, around, 10_000);
  const actions = "actions" in todo ? todo.actions : [];
  return actions.find((action): action is Extract<AnyAction, { type: T }> => action.type === type);
}

/** What an UpdateAddon sends, as "ServiceAccount role"; `undefined`: no identities. */
export function sent(desired: DesiredAddon, around: AddonSeen): readonly string[] | undefined {
  const update: Extract<AddonAction, { type: "UpdateAddon" }> | undefined = step(
    "UpdateAddon",
    desired,
    around,
  );
  return update?.identities?.map(({ serviceAccount, roleArn }) => `${serviceAccount} ${roleArn}`);
}
