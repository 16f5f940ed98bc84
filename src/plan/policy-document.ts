/**
 * Reads a policy document strictly: what IAM would refuse, or understand otherwise than its author, is
 * refused here first. The API server has parsed it already, so an account id written without quotes has
 * become a number: no number is let through at all.
 */
import { Failure } from "./outcome.ts";
import { statementFault } from "./policy-statement.ts";

/** A real document is 6 deep. The limit stands before anything that recurses. */
const MAX_DEPTH = 12;

/** More than any document of legal size can hold. Keeps a giant from being walked to its end. */
const MAX_NODES = 20_000;

const VERSIONS = ["2012-10-17", "2008-10-17"];
const DOCUMENT_KEYS = ["Version", "Id", "Statement"];

/** Printable ASCII with tab and line breaks. IAM allows a little more, but lookalikes serve nobody. */
const ASCII = /^[\t\n\r\x20-\x7e]*$/;

/**
 * @param where names the document in the message, e.g. `inline policy "read"`
 * @throws Failure PolicyInvalid or PolicyTooLarge
 */
export function checkDocument(document: unknown, where: string): void {
  const fault = shapeFault(document) ?? documentFault(document as Record<string, unknown>);
  if (fault) throw new Failure("PolicyInvalid", `${where}: ${fault}`, { kind: "never" });
}

/** Walks with its own stack: a document nested thousands deep must not end ours. */
function shapeFault(document: unknown): string | undefined {
  if (!isObject(document)) return "must be an object with Version and Statement, as IAM writes it";
  const stack: { value: unknown; depth: number }[] = [{ value: document, depth: 0 }];
  for (let count = 0; stack.length > 0; count += 1) {
    const { value, depth } = stack.pop() as { value: unknown; depth: number };
    if (depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
    if (count > MAX_NODES) return `has more than ${MAX_NODES} elements`;
    const fault = scalarFault(value);
    if (fault) return fault;
    if (typeof value !== "object" || value === null) continue;
    const keys = Array.isArray(value) ? [] : Object.keys(value);
    const badKey = keys.find((key) => !ASCII.test(key));
    if (badKey !== undefined) return "has a key with characters outside ASCII";
    for (const item of Object.values(value)) stack.push({ value: item, depth: depth + 1 });
  }
  return undefined;
}

function scalarFault(value: unknown): string | undefined {
  if (typeof value === "number") return `has the number ${value}: put it in quotes, as it was meant`;
  if (value === null) return "has a null: leave the key out instead";
  if (typeof value === "string" && !ASCII.test(value)) {
    return "has characters outside ASCII";
  }
  return undefined;
}

function documentFault(document: Record<string, unknown>): string | undefined {
  const stranger = Object.keys(document).find((key) => !DOCUMENT_KEYS.includes(key));
  if (stranger !== undefined) return `has the unknown key ${stranger}; use Version and Statement`;
  const version = document["Version"];
  if (version !== undefined && !VERSIONS.includes(version as string)) {
    return `has Version ${JSON.stringify(version)}; IAM knows "2012-10-17" and "2008-10-17"`;
  }
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

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
