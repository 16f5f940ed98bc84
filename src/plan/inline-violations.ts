/** What inline policies allow that a guardrail does not. Conditions only narrow and are not looked at. */
import type { PodIdentityGuardrailSpec } from "../api/pod-identity-guardrail.ts";
import { type Effort, iamPattern, intersects, isContained, requestedPattern } from "./patterns.ts";
import type { Violation } from "./violations.ts";

type InlinePolicies = NonNullable<PodIdentityGuardrailSpec["managedRoles"]>["inlinePolicies"];

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
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
  const statements = names.map((name) => ({ name, statements: statementsOf(documents[name]) }));
  const count = statements.reduce((sum, { statements: some }) => sum + some.length, 0);
  const most = allowed.maxStatements ?? Number.POSITIVE_INFINITY;
  const tooMany: readonly Violation[] =
    count <= most
      ? []
      : [
          {
            reason: "TooManyStatements",
            message: `the inline policies have ${count} statements, managedRoles.inlinePolicies.maxStatements is ${most}`,
          },
        ];
  return [
    ...statements.flatMap(({ name, statements: some }) =>
      some
        .filter(({ Effect }) => Effect === "Allow")
        .flatMap((statement) => statementViolations(name, statement, allowed, effort)),
    ),
    ...tooMany,
  ];
}

function statementViolations(
  policy: string,
  { Action, Resource }: Statement,
  allowed: NonNullable<InlinePolicies>,
  effort: Effort,
): readonly Violation[] {
  return [
    ...list(Action).flatMap((action) => actionViolation(policy, action, allowed, effort)),
    ...list(Resource)
      .filter((resource) => !isWithin(resource, allowed.allowedResources, effort))
      .map((resource) => ({
        reason: "ResourceNotAllowed",
        message: `resource ${resource} of inline policy "${policy}" is not within managedRoles.inlinePolicies.allowedResources`,
      })),
  ];
}

/** Actions ignore case. What is forbidden comes first: no other guardrail's list could help. */
function actionViolation(
  policy: string,
  action: string,
  { allowedActions, forbiddenActions = [] }: NonNullable<InlinePolicies>,
  effort: Effort,
): readonly Violation[] {
  const asked = requestedPattern(action.toLowerCase());
  const forbidden = forbiddenActions.find((pattern) =>
    intersects(asked, iamPattern(pattern.toLowerCase()), effort),
  );
  if (forbidden !== undefined) {
    const message = `action ${action} of inline policy "${policy}" meets ${forbidden} of managedRoles.inlinePolicies.forbiddenActions`;
    return [{ reason: "ActionForbidden", message }];
  }
  const actions = allowedActions?.map((pattern) => pattern.toLowerCase());
  if (isWithin(action.toLowerCase(), actions, effort)) return [];
  const message = `action ${action} of inline policy "${policy}" is not within managedRoles.inlinePolicies.allowedActions`;
  return [{ reason: "ActionNotAllowed", message }];
}

function isWithin(asked: string, allowed: readonly string[] = [], effort: Effort): boolean {
  const pattern = requestedPattern(asked);
  return allowed.some((text) => isContained(pattern, iamPattern(text), effort));
}

function statementsOf(document = "{}"): readonly Statement[] {
  const { Statement: statement } = JSON.parse(document) as { Statement?: Statement | Statement[] };
  return list(statement);
}

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}
