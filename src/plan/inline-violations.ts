/** What inline policies allow that a guardrail does not. Conditions only narrow and are not looked at. */
import type { PodIdentityGuardrailSpec } from "../api/pod-identity-guardrail.ts";
import {
  type Effort,
  iamPattern,
  intersects,
  isContained,
  type Pattern,
  requestedPattern,
} from "./patterns.ts";
import type { Violation } from "./violations.ts";

type InlinePolicies = NonNullable<PodIdentityGuardrailSpec["managedRoles"]>["inlinePolicies"];

type List = string | readonly string[];

interface Statement {
  readonly Effect: string;
  readonly Action?: List;
  readonly Resource?: List;
}

/** A pattern as it was written, and as it is compared. */
interface Written {
  readonly text: string;
  readonly pattern: Pattern;
}

/** The guardrail's patterns. */
interface Patterns {
  readonly actions: readonly Written[];
  readonly forbidden: readonly Written[];
  readonly resources: readonly Written[];
}

interface Rules extends Patterns {
  readonly effort: Effort;
}

/** Read once for as long as the guardrail is what it is: thousands of objects are held against it. */
const read = new WeakMap<NonNullable<InlinePolicies>, Patterns>();

function patternsOf(allowed: NonNullable<InlinePolicies>): Patterns {
  const known = read.get(allowed);
  if (known) return known;
  const patterns = {
    // Actions ignore case.
    actions: written(allowed.allowedActions, (text) => text.toLowerCase()),
    forbidden: written(allowed.forbiddenActions, (text) => text.toLowerCase()),
    resources: written(allowed.allowedResources, (text) => text),
  };
  read.set(allowed, patterns);
  return patterns;
}

/** @param documents policy name → document that has passed the strict reading, as JSON */
export function inlineViolations(
  documents: Readonly<Record<string, string>>,
  allowed: InlinePolicies,
  effort: Effort,
): readonly Violation[] {
  const names = Object.keys(documents);
  if (names.length === 0) return [];
  if (!allowed) {
    const message = "it has no managedRoles.inlinePolicies; remove spec.role.inlinePolicies";
    return [{ reason: "InlinePolicyNotAllowed", message }];
  }
  const rules: Rules = { ...patternsOf(allowed), effort };
  const policies = names.map((name) => ({ name, statements: statementsOf(documents[name]) }));
  return [
    ...policies.flatMap(({ name, statements }) => policyViolations(name, statements, rules)),
    ...countViolation(policies.flatMap(({ statements }) => statements).length, allowed),
  ];
}

function written(texts: readonly string[] = [], fold: (text: string) => string): Written[] {
  return texts.map((text) => ({ text, pattern: iamPattern(fold(text)) }));
}

function countViolation(
  count: number,
  { maxStatements }: NonNullable<InlinePolicies>,
): readonly Violation[] {
  if (count <= (maxStatements ?? Number.POSITIVE_INFINITY)) return [];
  const message = `the inline policies have ${count} statements, managedRoles.inlinePolicies.maxStatements is ${maxStatements}`;
  return [{ reason: "TooManyStatements", message }];
}

/** Only Allow gives anything. Equal patterns are judged once. */
function policyViolations(
  policy: string,
  statements: readonly Statement[],
  rules: Rules,
): readonly Violation[] {
  const allows = statements.filter(({ Effect }) => Effect === "Allow");
  const all = (lists: readonly (List | undefined)[]) => [...new Set(lists.flatMap(texts))];
  return [
    ...all(allows.map(({ Action }) => Action)).flatMap((action) =>
      actionViolation(policy, action, rules),
    ),
    ...all(allows.map(({ Resource }) => Resource))
      .filter((resource) => !isWithin(requestedPattern(resource), rules.resources, rules.effort))
      .map((resource) => ({
        reason: "ResourceNotAllowed",
        message: `resource ${resource} of inline policy "${policy}" is not within managedRoles.inlinePolicies.allowedResources`,
      })),
  ];
}

/** What is forbidden comes first: no other guardrail's list could help. */
function actionViolation(
  policy: string,
  action: string,
  { actions, forbidden, effort }: Rules,
): readonly Violation[] {
  const asked = requestedPattern(action.toLowerCase());
  const met = forbidden.find(({ pattern }) => intersects(asked, pattern, effort));
  if (met) {
    const message = `action ${action} of inline policy "${policy}" meets ${met.text} of managedRoles.inlinePolicies.forbiddenActions`;
    return [{ reason: "ActionForbidden", message }];
  }
  if (isWithin(asked, actions, effort)) return [];
  const message = `action ${action} of inline policy "${policy}" is not within managedRoles.inlinePolicies.allowedActions`;
  return [{ reason: "ActionNotAllowed", message }];
}

function isWithin(asked: Pattern, allowed: readonly Written[], effort: Effort): boolean {
  return !effort.isSpent && allowed.some(({ pattern }) => isContained(asked, pattern, effort));
}

/** A statement that grants what it does not name would be judged wrongly: it counts as asking for everything. */
function statementsOf(document = "{}"): readonly Statement[] {
  const { Statement: found = [] } = JSON.parse(document) as { Statement?: Statement | Statement[] };
  return (Array.isArray(found) ? found : [found]).map((statement) => ({
    Action: "*",
    Resource: "*",
    ...statement,
  }));
}

function texts(list: List | undefined): readonly string[] {
  return list === undefined || typeof list === "string" ? [list ?? "*"] : list;
}
