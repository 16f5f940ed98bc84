/** The bill of materials of what is shipped, as CycloneDX 1.5. */
import { Buffer } from "node:buffer";
import { type Manifest, manifestOf, type RuntimePackage, runtimePackages } from "./lockfile.ts";

type Named = Pick<Manifest, "name" | "version" | "license">;

const refOf = ({ name, version }: Named) => `${name}@${version}`;
const purlOf = ({ name, version }: Named) => `pkg:npm/${name.replace("@", "%40")}@${version}`;

function licensesOf(license: string): object[] {
  return [/ (?:OR|AND) /.test(license) ? { expression: license } : { license: { id: license } }];
}

/** "sha512-" and base64 → hexadecimal */
function hashesOf({ integrity = "" }: RuntimePackage): object[] {
  const base64 = /^sha512-(\S+)/.exec(integrity)?.[1];
  if (base64 === undefined) return [];
  return [{ alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") }];
}

function described(type: string, one: Named): object {
  const { name, version, license = "none stated" } = one;
  const licenses = licensesOf(license);
  return { "bom-ref": refOf(one), type, name, version, purl: purlOf(one), licenses };
}

/**
 * Of the packages that package-lock.json has for running (`npm sbom --omit=dev` leaves out those that tools need
 * too). Nothing in it differs from run to run.
 *
 * @param bundled paths of packages of which something was bundled; the others are listed as optional
 */
export function sbom(bundled: ReadonlySet<string>): string {
  const self = manifestOf(".");
  const packages = runtimePackages();
  const refs = new Map(packages.map((one) => [one.path, refOf(one)]));
  const refsOf = (paths: readonly string[]) =>
    [...new Set(paths.flatMap((path) => refs.get(path) ?? []))].toSorted();
  const direct = Object.keys(self.dependencies ?? {}).map((name) => `node_modules/${name}`);
  // The same version may lie in several folders.
  const kinds = Map.groupBy(packages, refOf);
  const sorted = [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const components = sorted.flatMap(([, [first, ...others]]) => {
    if (!first) return [];
    const isBundled = [first, ...others].some(({ path }) => bundled.has(path));
    const scope = isBundled ? "required" : "optional";
    return [{ ...described("library", first), scope, hashes: hashesOf(first) }];
  });
  const dependencies = [
    { ref: refOf(self), dependsOn: refsOf(direct) },
    ...sorted.map(([ref, same]) => ({
      ref,
      dependsOn: refsOf(same.flatMap((one) => one.dependencies)),
    })),
  ];
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: described("application", self) },
    components,
    dependencies,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
