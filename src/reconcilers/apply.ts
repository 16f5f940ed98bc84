/** Carries out one step of a plan at a time, so that every point between two AWS calls is a place to stop. */
import { RESOURCE_TAG } from "../api/group.ts";
import type { Action, Observed } from "../plan/actions.ts";
import { after, type FoldedAction } from "../plan/fold.ts";
import { isSameRole } from "../plan/names.ts";
import { Failure } from "../plan/outcome.ts";
import type { AssociationKey } from "../plan/resources.ts";
import { readAssociation, readRole } from "./observe.ts";
import type { Aws } from "./ports.ts";

/** What is true after the step. `surprised`: AWS had it already, so the rest of the plan is void. */
export interface Applied {
  readonly observed: Observed;
  readonly surprised: boolean;
}

export async function apply(
  action: Action,
  observed: Observed,
  aws: Aws,
  key: AssociationKey,
): Promise<Applied> {
  switch (action.type) {
    case "CreateRole":
      return createRole(action.role, observed, aws);
    case "CreateAssociation":
      return createAssociation(action, observed, aws);
    default: {
      await carryOut(action, aws);
      const next = after(action, observed);
      note(action, next, aws, key);
      return { observed: next, surprised: false };
    }
  }
}

async function createRole(
  wanted: Extract<Action, { type: "CreateRole" }>["role"],
  observed: Observed,
  aws: Aws,
): Promise<Applied> {
  const created = await aws.roles.create(wanted);
  if (created !== "AlreadyExists") {
    aws.inventory.wroteRole(wanted.name, created);
    return { observed: { ...observed, role: created }, surprised: false };
  }
  const role = await readRole(wanted.name, aws);
  // Ours already: the answer to our create was lost just now, and EKS may not see the role for a while.
  if (role && role.tags[RESOURCE_TAG] === wanted.tags[RESOURCE_TAG])
    aws.inventory.wroteRole(wanted.name, role);
  if (role) return { observed: { ...observed, role }, surprised: true };
  // IAM knows the name and does not show the role: one of its copies lags behind.
  throw new Failure("RolePropagating", `IAM does not show role ${wanted.name} yet`, {
    kind: "after",
    ms: 3_000,
  });
}

async function createAssociation(
  { key, roleArn, tags }: Extract<Action, { type: "CreateAssociation" }>,
  observed: Observed,
  aws: Aws,
): Promise<Applied> {
  const created = await aws.associations.create(key, { roleArn, tags });
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

async function carryOut(action: FoldedAction, { roles, associations }: Aws): Promise<void> {
  switch (action.type) {
    case "SetTrustPolicy":
      return roles.setTrustPolicy(action.name, action.document);
    case "SetDescriptionAndDuration":
      return roles.setDescriptionAndDuration(action.name, action.description, action.seconds);
    case "SetPermissionsBoundary":
      return roles.setPermissionsBoundary(action.name, action.arn);
    case "DeletePermissionsBoundary":
      return roles.deletePermissionsBoundary(action.name);
    case "TagRole":
      return roles.tag(action.name, action.tags);
    case "UntagRole":
      return roles.untag(action.name, action.keys);
    case "AttachPolicy":
      return roles.attachPolicy(action.name, action.arn);
    case "DetachPolicy":
      return roles.detachPolicy(action.name, action.arn);
    case "PutInlinePolicy":
      return roles.putInlinePolicy(action.name, action.policyName, action.document);
    case "DeleteInlinePolicy":
      return roles.deleteInlinePolicy(action.name, action.policyName);
    case "DeleteRole":
      return roles.delete(action.name);
    case "UpdateAssociation":
      await associations.update(action.id, action.roleArn, action.strays);
      return;
    case "TagAssociation":
      return associations.tag(action.arn, action.tags);
    case "UntagAssociation":
      return associations.untag(action.arn, action.keys);
    case "DeleteAssociation":
      return associations.delete(action.id);
  }
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
