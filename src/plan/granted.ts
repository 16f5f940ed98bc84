/** What is wanted once a guardrail has allowed it: with the boundary and the tags that it puts on every role. */
import type { PodIdentityAssociationSpec } from "../api/pod-identity-association.ts";
import type { Grant } from "./authorize.ts";
import type { Adoption, Desired } from "./desired.ts";
import { Failure } from "./outcome.ts";
import type { DesiredRole } from "./resources.ts";

/** IAM's limit for the tags of a role. */
const TAGS_MAX = 50;

/**
 * @param noAdoption why nothing may be taken over although the user has said so
 * @throws Failure TagNotAllowed if the tags of user and guardrail are too many together
 */
export function granted(
  desired: Desired,
  { adoptionPolicy }: Pick<PodIdentityAssociationSpec, "adoptionPolicy">,
  how: { readonly grant: Grant; readonly noAdoption: Failure | undefined },
): Desired {
  const mayAdopt = how.noAdoption === undefined;
  const adopts: Adoption = {
    association: mayAdopt && ["Association", "AssociationAndRole"].includes(adoptionPolicy),
    role: mayAdopt && adoptionPolicy === "AssociationAndRole",
    refused: how.noAdoption,
  };
  return { ...desired, adopts, role: desired.role && grantedRole(desired.role, how.grant) };
}

function grantedRole(role: DesiredRole, grant: Grant): DesiredRole {
  const tags = { ...role.tags, ...grant.tags };
  if (Object.keys(tags).length > TAGS_MAX) {
    throw new Failure(
      "TagNotAllowed",
      `the role has ${Object.keys(tags).length} tags with those that PodIdentityGuardrail ${grant.guardrail} requires, IAM allows ${TAGS_MAX}: remove some of tags or role.tags`,
      { kind: "never" },
    );
  }
  const permissionsBoundaryArn = grant.permissionsBoundaryArn ?? role.permissionsBoundaryArn;
  return { ...role, tags, permissionsBoundaryArn };
}
