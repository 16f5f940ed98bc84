/** Fails if a package that the operator ships with is under a licence that is not permissive. */
import { readFileSync } from "node:fs";

const PERMISSIVE = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
]);

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly license?: string;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** "(MIT OR GPL-3.0)" leaves the choice to us; "MIT AND GPL-3.0" does not. */
function isPermissive(license: string): boolean {
  const choices = license.replace(/[()]/g, "").split(" OR ");
  return choices.some((choice) =>
    choice.split(" AND ").every((part) => PERMISSIVE.has(part.trim())),
  );
}

/** The lockfile leaves the licence out of some packages; their own package.json has it. */
function licenseOf(path: string, locked: LockedPackage): string {
  if (locked.license) return locked.license;
  const { license } = JSON.parse(readFileSync(`${path}/package.json`, "utf8")) as {
    license?: string;
  };
  return license ?? "none stated";
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lockfile;
const shipped = Object.entries(packages).filter(
  ([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional,
);
const strangers = shipped
  .map(([path, locked]) => ({ path, license: licenseOf(path, locked) }))
  .filter(({ license }) => !isPermissive(license));

for (const { path, license } of strangers) {
  console.error(`${path} is under ${license}, which is not known to be permissive`);
}
console.log(
  `${shipped.length} runtime packages, ${strangers.length} under other than permissive licences`,
);
process.exitCode = strangers.length === 0 ? 0 : 1;
