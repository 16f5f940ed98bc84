/** The notices that the licences of bundled packages ask for. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { manifestOf } from "./lockfile.ts";

/** Some packages name their licence in package.json and bring no text of it. */
function licenseTextOf(folder: string): string {
  const names = ["LICEN[CS]E*", "licen[cs]e*", "NOTICE*"];
  const files = globSync(names.map((name) => join(folder, name))).toSorted();
  return files.map((file) => readFileSync(file, "utf8").trim()).join("\n\n");
}

function titleOf(folder: string): string {
  const { name, version, license } = manifestOf(folder);
  return `${name} ${version}: ${license ?? "see below"}`;
}

/** @param bundled paths of packages; those with the same text share it */
export function notices(bundled: ReadonlySet<string>): string {
  const parts = [...Map.groupBy(bundled, licenseTextOf)].map(([text, sharing]) => {
    const titles = [...new Set(sharing.map(titleOf))].toSorted();
    return [titles.join("\n"), text].filter((part) => part !== "").join("\n\n");
  });
  return `${parts.toSorted().join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
