/** Fails if a package that the operator ships with is under a licence that is not permissive. */
import { runtimePackages } from "./lockfile.ts";

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

/** "(MIT OR GPL-3.0)" leaves the choice to us; "MIT AND GPL-3.0" does not. */
function isPermissive(license: string): boolean {
  const choices = license.replace(/[()]/g, "").split(" OR ");
  return choices.some((choice) =>
    choice.split(" AND ").every((part) => PERMISSIVE.has(part.trim())),
  );
}

const shipped = runtimePackages();
const strangers = shipped.filter(({ license }) => !isPermissive(license));

for (const { path, license } of strangers) {
  console.error(`${path} is under ${license}, which is not known to be permissive`);
}
console.log(
  `${shipped.length} runtime packages, ${strangers.length} under other than permissive licences`,
);
process.exitCode = strangers.length === 0 ? 0 : 1;
