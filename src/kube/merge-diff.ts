/** The JSON merge patch that makes one plain value another: only what differs, removed keys as null. */

type Json = Readonly<Record<string, unknown>>;

/** `undefined` if nothing differs. Lists are replaced whole, as merge patches do. */
export function mergeDiff(previous: Json, next: Json): Json | undefined {
  const changes: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(previous), ...Object.keys(next)])) {
    const [before, after] = [previous[key], next[key]];
    if (after === undefined) {
      if (before !== undefined) changes[key] = null;
    } else if (isObject(before) && isObject(after)) {
      const inner = mergeDiff(before, after);
      if (inner) changes[key] = inner;
    } else if (!isEqual(before, after)) {
      changes[key] = after;
    }
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
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
