/** Reads and checks the parameters of IAM calls. A breach of the service model's constraints is a ValidationError. */

import { decodeMarker } from "../wire/marker.ts";
import type { Query } from "../wire/query.ts";
import { invalidInput, validationError } from "./refusals.ts";

export interface Constraint {
  readonly least?: number;
  readonly most?: number;
  readonly pattern?: RegExp;
}

const NAME = /^[\w+=,.@-]+$/;
export const ROLE_NAME: Constraint = { least: 1, most: 64, pattern: NAME };
export const POLICY_NAME: Constraint = { least: 1, most: 128, pattern: NAME };
export const PROFILE_NAME: Constraint = { least: 1, most: 128, pattern: NAME };
export const ARN: Constraint = { least: 20, most: 2048 };
export const PATH: Constraint = { least: 1, most: 512, pattern: /^(\/|\/[!-~]+\/)$/ };
export const DESCRIPTION: Constraint = {
  most: 1000,
  pattern: /^[\t\n\r\u0020-\u007e\u00a1-\u00ff]*$/,
};
export const DOCUMENT: Constraint = {
  least: 1,
  most: 131072,
  pattern: /^[\t\n\r\u0020-\u00ff]+$/,
};

export function required(query: Query, name: string, constraint: Constraint = {}): string {
  const value = optional(query, name, constraint);
  if (value === undefined) throw failed(name, "null", "Member must not be null");
  return value;
}

export function optional(
  query: Query,
  name: string,
  constraint: Constraint = {},
): string | undefined {
  const value = query[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw validationError(`${name} must be a string`);
  const breach = breachOf(value, constraint);
  if (breach) throw failed(name, `'${value}'`, breach);
  return value;
}

export function optionalNumber(
  query: Query,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const text = optional(query, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) throw validationError(`${name} must be an integer`);
  if (value < least)
    throw failed(name, `'${text}'`, `Member must have value greater than or equal to ${least}`);
  if (value > most)
    throw failed(name, `'${text}'`, `Member must have value less than or equal to ${most}`);
  return value;
}

export function texts(query: Query, name: string): readonly string[] {
  const value = query[name];
  if (value === undefined || value === "") return [];
  if (Array.isArray(value)) return value.map(String);
  throw validationError(`${name} must be a list`);
}

/** `Tags` or another list of structures. */
export function structures(query: Query, name: string): readonly Query[] {
  const value = query[name];
  if (value === undefined || value === "") return [];
  if (Array.isArray(value)) return value.filter((item): item is Query => typeof item === "object");
  throw validationError(`${name} must be a list`);
}

export interface PageParameters {
  readonly after: string | undefined;
  readonly limit: number;
}

/** `MaxItems`: 1 to 1000, 100 where absent. `Marker`: as the page before gave it. */
export function pageParameters(query: Query): PageParameters {
  const limit = optionalNumber(query, "MaxItems", { least: 1, most: 1000 }) ?? 100;
  const marker = optional(query, "Marker");
  if (marker === undefined) return { after: undefined, limit };
  const after = decodeMarker(marker);
  // NV: code and text.
  if (after === undefined) throw invalidInput(`Invalid Marker: ${marker}`);
  return { after, limit };
}

function breachOf(
  value: string,
  { least = 0, most = Infinity, pattern }: Constraint,
): string | undefined {
  if (value.length < least) return `Member must have length greater than or equal to ${least}`;
  if (value.length > most) return `Member must have length less than or equal to ${most}`;
  if (pattern && !pattern.test(value)) {
    return `Member must satisfy regular expression pattern: ${pattern.source}`;
  }
  return undefined;
}

function failed(name: string, shown: string, breach: string) {
  const member = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  const value = shown.length > 200 ? `${shown.slice(0, 200)}…'` : shown;
  return validationError(
    `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${breach}`,
  );
}
