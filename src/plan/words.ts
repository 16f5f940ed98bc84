/** A step in words, for Events and logs: what was done to what. Never a policy's text. */
import type { Action } from "./actions.ts";

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
      return `tagged role ${action.name}: ${Object.keys(action.tags).join(", ")}`;
    case "UntagRole":
      return `removed tags of role ${action.name}: ${action.keys.join(", ")}`;
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
      return `pointed association ${action.id} to ${action.roleArn}${cleared(action.strays)}`;
    case "TagAssociation":
      return `tagged the association: ${Object.keys(action.tags).join(", ")}`;
    case "UntagAssociation":
      return `removed tags of the association: ${action.keys.join(", ")}`;
    case "DeleteAssociation":
      return `deleted association ${action.id}`;
  }
}

function cleared(strays: readonly string[]): string {
  return strays.length === 0 ? "" : `, without ${strays.join(", ")}`;
}
