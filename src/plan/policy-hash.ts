/**
 * Compares policy documents by meaning. IAM hands documents back in other clothes (a string where a
 * list of one was sent, other key order): a cosmetic difference must never lead to a write.
 */
import { createHash } from "node:crypto";
import { isObject } from "./policy-shape.ts";
import type { DocumentHash } from "./resources.ts";

/** Hash of what a document says. A text that is no JSON hashes as it stands, so it equals nothing we want. */
export function hashDocument(text: string): DocumentHash {
  return createHash("sha256").update(meaningOf(text)).digest("hex");
}

function meaningOf(text: string): string {
  try {
    return JSON.stringify(canonicalDocument(JSON.parse(text)));
  } catch {
    return text;
  }
}

/** Elements whose value is a string or a list of strings, in any order. */
const SETS = new Set(["NotAction", "Action", "NotResource", "Resource"]);

/** IAM reads "iam:passrole" and "iam:PassRole" alike. */
const CASELESS = new Set(["NotAction", "Action"]);

function canonicalDocument(document: unknown): unknown {
  if (!isObject(document)) return document;
  return sorted(document, (key, value) =>
    key === "Statement" ? list(value).map(canonicalStatement) : value,
  );
}

function canonicalStatement(statement: unknown): unknown {
  if (!isObject(statement)) return statement;
  return sorted(statement, (key, value) => {
    if (SETS.has(key)) return stringSet(value, CASELESS.has(key));
    if (key === "Principal" || key === "NotPrincipal") return canonicalPrincipal(value);
    if (key === "Condition" && isObject(value))
      return sorted(value, (_, keys) => conditionKeys(keys));
    return value;
  });
}

function canonicalPrincipal(principal: unknown): unknown {
  return isObject(principal) ? sorted(principal, (_, value) => stringSet(value, false)) : principal;
}

/** Condition keys ignore case (`aws:sourcearn`), their values do not. Keys that would collide stay as they are. */
function conditionKeys(keys: unknown): unknown {
  if (!isObject(keys)) return keys;
  const names = Object.keys(keys);
  const collide = new Set(names.map((key) => key.toLowerCase())).size < names.length;
  const folded = Object.entries(keys).map(([key, value]) => [
    collide ? key : key.toLowerCase(),
    stringSet(value, false),
  ]);
  return sorted(Object.fromEntries(folded), (_, value) => value);
}

function stringSet(value: unknown, caseless: boolean): unknown {
  const texts = list(value).map((item) => {
    // "true" and true are one condition value to IAM; anything else that is no text keeps its own form.
    const text =
      typeof item === "string" || typeof item === "boolean" ? String(item) : JSON.stringify(item);
    return caseless ? text.toLowerCase() : text;
  });
  return [...new Set(texts)].sort();
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function sorted(
  object: Record<string, unknown>,
  canonical: (key: string, value: unknown) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(object).map(
    ([key, value]) => [key, canonical(key, value)] as const,
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
