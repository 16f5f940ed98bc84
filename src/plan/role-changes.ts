/** The difference between a role as it should be and as it is, as actions. */
import type { RoleAction } from "./actions.ts";
import { hashDocument } from "./policy-hash.ts";
import type { DesiredRole, ObservedRole, Tags } from "./resources.ts";

/**
 * What the role gains comes before whatever is to point to it, what it loses after, so that nothing is
 * missing in between. But no pod may ever have what was not granted: what a role has too much goes first
 * while nothing points to it, and before anything that held it in check changes.
 *
 * @param isInUse whether an association points to the role as it is
 */
export function roleSteps(
  desired: DesiredRole,
  found: ObservedRole | undefined,
  isInUse: boolean,
): { readonly before: readonly RoleAction[]; readonly after: readonly RoleAction[] } {
  const grants = roleGrants(desired, found);
  const losses = found ? obsoletePolicies(desired, found) : [];
  const losesLast = isInUse && !grants.some(({ type }) => HOLDS_IN_CHECK.has(type));
  return losesLast
    ? { before: grants, after: losses }
    : { before: [...losses, ...grants], after: [] };
}

/** Who may have the role, and how much of its policies counts. */
const HOLDS_IN_CHECK: ReadonlySet<string> = new Set([
  "SetPermissionsBoundary",
  "DeletePermissionsBoundary",
  "SetTrustPolicy",
]);

/** Everything that an association may need before it points to the role. */
function roleGrants(desired: DesiredRole, found: ObservedRole | undefined): readonly RoleAction[] {
  const before: readonly RoleAction[] = found
    ? settingChanges(desired, found)
    : [{ type: "CreateRole", role: desired }];
  return [...before, ...policyGrants(desired, found)];
}

function settingChanges(desired: DesiredRole, found: ObservedRole): readonly RoleAction[] {
  const { name } = desired;
  const actions: RoleAction[] = [];
  if (desired.permissionsBoundaryArn !== found.permissionsBoundaryArn) {
    actions.push(
      desired.permissionsBoundaryArn === undefined
        ? { type: "DeletePermissionsBoundary", name }
        : { type: "SetPermissionsBoundary", name, arn: desired.permissionsBoundaryArn },
    );
  }
  if (hashDocument(desired.trustPolicy) !== found.trustPolicy) {
    actions.push({ type: "SetTrustPolicy", name, document: desired.trustPolicy });
  }
  if (textsDiffer(desired, found)) {
    const { description, maxSessionSeconds: seconds } = desired;
    actions.push({ type: "SetDescriptionAndDuration", name, description, seconds });
  }
  const { missing, obsolete } = tagChanges(desired.tags, found.tags);
  if (obsolete.length > 0) actions.push({ type: "UntagRole", name, keys: obsolete });
  if (missing) actions.push({ type: "TagRole", name, tags: missing });
  return actions;
}

/** What the bulk read left out is unknown, not different. */
function textsDiffer(desired: DesiredRole, found: ObservedRole): boolean {
  return (
    (found.description !== undefined && found.description !== desired.description) ||
    (found.maxSessionSeconds !== undefined && found.maxSessionSeconds !== desired.maxSessionSeconds)
  );
}

function policyGrants(
  desired: DesiredRole,
  found: ObservedRole | undefined,
): readonly RoleAction[] {
  const { name } = desired;
  const attached = new Set(found?.managedPolicyArns);
  return [
    ...desired.managedPolicyArns
      .filter((arn) => !attached.has(arn))
      .map((arn) => ({ type: "AttachPolicy", name, arn }) as const),
    ...Object.entries(desired.inlinePolicies)
      .filter(([policyName, text]) => found?.inlinePolicies[policyName] !== hashDocument(text))
      .map(
        ([policyName, document]) =>
          ({ type: "PutInlinePolicy", name, policyName, document }) as const,
      ),
  ];
}

/** Policies on the role that the spec does not name (any more): they go last, when nothing needs them. */
function obsoletePolicies(desired: DesiredRole, found: ObservedRole): readonly RoleAction[] {
  const { name } = found;
  const wanted = new Set(desired.managedPolicyArns);
  return [
    ...found.managedPolicyArns
      .filter((arn) => !wanted.has(arn))
      .map((arn) => ({ type: "DetachPolicy", name, arn }) as const),
    ...Object.keys(found.inlinePolicies)
      .filter((policyName) => !Object.hasOwn(desired.inlinePolicies, policyName))
      .map((policyName) => ({ type: "DeleteInlinePolicy", name, policyName }) as const),
  ];
}

/**
 * Tags to write and tag keys to remove. AWS's own (`aws:…`) cannot be removed and are left alone.
 * Remove first: IAM's keys ignore case, so `Team` cannot be written beside `team`.
 */
export function tagChanges(
  desired: Tags,
  found: Tags,
): { readonly missing: Tags | undefined; readonly obsolete: readonly string[] } {
  const missing = Object.entries(desired).filter(([key, value]) => found[key] !== value);
  const obsolete = Object.keys(found).filter(
    (key) => !Object.hasOwn(desired, key) && !key.toLowerCase().startsWith("aws:"),
  );
  return { missing: missing.length > 0 ? Object.fromEntries(missing) : undefined, obsolete };
}
