/** The role that a spec asks us to make. */
import type { RoleSpec } from "../api/pod-identity-association.ts";
import { managedPolicyArn } from "./managed-policies.ts";
import { roleArn } from "./names.ts";
import { Failure } from "./outcome.ts";
import { type Owner, ownershipTags } from "./ownership.ts";
import { fillIn, fillInDocument } from "./placeholders.ts";
import { checkDocument, checkShape, nonWhitespaceLength } from "./policy-document.ts";
import type { AssociationKey, ClusterFacts, DesiredRole, Tags } from "./resources.ts";
import type { Surroundings } from "./surroundings.ts";
import { TRUST_POLICY_MAX, trustPolicy } from "./trust-policy.ts";

/** IAM's limit for all inline policies of a role together, in characters without white space. */
const INLINE_POLICIES_MAX = 10_240;

/** What IAM gives a role that asks for no other duration. */
const DEFAULT_SESSION_SECONDS = 3600;

interface RoleRequest {
  readonly owner: Owner;
  readonly key: AssociationKey;
  /** Where the spec names none. */
  readonly generatedName: string;
  /** The object's tags; the role's own come on top. */
  readonly tags: Tags | undefined;
  readonly surroundings: Surroundings;
}

/** @throws Failure PolicyInvalid, PolicyTooLarge, ManagedPolicyNotFound or PlaceholderUnknown */
export function desiredRole(spec: RoleSpec, request: RoleRequest): DesiredRole {
  const { owner, surroundings } = request;
  const { cluster, rolePath: path } = surroundings;
  const name = spec.name ?? request.generatedName;
  const { partition, accountId } = cluster;
  return {
    name,
    path,
    arn: roleArn({ partition, accountId, path, name }),
    trustPolicy: trust(spec, request),
    description: spec.description ?? "",
    maxSessionSeconds: spec.maxSessionDurationSeconds ?? DEFAULT_SESSION_SECONDS,
    permissionsBoundaryArn:
      spec.permissionsBoundaryArn === undefined
        ? undefined
        : fillIn(spec.permissionsBoundaryArn, cluster),
    tags: { ...request.tags, ...spec.tags, ...ownershipTags(owner) },
    managedPolicyArns: [
      ...new Set(
        (spec.managedPolicies ?? []).map((policy) => managedPolicyArn(policy, surroundings)),
      ),
    ],
    inlinePolicies: inlinePolicies(spec.inlinePolicies ?? [], cluster),
  };
}

function trust(spec: RoleSpec, { key, surroundings }: RoleRequest): string {
  const scope = spec.trustScope ?? surroundings.defaultTrustScope;
  const text = trustPolicy(scope, surroundings.cluster, key);
  if (text.length > TRUST_POLICY_MAX) {
    throw tooLarge(
      `the trust policy has ${text.length} characters, IAM allows ${TRUST_POLICY_MAX}`,
    );
  }
  return text;
}

function inlinePolicies(
  policies: NonNullable<RoleSpec["inlinePolicies"]>,
  cluster: ClusterFacts,
): Readonly<Record<string, string>> {
  // A null prototype: a policy may be named __proto__.
  const texts: Record<string, string> = Object.create(null);
  let total = 0;
  for (const { name, document } of policies) {
    const where = `inline policy "${name}"`;
    checkShape(document, where);
    const filled = fillInDocument(document, cluster);
    checkDocument(filled, where);
    const text = JSON.stringify(filled);
    texts[name] = text;
    total += nonWhitespaceLength(text);
  }
  if (total > INLINE_POLICIES_MAX) {
    throw tooLarge(
      `the inline policies have ${total} characters together, IAM allows ${INLINE_POLICIES_MAX} for a role: move some into a managed policy`,
    );
  }
  return texts;
}

function tooLarge(message: string): Failure {
  return new Failure("PolicyTooLarge", message, { kind: "never" });
}
