/**
 * Reads a policy document strictly: what IAM would refuse, or understand otherwise than its author, is
 * refused here first. The API server has parsed it already, so an account id written without quotes has
 * become a number: no number is let through at all.
 */
import { Failure } from "./outcome.ts";
import { shapeFault } from "./policy-shape.ts";
import { statementFault } from "./policy-statement.ts";

const VERSIONS = ["2012-10-17", "2008-10-17"];
const DOCUMENT_KEYS = ["Version", "Id", "Statement"];

/**
 * What every document must pass before anything walks, prints or fills it in.
 *
 * @param where names the document in the message, e.g. `inline policy "read"`
 * @throws Failure PolicyInvalid
 */
export function checkShape(document: unknown, where: string): void {
  refuse(shapeFault(document), where);
}

/**
 * What IAM would say to a document of good shape whose placeholders are filled in, and a little more.
 *
 * @throws Failure PolicyInvalid
 */
export function checkDocument(document: unknown, where: string): void {
  refuse(shapeFault(document) ?? documentFault(document as Record<string, unknown>), where);
}

function refuse(fault: string | undefined, where: string): void {
  if (fault) throw new Failure("PolicyInvalid", `${where}: ${fault}`, { kind: "never" });
}

function documentFault(document: Record<string, unknown>): string | undefined {
  const stranger = Object.keys(document).find((key) => !DOCUMENT_KEYS.includes(key));
  if (stranger !== undefined) return `has the unknown key ${stranger}; use Version and Statement`;
  const version = document["Version"];
  if (version !== undefined && !VERSIONS.includes(version as string)) {
    return `has Version ${JSON.stringify(version)}; IAM knows "2012-10-17" and "2008-10-17"`;
  }
  if (document["Id"] !== undefined && typeof document["Id"] !== "string")
    return "needs Id as a string";
  const statements = statementsOf(document["Statement"]);
  if (statements.length === 0) return "has no Statement";
  for (const [index, statement] of statements.entries()) {
    const fault = statementFault(statement);
    if (fault) return `statement ${index + 1} ${fault}`;
  }
  return duplicateSid(statements);
}

function duplicateSid(statements: readonly unknown[]): string | undefined {
  const sids = statements.flatMap((statement) => (statement as { Sid?: string }).Sid ?? []);
  const twice = sids.find((sid, index) => sids.indexOf(sid) !== index);
  return twice === undefined ? undefined : `has two statements with Sid ${twice}`;
}

function statementsOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** IAM counts a document's characters without white space. */
export function nonWhitespaceLength(text: string): number {
  return text.replace(/\s/g, "").length;
}
