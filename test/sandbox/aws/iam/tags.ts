/** Tags of IAM entities: keys are unique without regard to case, and the `aws:` prefix is AWS's own. */
import type { Query } from "../wire/query.ts";
import type { Texts } from "../world.ts";
import { structures } from "./parameters.ts";
import { invalidInput, limitExceeded, validationError } from "./refusals.ts";

const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** The `Tags` of a request. @throws AwsError ValidationError or InvalidInput */
export function requestedTags(query: Query, most: number): Texts {
  const pairs = structures(query, "Tags").map(({ Key, Value }): [string, string] => [
    String(Key ?? ""),
    String(Value ?? ""),
  ]);
  if (pairs.length > most) {
    throw validationError(
      `1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
    );
  }
  for (const [key, value] of pairs) checkTag(key, value);
  const distinct = new Set(pairs.map(([key]) => key.toLowerCase()));
  if (distinct.size < pairs.length) {
    throw invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  return Object.fromEntries(pairs);
}

function checkTag(key: string, value: string): void {
  const inBounds = key.length >= 1 && key.length <= 128 && value.length <= 256;
  if (!inBounds || !CHARACTERS.test(key) || !CHARACTERS.test(value)) {
    throw validationError(
      `1 validation error detected: Value at 'tags' failed to satisfy constraint: key ${key.slice(0, 140)}`,
    );
  }
  // NV: code and text.
  if (/^aws:/i.test(key))
    throw invalidInput("Tag keys beginning with aws: are reserved for system use");
}

/** A new value replaces that of a key that differs only in case. @throws AwsError LimitExceeded (NV: text) */
export function withTags(tags: Texts, added: Texts, most: number): Texts {
  const merged = { ...withoutTags(tags, Object.keys(added)), ...added };
  if (Object.keys(merged).length > most) {
    throw limitExceeded(`Cannot exceed quota for TagsPerRole: ${most}`);
  }
  return merged;
}

export function withoutTags(tags: Texts, keys: readonly string[]): Texts {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key.toLowerCase())));
}
