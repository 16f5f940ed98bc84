/** What IAM accepts as a policy document: the grammar, and what a trust policy must and must not have. */
import { malformed } from "./refusals.ts";

export type DocumentKind = "trust" | "permissions";

const VERSIONS = ["2012-10-17", "2008-10-17"];
const STATEMENT_MEMBERS = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

type Members = Readonly<Record<string, unknown>>;

/** @throws AwsError MalformedPolicyDocument */
export function checkDocument(document: string, kind: DocumentKind): void {
  const { Version: version, Statement: statements, ...others } = parse(document);
  const strange = Object.keys(others).find((name) => name !== "Id");
  if (strange !== undefined) throw malformed(`Syntax errors in policy. Unknown field ${strange}`);
  if (version !== undefined && !VERSIONS.includes(String(version))) {
    throw malformed("The policy must contain a valid version string");
  }
  const listed = Array.isArray(statements) ? statements : [statements];
  if (statements === undefined || listed.length === 0) throw malformed("Syntax errors in policy.");
  for (const statement of listed) checkStatement(statement, kind);
}

function parse(document: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  if (isMembers(value)) return value;
  throw malformed("Syntax errors in policy.");
}

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function checkStatement(statement: unknown, kind: DocumentKind): void {
  if (!isMembers(statement)) throw malformed("Syntax errors in policy.");
  const strange = Object.keys(statement).find((name) => !STATEMENT_MEMBERS.has(name));
  if (strange !== undefined) throw malformed(`Syntax errors in policy. Unknown field ${strange}`);
  if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") {
    throw malformed("Missing required field Effect");
  }
  for (const name of ["Action", "NotAction", "Resource", "NotResource"])
    checkTexts(statement, name);
  if (!hasEither(statement, "Action")) throw malformed("Policy statement must contain actions.");
  if (kind === "trust") checkTrustStatement(statement);
  else checkPermissionStatement(statement);
  checkConditions(statement["Condition"]);
}

function checkTrustStatement(statement: Members): void {
  for (const name of ["Resource", "NotResource"]) {
    if (name in statement) throw malformed(`Has prohibited field ${name}`);
  }
  if (!hasEither(statement, "Principal")) throw malformed("Missing required field Principal");
  const principal = statement["Principal"];
  const known = principal === undefined || principal === "*" || isPrincipals(principal);
  if (!known) throw malformed("Invalid principal in policy");
  const actions = [statement["Action"]].flat().filter((action) => action !== undefined);
  if (!actions.every((action) => /^(sts:|\*$)/i.test(String(action)))) {
    throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
  }
}

const PRINCIPAL_KINDS = ["AWS", "Service", "Federated", "CanonicalUser"];

function isPrincipals(value: unknown): boolean {
  if (!isMembers(value)) return false;
  const kinds = Object.entries(value);
  return (
    kinds.length > 0 &&
    kinds.every(([kind, who]) => PRINCIPAL_KINDS.includes(kind) && [who].flat().every(isText))
  );
}

function checkPermissionStatement(statement: Members): void {
  if (hasEither(statement, "Principal"))
    throw malformed("Policy document should not specify a principal.");
  if (!hasEither(statement, "Resource"))
    throw malformed("Policy statement must contain resources.");
}

const hasEither = (statement: Members, name: string) =>
  name in statement || `Not${name}` in statement;

const isText = (value: unknown) => typeof value === "string";

function checkTexts(statement: Members, name: string): void {
  if (!(name in statement)) return;
  const values = [statement[name]].flat();
  if (values.length === 0 || !values.every(isText)) throw malformed("Syntax errors in policy.");
}

function checkConditions(condition: unknown): void {
  if (condition === undefined) return;
  if (!isMembers(condition)) throw malformed("Syntax errors in policy.");
  for (const keys of Object.values(condition)) {
    if (!isMembers(keys)) throw malformed("Syntax errors in policy.");
  }
}
