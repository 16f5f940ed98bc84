/** A step in words, for Events and logs: what was done to what. Never a policy's text. */
import type { AddonIdentity, AnyAction, SessionChange } from "./actions.ts";

export function inWords(action: AnyAction): string {
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
    case "CreateAddon":
      return `installed add-on ${action.name} ${action.version}${identitiesInWords(action.identities)}`;
    case "UpdateAddon":
      return `updated add-on ${action.name}${action.version === undefined ? "" : ` to ${action.version}`}${identitiesInWords(action.identities)}`;
    case "TagAddon":
      return `tagged the add-on: ${some(Object.keys(action.tags))}`;
    case "UntagAddon":
      return `removed tags of the add-on: ${some(action.keys)}`;
    case "DeleteAddon":
      return `deleted add-on ${action.name}${action.preserve ? ", its software stays" : ""}`;
  }
}

function identitiesInWords(identities: readonly AddonIdentity[] | undefined): string {
  if (identities === undefined) return "";
  if (identities.length === 0) return ", without identities";
  return identities.map((one) => `, ${one.serviceAccount} with ${one.roleArn}`).join("");
}

/** Some dozens of keys of 128 characters would fill an Event. */
const SHOWN = 6;

function some(keys: readonly string[]): string {
  const more = keys.length - SHOWN;
  return `${keys.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const INFINITIVES: Readonly<Record<string, string>> = {
  created: "create",
  installed: "install",
  updated: "update",
  removed: "remove",
  tagged: "tag",
  attached: "attach",
  detached: "detach",
  deleted: "delete",
  associated: "associate",
  pointed: "point",
};

/** The same step before it is taken: "create role …". */
export function toBeDone(action: AnyAction): string {
  return inWords(action).replace(/^\w+/, (verb) => INFINITIVES[verb] ?? verb);
}

/** Names only: a session policy is a document, too. */
function sessionInWords(change: SessionChange): string {
  const changes = Object.entries(change).map(([key, value]) =>
    value === "" ? `without ${key}` : `with ${key}${key === "policy" ? "" : ` ${value}`}`,
  );
  return changes.length === 0 ? "" : `, ${changes.join(", ")}`;
}
