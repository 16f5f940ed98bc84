/**
 * May this caller do that? As AWS decides within one account (IAM user guide, "Policy evaluation logic"): an explicit
 * Deny anywhere wins; else the role's policies must allow it, and so must its boundary and the session policy, if there are.
 */
import { conditionsHold } from "./conditions.ts";
import { type Context, isWithin } from "./pattern.ts";

export interface Ask {
  /** "s3:GetObject" */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** Policy documents as JSON. */
export interface Policies {
  readonly identity: readonly string[];
  readonly boundary?: string | undefined;
  readonly session?: string | undefined;
}

export type Decision = "allowed" | "explicitly denied" | "not allowed";

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: unknown;
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
}

export function evaluate(ask: Ask, { identity, boundary, session }: Policies): Decision {
  const bounds = [boundary, session].filter((document) => document !== undefined);
  const all = [...identity, ...bounds].flatMap(statementsOf).filter((one) => concerns(one, ask));
  if (all.some(({ Effect }) => Effect === "Deny")) return "explicitly denied";
  const allows = (documents: readonly string[]) =>
    documents.flatMap(statementsOf).some((one) => one.Effect === "Allow" && concerns(one, ask));
  const isAllowed = allows(identity) && bounds.every((document) => allows([document]));
  return isAllowed ? "allowed" : "not allowed";
}

/** Whom a trust policy is asked about: { Service: "pods.eks.amazonaws.com" }, or { AWS: every ARN that names the caller }. */
export type Principal = Readonly<Record<string, readonly string[]>>;

/** Trust policies have principals and no resources. */
export function trusts(
  document: string,
  principal: Principal,
  ask: Omit<Ask, "resource">,
): boolean {
  const concerned = statementsOf(document).filter(
    (one) =>
      isNamed(one.Principal, principal) &&
      isAction(one, ask) &&
      conditionsHold(one.Condition, ask.context),
  );
  return concerned.length > 0 && concerned.every(({ Effect }) => Effect === "Allow");
}

function statementsOf(document: string): readonly Statement[] {
  const { Statement } = JSON.parse(document) as { Statement: Statement | readonly Statement[] };
  return [Statement].flat();
}

function concerns(statement: Statement, ask: Ask): boolean {
  return (
    isAction(statement, ask) &&
    isResource(statement, ask) &&
    conditionsHold(statement.Condition, ask.context)
  );
}

function isAction(
  { Action, NotAction }: Statement,
  { action, context }: Omit<Ask, "resource">,
): boolean {
  const isAmong = (patterns: string | readonly string[]) =>
    [patterns].flat().some((pattern) => isWithin(action, pattern, { context, ignoresCase: true }));
  return NotAction === undefined ? isAmong(Action ?? []) : !isAmong(NotAction);
}

function isResource({ Resource, NotResource }: Statement, { resource, context }: Ask): boolean {
  const isAmong = (patterns: string | readonly string[]) =>
    [patterns].flat().some((pattern) => isWithin(resource, pattern, { context }));
  return NotResource === undefined ? isAmong(Resource ?? []) : !isAmong(NotResource);
}

function isNamed(named: Statement["Principal"], principal: Principal): boolean {
  if (named === undefined) return false;
  if (named === "*") return true;
  return Object.entries(named).some(([type, names]) =>
    [names].flat().some((name) => name === "*" || principal[type]?.includes(name)),
  );
}
