/** Reads the members of an EKS request: from the path, the query and the JSON body, by their names in the service model. */
import type { Texts } from "../world.ts";
import { badBody, invalidParameter } from "./refusals.ts";

export type Parameters = Readonly<Record<string, unknown>>;

/** `undefined` where the member is absent or null. */
export function optionalText(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw badBody(`${name} must be a string`);
}

/** @throws AwsError InvalidParameterException if it is absent or empty (NV: text). */
export function requiredText(parameters: Parameters, name: string): string {
  const value = optionalText(parameters, name);
  if (!value) throw invalidParameter(`${name} can not be null or empty`);
  return value;
}

export function optionalBoolean(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters[name] ?? undefined;
  if (value === undefined || typeof value === "boolean") return value;
  throw badBody(`${name} must be a boolean`);
}

export function optionalTexts(parameters: Parameters, name: string): Texts | undefined {
  const value = parameters[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw badBody(`${name} must be a map`);
  const entries = Object.entries(value);
  if (entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
    return Object.fromEntries(entries);
  }
  throw badBody(`${name} must be a map of strings`);
}

/** A list of the query, which repeats its key. */
export function optionalList(parameters: Parameters, name: string): readonly string[] | undefined {
  const value = parameters[name] ?? undefined;
  if (value === undefined || Array.isArray(value)) return value;
  throw badBody(`${name} must be a list`);
}

/** `maxResults`: 1 to 100, 100 where absent. */
export function pageSize(parameters: Parameters): number {
  const text = optionalText(parameters, "maxResults");
  const size = text === undefined ? 100 : Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= 100) return size;
  throw invalidParameter("maxResults needs to be between 1 and 100");
}
