/** Every file that is generated, by path: one place for the writer and for the test that compares. */
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { clusterPodIdentityAssociation } from "../src/api/cluster-pod-identity-association.ts";
import { crdManifest, type ResourceDefinition } from "../src/api/crd.ts";
import { podIdentityAssociation } from "../src/api/pod-identity-association.ts";
import { podIdentityGuardrail } from "../src/api/pod-identity-guardrail.ts";
import { apiDocs } from "./api-docs.ts";
import { cloudFormation } from "./cloudformation.ts";

/** The repository's root. */
export const ROOT = new URL("../", import.meta.url);

const NOTE = "# Generated from src/api by `make generate`.\n";

/** Each kind with the manifest that its documentation begins with. */
const KINDS: readonly (readonly [ResourceDefinition, string])[] = [
  [podIdentityAssociation, "config/samples/s3-reader.yaml"],
  [clusterPodIdentityAssociation, "config/samples/cluster-wide.yaml"],
  [podIdentityGuardrail, "config/guardrails/default.yaml"],
];

export function generatedFiles(): ReadonlyMap<string, string> {
  const kinds = KINDS.map(([kind, path]) => ({
    kind,
    sample: readFileSync(new URL(path, ROOT), "utf8"),
  }));
  const crds = KINDS.map(
    ([kind]) => [`crds/podidentity.io_${kind.plural}.yaml`, crd(kind)] as const,
  );
  return new Map([
    ...crds,
    ["docs/api.md", apiDocs(kinds)],
    ["config/aws/operator.cfn.yaml", cloudFormation(ROOT)],
  ]);
}

function crd(kind: ResourceDefinition): string {
  return `${NOTE}${stringify(crdManifest(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
