/** A short hash of plain values, whatever the order of their keys: to see later whether they are still the same. */
import { createHash } from "node:crypto";

const LENGTH = 16;

/** 16 hex. Not for what is nested thousands deep. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, LENGTH);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
