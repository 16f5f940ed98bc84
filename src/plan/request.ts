/** What an object asks for, as guardrails judge it: placeholders are filled in, documents are those that are sent. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Desired } from "./desired.ts";
import { type AnnotationKind, annotationsOf } from "./origin.ts";
import type { Tags } from "./resources.ts";
import type { TrustScope } from "./trust-policy.ts";

export interface Request {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** A role that exists; exactly one of this and `role` is there. */
  readonly roleArn: string | undefined;
  readonly role: RoleRequest | undefined;
  readonly targetRoleArn: string | undefined;
  readonly sessionTags: boolean;
  /** Whether it would take over what it did not make. */
  readonly adopts: boolean;
  /** Kinds of ServiceAccount annotations that it comes from; a guardrail has to allow all of them. */
  readonly annotations: readonly AnnotationKind[];
}

/** `undefined`: not asked for. */
export interface RoleRequest {
  /** Chosen by the user; generated names need no permission. */
  readonly name: string | undefined;
  readonly permissionsBoundaryArn: string | undefined;
  readonly maxSessionSeconds: number | undefined;
  readonly trustScope: TrustScope | undefined;
  readonly tags: Tags;
  readonly managedPolicyArns: readonly string[];
  /** Policy name → document, as JSON. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
}

export function requestOf(
  { spec, ...object }: Pick<PodIdentityAssociation, "metadata" | "spec">,
  desired: Desired,
): Request {
  const { key, role, roleArn, session } = desired;
  return {
    ...key,
    roleArn: role ? undefined : roleArn,
    role: role && {
      name: spec.role?.name,
      permissionsBoundaryArn: role.permissionsBoundaryArn,
      maxSessionSeconds: spec.role?.maxSessionDurationSeconds,
      trustScope: spec.role?.trustScope,
      tags: { ...spec.tags, ...spec.role?.tags },
      managedPolicyArns: role.managedPolicyArns,
      inlinePolicies: role.inlinePolicies,
    },
    targetRoleArn: session.targetRoleArn,
    sessionTags: !session.disableSessionTags,
    annotations: annotationsOf(object),
    adopts: ["Association", "AssociationAndRole"].includes(spec.adoptionPolicy),
  };
}
