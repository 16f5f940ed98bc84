/** What a spec is read against: what never changes, and AWS's own policies where the spec names some. */
import type { RoleSpec } from "../api/pod-identity-association.ts";
import { namesAwsPolicies } from "../plan/managed-policies.ts";
import { asFailure } from "../plan/outcome.ts";
import type { Fixed, Surroundings } from "../plan/surroundings.ts";
import type { Aws } from "./ports.ts";

export async function surroundingsOf(
  asked: readonly (RoleSpec | undefined)[],
  fixed: Fixed,
  roles: Pick<Aws["roles"], "awsManagedPolicies">,
): Promise<Surroundings> {
  if (!asked.some(namesAwsPolicies)) return { ...fixed, awsManagedPolicies: undefined };
  try {
    return { ...fixed, awsManagedPolicies: await roles.awsManagedPolicies() };
  } catch (thrown) {
    // Without the right to list policies their paths are guessed, which is right for most of them.
    if (asFailure(thrown).reason !== "AccessDenied") throw thrown;
    return { ...fixed, awsManagedPolicies: undefined };
  }
}
