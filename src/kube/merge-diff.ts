/** The JSON merge patch that makes one plain value another: only what differs, removed keys as null. */

type Json = Readonly<Record<string, unknown>>;

/** `undefined` if nothing differs. Lists are replaced whole, as merge patches do. */
export function mergeDiff(previous: Json, next: Json): Json | undefined {
  const changes: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(previous), ...Object.keys(next)])) {
    const change = changeOf(previous[key], next[key]);
    if (change !== undefined) changes[key] = change;
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}

function changeOf(before: unknown, after: unknown): unknown {
  if (after === undefined) return before === undefined ? undefined : null;
  if (isObject(before) && isObject(after)) return mergeDiff(before, after);
  return isEqual(before, after) ? undefined : after;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (isObject(a) && isObject(b)) return mergeDiff(a, b) === undefined;
  return a === b;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
