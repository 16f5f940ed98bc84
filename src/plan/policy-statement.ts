/** What is wrong with one statement of an identity policy, in words that follow "statement 2 …". */
import { isObject } from "./policy-shape.ts";

const KEYS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

const SID = /^[A-Za-z0-9]*$/;
const ACTION = /^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+|\*:\*)$/;

/** In place of IAM's variables, which may hold colons of their own. */
const VARIABLE = /\$\{[^}]*\}/g;

/** Condition operators of IAM, without the prefixes and the suffix that all of them may have. */
const OPERATORS = new Set(
  [
    "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike",
    "NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals",
    "DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals",
    "Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike ArnNotEquals ArnNotLike Null",
  ].flatMap((line) => line.toLowerCase().split(" ")),
);

/** The first fault of a statement; `undefined` if there is none. */
export function statementFault(statement: unknown): string | undefined {
  if (!isObject(statement)) return "is not an object";
  return (
    keyFault(statement) ??
    effectFault(statement) ??
    actionFault(statement) ??
    resourceFault(statement) ??
    conditionFault(statement["Condition"])
  );
}

function keyFault(given: Record<string, unknown>): string | undefined {
  if ("Principal" in given || "NotPrincipal" in given) {
    return "has a Principal, which belongs in trust policies: the role itself is the principal here";
  }
  const stranger = Object.keys(given).find((key) => !KEYS.includes(key));
  if (stranger !== undefined) return `has the unknown key ${stranger}`;
  const sid = given["Sid"];
  if (sid !== undefined && !(typeof sid === "string" && SID.test(sid))) {
    return "has a Sid with other characters than A-Z, a-z and 0-9";
  }
  return undefined;
}

function effectFault(given: Record<string, unknown>): string | undefined {
  if (given["Effect"] !== "Allow" && given["Effect"] !== "Deny") {
    return 'needs Effect "Allow" or "Deny"';
  }
  if (given["Effect"] === "Allow" && "NotAction" in given) {
    return "allows with NotAction, which grants everything not named: list the actions instead";
  }
  if (given["Effect"] === "Allow" && "NotResource" in given) {
    return "allows with NotResource, which grants everything not named: list the resources instead";
  }
  return undefined;
}

function actionFault(given: Record<string, unknown>): string | undefined {
  if ("Action" in given === "NotAction" in given) return "needs Action";
  const actions = texts(given["Action"] ?? given["NotAction"]);
  if (actions === undefined) return "needs Action as a string or a list of strings";
  const wrong = actions.find((action) => !ACTION.test(action));
  return wrong === undefined ? undefined : `has the action ${wrong}; write service:Action`;
}

function resourceFault(given: Record<string, unknown>): string | undefined {
  if ("Resource" in given === "NotResource" in given) return "needs Resource";
  const resources = texts(given["Resource"] ?? given["NotResource"]);
  if (resources === undefined) return "needs Resource as a string or a list of strings";
  return resources.map(arnFault).find((fault) => fault !== undefined);
}

function arnFault(resource: string): string | undefined {
  const parts = resource.replace(VARIABLE, "*").split(":");
  const [scheme = "", , , , account = ""] = parts;
  // A wildcard may stand for several parts.
  const isWild = parts.length < 6 && /[*?]/.test(resource);
  if (!isWild && (scheme !== "arn" || parts.length < 6)) {
    return `has the resource ${resource}, which is no ARN`;
  }
  // A few services have words there (aws, third-party owners); digits alone are an account id.
  if (!/^\d+$/.test(account) || account.length === 12) return undefined;
  return `has the resource ${resource}, whose account id is not 12 digits`;
}

function conditionFault(condition: unknown): string | undefined {
  if (condition === undefined) return undefined;
  if (!isObject(condition)) return "needs Condition as an object of operators";
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isOperator(operator)) return `has the unknown condition operator ${operator}`;
    if (!isObject(keys)) return `needs keys and values below ${operator}`;
    const wrong = Object.entries(keys).find(([, value]) => !isConditionValue(value));
    if (wrong) return `needs a string, a boolean or a list of them as ${operator} ${wrong[0]}`;
    const fault = keysFault(Object.keys(keys));
    if (fault) return `${fault} below ${operator}`;
  }
  return undefined;
}

function isOperator(operator: string): boolean {
  const plain = operator.toLowerCase().replace(/^for(any|all)values?:/, "");
  return OPERATORS.has(plain) || OPERATORS.has(plain.replace(/ifexists$/, ""));
}

/** Placeholders are filled in in values only, and IAM reads keys without case. */
function keysFault(keys: readonly string[]): string | undefined {
  const placeholder = keys.find((key) => /\$\{(AWS|EKS)::/.test(key));
  if (placeholder !== undefined) return `has a placeholder in the key ${placeholder}`;
  const folded = keys.map((key) => key.toLowerCase());
  const twice = keys.find((key, index) => folded.indexOf(key.toLowerCase()) !== index);
  return twice === undefined ? undefined : `has the key ${twice} twice`;
}

function isConditionValue(value: unknown): boolean {
  const values = Array.isArray(value) ? value : [value];
  return values.every((item) => typeof item === "string" || typeof item === "boolean");
}

function texts(value: unknown): readonly string[] | undefined {
  const values = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.every((item) => typeof item === "string") ? values : undefined;
}
