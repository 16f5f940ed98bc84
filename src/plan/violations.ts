/** What a request asks for that one guardrail does not allow. An absent list allows nothing. */
import type { PodIdentityGuardrailSpec } from "../api/pod-identity-guardrail.ts";
import { inlineViolations } from "./inline-violations.ts";
import { type Effort, exactly, iamPattern, isContained, pathGlob } from "./patterns.ts";
import type { Request, RoleRequest } from "./request.ts";
import type { TrustScope } from "./trust-policy.ts";

/** One thing that is not allowed, with the field of the guardrail that would have to allow it. */
export interface Violation {
  readonly reason: string;
  readonly message: string;
}

type ManagedRoles = NonNullable<PodIdentityGuardrailSpec["managedRoles"]>;

/** From the narrowest to the widest. */
const SCOPES: readonly TrustScope[] = ["ServiceAccount", "Namespace", "Cluster", "Account"];

/**
 * @param rank place of the object among those of its namespace that have a role, from 1; the oldest first
 * @returns nothing if all of it is allowed
 */
export function violations(
  request: Request,
  spec: PodIdentityGuardrailSpec,
  rank: number,
  effort: Effort,
): readonly Violation[] {
  const { serviceAccount, roleArn, role, targetRoleArn } = request;
  return [
    ...(role ? roleViolations(role, spec.managedRoles, rank, effort) : []),
    ...unless(
      roleArn === undefined || isOneOf(roleArn, spec.existingRoles?.allowedArns, effort),
      "RoleNotAllowed",
      `role ${roleArn} is not among existingRoles.allowedArns`,
    ),
    ...unless(
      targetRoleArn === undefined || isOneOf(targetRoleArn, spec.targetRoles?.allowedArns, effort),
      "TargetRoleNotAllowed",
      `target role ${targetRoleArn} is not among targetRoles.allowedArns`,
    ),
    ...unless(
      isNamed(serviceAccount, spec.serviceAccounts, effort),
      "ServiceAccountNotAllowed",
      `ServiceAccount ${serviceAccount} is not among serviceAccounts`,
    ),
    ...unless(
      request.annotations.every((kind) => spec.annotations?.includes(kind)),
      "AnnotationNotAllowed",
      `annotations of kind ${request.annotations.join(" and ")} are not among its annotations`,
    ),
    ...unless(
      request.sessionTags || spec.sessionTags === "Optional",
      "SessionTagsRequired",
      "sessionTags: Disabled is not allowed, remove that line (and sessionPolicy)",
    ),
    ...unless(
      !request.adopts || spec.adoption === "Allowed",
      "AdoptionNotAllowed",
      "adoption is Forbidden",
    ),
  ];
}

function roleViolations(
  role: RoleRequest,
  allowed: ManagedRoles | undefined,
  rank: number,
  effort: Effort,
): readonly Violation[] {
  if (!allowed) {
    const message = "it has no managedRoles, so no role is made; name one that exists by roleArn";
    return [{ reason: "ManagedRoleNotAllowed", message }];
  }
  return [
    ...inlineViolations(role.inlinePolicies, allowed.inlinePolicies, effort),
    ...role.managedPolicyArns
      .filter((arn) => !isOneOf(arn, allowed.allowedManagedPolicyArns, effort))
      .map((arn) => ({
        reason: "ManagedPolicyNotAllowed",
        message: `managed policy ${arn} is not among managedRoles.allowedManagedPolicyArns`,
      })),
    ...settingViolations(role, allowed, effort),
    ...tagViolations(role, allowed.tags, effort),
    ...unless(
      rank <= (allowed.maxRolesPerNamespace ?? Number.POSITIVE_INFINITY),
      "TooManyRoles",
      `${allowed.maxRolesPerNamespace} objects of a namespace may have a role, and this is number ${rank}`,
    ),
  ];
}

function settingViolations(
  role: RoleRequest,
  allowed: ManagedRoles,
  effort: Effort,
): readonly Violation[] {
  const { name, permissionsBoundaryArn: boundary, maxSessionSeconds = 0, trustScope } = role;
  const { permissionsBoundaryArn: forced, maxSessionDurationSeconds: longest } = allowed;
  const scope = SCOPES.indexOf(trustScope ?? "ServiceAccount");
  return [
    ...unless(
      name === undefined || isNamed(name, allowed.roleNames, effort),
      "RoleNameNotAllowed",
      `role name ${name} is not among managedRoles.roleNames; remove spec.role.name to have one generated`,
    ),
    ...unless(
      boundary === undefined || forced === undefined || boundary === forced,
      "BoundaryNotAllowed",
      `permissions boundary ${boundary} is not ${forced}; remove spec.role.permissionsBoundaryArn, the right one is set by itself`,
    ),
    ...unless(
      maxSessionSeconds <= (longest ?? Number.POSITIVE_INFINITY),
      "SessionDurationNotAllowed",
      `a session of ${maxSessionSeconds} seconds is longer than managedRoles.maxSessionDurationSeconds, ${longest}`,
    ),
    ...unless(
      scope <= SCOPES.indexOf(allowed.widestTrustScope),
      "TrustScopeNotAllowed",
      `trustScope ${trustScope} is wider than managedRoles.widestTrustScope, ${allowed.widestTrustScope}`,
    ),
  ];
}

/** IAM's tag keys ignore case. */
function tagViolations(
  { tags }: RoleRequest,
  allowed: ManagedRoles["tags"],
  effort: Effort,
): readonly Violation[] {
  const keys = allowed?.allowedKeys?.map((key) => key.toLowerCase());
  const required = Object.entries(allowed?.required ?? {});
  return Object.entries(tags).flatMap(([key, value]) => {
    const fixed = required.find(([other]) => other.toLowerCase() === key.toLowerCase());
    if (fixed) {
      return unless(
        key === fixed[0] && value === fixed[1],
        "TagNotAllowed",
        `role tag ${key}=${value} is not ${fixed[0]}=${fixed[1]}; remove it, the right one is set by itself`,
      );
    }
    return unless(
      isNamed(key.toLowerCase(), keys, effort),
      "TagNotAllowed",
      `role tag ${key} is not among managedRoles.tags.allowedKeys`,
    );
  });
}

function isOneOf(arn: string, globs: readonly string[] | undefined, effort: Effort): boolean {
  if (effort.isSpent) return false;
  return (globs ?? []).some((glob) => isContained(exactly(arn), pathGlob(glob), effort));
}

function isNamed(name: string, globs: readonly string[] | undefined, effort: Effort): boolean {
  return (globs ?? []).some((glob) => isContained(exactly(name), iamPattern(glob), effort));
}

function unless(isAllowed: boolean, reason: string, message: string): readonly Violation[] {
  return isAllowed ? [] : [{ reason, message }];
}
