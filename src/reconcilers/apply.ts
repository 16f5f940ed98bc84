/** Carries out one step of a plan at a time, so that every point between two AWS calls is a place to stop. */
import { RESOURCE_TAG } from "../api/group.ts";
import { AwsFailure } from "../aws/failures.ts";
import type { Action, Observed } from "../plan/actions.ts";
import { isOnAssociation } from "../plan/calls.ts";
import { after, type FoldedAction } from "../plan/fold.ts";
import { isSameRole } from "../plan/names.ts";
import { Failure } from "../plan/outcome.ts";
import type { AssociationKey, DesiredRole, ObservedRole } from "../plan/resources.ts";
import { readAssociation, readRole } from "./observe.ts";
import type { Aws } from "./ports.ts";
import type { Taken } from "./steps.ts";

type Applied = Taken<Observed>;

export async function apply(
  action: Action,
  observed: Observed,
  aws: Aws,
  key: AssociationKey,
): Promise<Applied> {
  switch (action.type) {
    case "CreateRole":
      return roleCreated(action.role, observed, aws);
    case "CreateAssociation":
      return createAssociation(action, observed, aws);
    default: {
      const next =
        action.type === "UpdateAssociation"
          ? await update(action, observed, aws)
          : await carriedOut(action, observed, aws);
      note(action, next, aws, key);
      return { observed: next, surprised: false };
    }
  }
}

async function roleCreated(wanted: DesiredRole, observed: Observed, aws: Aws): Promise<Applied> {
  const { role, surprised } = await createRole(wanted, aws);
  return { observed: { ...observed, role }, surprised };
}

/** `surprised`: there is one of that name, which is as it is. */
export async function createRole(
  wanted: DesiredRole,
  aws: Pick<Aws, "roles" | "inventory">,
): Promise<{ readonly role: ObservedRole; readonly surprised: boolean }> {
  const created = await aws.roles.create(wanted);
  if (created !== "AlreadyExists") {
    aws.inventory.wroteRole(wanted.name, created);
    return { role: created, surprised: false };
  }
  const role = await readRole(wanted.name, aws);
  // Ours already: the answer to our create was lost just now, and EKS may not see the role for a while.
  const resource = wanted.tags[RESOURCE_TAG];
  if (role && resource !== undefined && role.tags[RESOURCE_TAG] === resource)
    aws.inventory.wroteRole(wanted.name, role);
  if (role) return { role, surprised: true };
  // IAM knows the name and does not show the role: one of its copies lags behind.
  throw new Failure("RolePropagating", `IAM does not show role ${wanted.name} yet`, {
    kind: "after",
    ms: 3_000,
  });
}

async function createAssociation(
  wanted: Extract<Action, { type: "CreateAssociation" }>,
  observed: Observed,
  aws: Aws,
): Promise<Applied> {
  const { key } = wanted;
  const created = await aws.associations.create(wanted);
  if (!("existingId" in created)) {
    aws.inventory.wroteAssociation(key, created);
    return { observed: { ...observed, association: created }, surprised: false };
  }
  const association = await existing(key, created.existingId, aws);
  if (association) return { observed: { ...observed, association }, surprised: true };
  throw new Failure(
    "AssociationPropagating",
    "EKS has an association for this ServiceAccount and does not show it yet",
    { kind: "after", ms: 3_000 },
  );
}

/** The refusal carries the id; without it the ServiceAccount leads there too. */
async function existing(
  key: AssociationKey,
  id: string | undefined,
  aws: Aws,
): Promise<Observed["association"]> {
  if (id === undefined) return readAssociation(key, aws);
  const association = await aws.associations.describe(id);
  aws.inventory.readAssociation(key, association);
  return association;
}

async function carriedOut(
  action: FoldedAction,
  observed: Observed,
  { roles, associations }: Aws,
): Promise<Observed> {
  if (isOnAssociation(action)) await associations.change(action);
  else await roles.change(action);
  return after(action, observed);
}

/**
 * EKS may refuse to clear a session policy with "", or take the "" for nothing (neither is documented).
 * Then only a new association is without one.
 */
async function update(
  action: Extract<Action, { type: "UpdateAssociation" }>,
  observed: Observed,
  aws: Aws,
): Promise<Observed> {
  const clears = action.session.policy === "";
  try {
    const details = await aws.associations.change(action);
    const { association } = after(action, observed);
    const updated = association && details ? { ...association, details } : association;
    const policySticks = clears && details?.policy !== undefined;
    return { ...observed, association: updated, policySticks };
  } catch (thrown) {
    if (!clears || !isRefusedParameter(thrown)) throw thrown;
    return { ...observed, policySticks: true };
  }
}

/** In these words alone; whatever else a 400 may mean must not cost an association. */
function isRefusedParameter(thrown: unknown): boolean {
  return (
    thrown instanceof AwsFailure && ["InvalidParameter", "InvalidRequest"].includes(thrown.code)
  );
}

function note(action: FoldedAction, next: Observed, { inventory }: Aws, key: AssociationKey): void {
  if (!("name" in action)) {
    inventory.wroteAssociation(key, next.association);
    return;
  }
  const role = [next.role, next.handedOver, ...next.formerRoles].find(
    (one) => one && isSameRole(one.name, action.name),
  );
  inventory.wroteRole(action.name, role);
}
