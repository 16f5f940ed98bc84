/** What a spec wants of AWS: names and ARNs are computed, placeholders filled in, documents checked. */
import type { PodIdentityAssociationSpec } from "../api/pod-identity-association.ts";
import { desiredRole } from "./desired-role.ts";
import { existingRoleArn } from "./existing-role.ts";
import { generatedRoleName } from "./names.ts";
import { Failure } from "./outcome.ts";
import { type Owner, ownershipTags } from "./ownership.ts";
import type { AssociationKey, DesiredRole, DesiredSession, Tags } from "./resources.ts";
import { desiredSession } from "./session.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Desired {
  readonly owner: Owner;
  readonly key: AssociationKey;
  /** `undefined`: the role is somebody else's and only referred to. */
  readonly role: DesiredRole | undefined;
  readonly roleArn: string;
  readonly session: DesiredSession;
  readonly associationTags: Tags;
  /** false: roles are somebody else's business, and no call to IAM changes anything. */
  readonly managesRoles: boolean;
  /** What may be taken over that nobody owns: the user and a guardrail have both said so. */
  readonly adopts: Adoption;
}

export interface Adoption {
  readonly association: boolean;
  readonly role: boolean;
  /** Where the user has said so and no guardrail has: why. */
  readonly refused?: Failure | undefined;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

const NOTHING: Adoption = { association: false, role: false };

/** @throws Failure with what the user has to change; no AWS call is needed to find it. */
export function desired(
  { namespace, name }: ObjectName,
  spec: PodIdentityAssociationSpec,
  surroundings: Surroundings,
): Desired {
  if (spec.role && !surroundings.manageRoles) throw rolesDisabled();
  const owner = ownerOf({ namespace, name }, surroundings);
  const key = { namespace, serviceAccount: spec.serviceAccountName };
  const generatedName = generatedRoleName(surroundings.cluster.arn, namespace, name);
  const request = { owner, key, generatedName, tags: spec.tags, surroundings };
  const role = spec.role && desiredRole(spec.role, request);
  return {
    owner,
    key,
    role,
    roleArn: role?.arn ?? existingRoleArn(spec.roleArn ?? "", surroundings.cluster),
    session: desiredSession(spec, surroundings.cluster),
    associationTags: { ...spec.tags, ...ownershipTags(owner) },
    managesRoles: surroundings.manageRoles,
    adopts: NOTHING,
  };
}

export function ownerOf(
  { namespace, name }: ObjectName,
  { cluster, installation }: Pick<Surroundings, "cluster" | "installation">,
): Owner {
  return { clusterArn: cluster.arn, installation, resource: `${namespace}/${name}` };
}

export function rolesDisabled(): Failure {
  return new Failure(
    "ManagedRolesDisabled",
    "this operator makes no roles (MANAGE_ROLES=false): make the role where your others are, and name it by roleArn instead of role",
    { kind: "never" },
  );
}
