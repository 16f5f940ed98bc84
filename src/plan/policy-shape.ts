/** Whether an object is fit to be walked as a policy document at all: depth, size, kinds of values. */

/** A real document is 6 deep. The limit stands before anything that recurses. */
const MAX_DEPTH = 12;

/** More than any document of legal size can hold. Keeps a giant from being walked to its end. */
const MAX_NODES = 20_000;

/** Printable ASCII with tab and line breaks. IAM allows a little more, but lookalikes serve nobody. */
const ASCII = /^[\t\n\r\x20-\x7e]*$/;

/**
 * The first fault in words; `undefined` if there is none. Walks with its own stack: a document nested
 * thousands deep, which the API server lets through, must not end ours.
 */
export function shapeFault(document: unknown): string | undefined {
  if (!isObject(document)) return "must be an object with Version and Statement, as IAM writes it";
  const stack = [{ value: document as unknown, depth: 0 }];
  let seen = 0;
  for (let next = stack.pop(); next; next = stack.pop()) {
    seen += 1;
    if (next.depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
    if (seen > MAX_NODES) return `has more than ${MAX_NODES} elements`;
    const fault = valueFault(next.value);
    if (fault) return fault;
    for (const value of childrenOf(next.value)) stack.push({ value, depth: next.depth + 1 });
  }
  return undefined;
}

function valueFault(value: unknown): string | undefined {
  if (typeof value === "number") {
    return `has the number ${value}: put it in quotes, as it was meant`;
  }
  if (value === null) return "has a null: leave the key out instead";
  const texts = isObject(value) ? Object.keys(value) : typeof value === "string" ? [value] : [];
  return texts.every((text) => ASCII.test(text)) ? undefined : "has characters outside ASCII";
}

function childrenOf(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether something is nested more than `limit` deep, found without recursion. */
export function isDeeperThan(limit: number, value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}
