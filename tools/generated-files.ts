/** Every file that is generated from src/api, by path: one place for the writer and for the test that compares. */
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { crdManifest } from "../src/api/crd.ts";
import { podIdentityAssociation } from "../src/api/pod-identity-association.ts";
import { apiDocs } from "./api-docs.ts";

/** The repository's root. */
export const ROOT = new URL("../", import.meta.url);

const NOTE = "# Generated from src/api by `make generate`.\n";

export function generatedFiles(): ReadonlyMap<string, string> {
  const crd = stringify(crdManifest(podIdentityAssociation), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  const sample = readFileSync(new URL("config/samples/s3-reader.yaml", ROOT), "utf8");
  return new Map([
    [`crds/podidentity.io_${podIdentityAssociation.plural}.yaml`, `${NOTE}${crd}`],
    ["docs/api.md", apiDocs(podIdentityAssociation, sample)],
  ]);
}
