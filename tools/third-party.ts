/** Says what others wrote of what is shipped: notices with their licences, and a bill of materials. */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** As npm prints it; only what is changed here is named. */
interface Sbom {
  readonly metadata: { readonly component: object; readonly lifecycles: object };
  readonly components: readonly { readonly "bom-ref": string }[];
  readonly dependencies: readonly { readonly ref: string }[];
}

const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** "node_modules/a/node_modules/@b/c/dist/x.js" → "node_modules/a/node_modules/@b/c" */
function packageOf(file: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

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

/** @param files that were bundled, as paths below node_modules or elsewhere */
export function notices(files: readonly string[]): string {
  const folders = new Set(files.map(packageOf).filter((folder) => folder !== undefined));
  const byText = Map.groupBy(folders, licenseTextOf);
  const parts = [...byText].map(([text, sharing]) => {
    const titles = [...new Set(sharing.map(titleOf))].toSorted();
    return [titles.join("\n"), text].filter((part) => part !== "").join("\n\n");
  });
  return `${parts.toSorted(order).join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** CycloneDX 1.5 of the packages that package-lock.json has for running, without what differs from run to run. */
export function sbom(): string {
  const printed = execFileSync(
    "npm",
    ["sbom", "--package-lock-only", "--omit=dev", "--sbom-format=cyclonedx"],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const { metadata, components, dependencies, ...rest } = JSON.parse(printed) as Sbom;
  const { lifecycles } = metadata;
  // npm names it after the folder; its serial number, clock and own version say nothing of what is shipped.
  const component = { ...metadata.component, type: "application", name: manifestOf(".").name };
  const stable = {
    ...rest,
    serialNumber: undefined,
    metadata: { lifecycles, component },
    components: components.toSorted((a, b) => order(a["bom-ref"], b["bom-ref"])),
    dependencies: dependencies.toSorted((a, b) => order(a.ref, b.ref)),
  };
  return `${JSON.stringify(stable, null, 2)}\n`;
}

const order = (a: string, b: string) => (a < b ? -1 : Number(a > b));
