/** A step in words, for Events and logs: what was done to what. Never a policy's text. */
import type { Action, SessionChange } from "./actions.ts";

export function inWords(action: Action): string {
  switch (action.type) {
    case "CreateRole":
      return `created role ${action.role.name}`;
    case "SetTrustPolicy":
      return `set the trust policy of role ${action.name}`;
    case "SetDescriptionAndDuration":
      return `set description and session duration of role ${action.name}`;
    case "SetPermissionsBoundary":
      return `set the permissions boundary of role ${action.name}`;
    case "DeletePermissionsBoundary":
      return `removed the permissions boundary of role ${action.name}`;
    case "TagRole":
      return `tagged role ${action.name}: ${some(Object.keys(action.tags))}`;
    case "UntagRole":
      return `removed tags of role ${action.name}: ${some(action.keys)}`;
    case "AttachPolicy":
      return `attached ${action.arn} to role ${action.name}`;
    case "DetachPolicy":
      return `detached ${action.arn} from role ${action.name}`;
    case "PutInlinePolicy":
      return `put inline policy ${action.policyName} on role ${action.name}`;
    case "DeleteInlinePolicy":
      return `removed inline policy ${action.policyName} of role ${action.name}`;
    case "DeleteRole":
      return `deleted role ${action.name}`;
    case "CreateAssociation":
      return `associated ServiceAccount ${action.key.serviceAccount} with ${action.roleArn}`;
    case "UpdateAssociation":
      return `pointed association ${action.id} to ${action.roleArn}${sessionInWords(action.session)}`;
    case "TagAssociation":
      return `tagged the association: ${some(Object.keys(action.tags))}`;
    case "UntagAssociation":
      return `removed tags of the association: ${some(action.keys)}`;
    case "DeleteAssociation":
      return `deleted association ${action.id}`;
  }
}

/** Some dozens of keys of 128 characters would fill an Event. */
const SHOWN = 6;

function some(keys: readonly string[]): string {
  const more = keys.length - SHOWN;
  return `${keys.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const INFINITIVES: Readonly<Record<string, string>> = {
  created: "create",
  removed: "remove",
  tagged: "tag",
  attached: "attach",
  detached: "detach",
  deleted: "delete",
  associated: "associate",
  pointed: "point",
};

/** The same step before it is taken: "create role …". */
export function toBeDone(action: Action): string {
  return inWords(action).replace(/^\w+/, (verb) => INFINITIVES[verb] ?? verb);
}

/** Names only: a session policy is a document, too. */
function sessionInWords(change: SessionChange): string {
  const changes = Object.entries(change).map(([key, value]) =>
    value === "" ? `without ${key}` : `with ${key}${key === "policy" ? "" : ` ${value}`}`,
  );
  return changes.length === 0 ? "" : `, ${changes.join(", ")}`;
}
