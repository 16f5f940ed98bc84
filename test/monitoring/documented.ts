/** What docs/metrics.md says that there is. */
import { text } from "./queries.ts";

export interface Documented {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** Rows `| `name` | type | `label`, `label` | meaning |` of ours, and names of those of the process. */
export function documented(): {
  readonly own: readonly Documented[];
  readonly process: readonly string[];
} {
  const rows = text("docs/metrics.md")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, name]) => /^`\w+`$/.test(name ?? ""));
  const wordsOf = (cell = "") => [...cell.matchAll(/`(\w+)`/g)].map(([, word = ""]) => word);
  const all = rows.map(([, name, type = "", labels]) => ({
    name: wordsOf(name)[0] ?? "",
    type,
    labels: wordsOf(labels).sort(),
  }));
  return {
    own: all.filter(({ name }) => name.startsWith("podidentity_")),
    process: all.map(({ name }) => name).filter((name) => !name.startsWith("podidentity_")),
  };
}
