/** The policies that count for a role's sessions. */
import type { Role, World } from "../world.ts";
import type { Policies } from "./evaluate.ts";

export function policiesOf(world: World, role: Role, session?: string): Policies {
  const { inlinePolicies, managedPolicyArns, permissionsBoundaryArn } = role;
  const managed = managedPolicyArns.flatMap((arn) => documentOf(world, arn) ?? []);
  return {
    identity: [...Object.values(inlinePolicies), ...managed],
    // A boundary that is no more allows nothing.
    boundary:
      permissionsBoundaryArn === undefined
        ? undefined
        : (documentOf(world, permissionsBoundaryArn) ?? NOTHING),
    session,
  };
}

const NOTHING = JSON.stringify({ Version: "2012-10-17", Statement: [] });

function documentOf(world: World, arn: string): string | undefined {
  const policy = world.findPolicy(arn);
  return policy?.versions.find(({ id }) => id === policy.defaultVersionId)?.document;
}
