/** How refusals are put to users: what it is about, what is the matter, what to do. */
import type { Input, Refused } from "./refused.ts";

/** AWS names the action that is really missing (iam:PassRole in a call to EKS) and on what. */
const DENIAL =
  /not authorized to perform:? (?<action>[\w-]+:\w+)(?: on (?:resource:? )?(?<resource>.+?))?(?: (?<why>(?:because|with an explicit deny) .*))?$/i;

export function denied({ text, action }: Refused): string {
  const said = DENIAL.exec(text)?.groups;
  const on = said?.["resource"] === undefined ? "" : ` on ${said["resource"]}`;
  const why = said?.["why"] === undefined ? "" : ` (${said["why"]})`;
  return `the operator may not do ${said?.["action"] ?? action}${on}${why}; allow it in the policy of the operator's own IAM role`;
}

export function noCluster({ input }: Refused): string {
  return `EKS knows no cluster ${input["clusterName"] ?? input["name"]} in this region; set CLUSTER_NAME and AWS_REGION to this cluster's`;
}

export function quota(refused: Refused): string {
  return `${objectOf(refused)}: ${refused.text}; ask AWS for a higher quota, or delete what is not needed`;
}

export function inItsWords(refused: Refused): string {
  return `${objectOf(refused)}: AWS refused ${refused.action}: ${refused.text}`;
}

/** What the call is about, in the user's words. */
export function objectOf({ input, action }: Pick<Refused, "input" | "action">): string {
  const role = part(input, "RoleName", "role");
  const policy = part(input, "PolicyName", "inline policy");
  if (policy && role) return `${policy} of ${role}`;
  if (role) return role;
  const { namespace, serviceAccount } = input;
  if (serviceAccount !== undefined) {
    return `the association of ServiceAccount ${namespace}/${serviceAccount}`;
  }
  const tagged = String(input["resourceArn"]).includes(":addon/") ? "add-on" : "association";
  return (
    part(input, "associationId", "association") ??
    part(input, "addonName", "add-on") ??
    part(input, "resourceArn", tagged) ??
    action
  );
}

/** The role that a call is to give an association, or the roles that it is to give those of an add-on. */
export function roleOf(input: Input): string {
  const identities = input["podIdentityAssociations"];
  const roles = Array.isArray(identities)
    ? identities.map(({ roleArn }: { readonly roleArn?: string }) => roleArn)
    : [input["roleArn"]];
  return roles.join(" or ");
}

function part(input: Input, member: string, noun: string): string | undefined {
  return input[member] === undefined ? undefined : `${noun} ${input[member]}`;
}
