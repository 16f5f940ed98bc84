/** Every file that is generated, by path: one place for the writer and for the test that compares. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { clusterPodIdentityAssociation } from "../src/api/cluster-pod-identity-association.ts";
import { crdManifest, type ResourceDefinition } from "../src/api/crd.ts";
import { eksAddon } from "../src/api/eks-addon.ts";
import { podIdentityAssociation } from "../src/api/pod-identity-association.ts";
import { podIdentityGuardrail } from "../src/api/pod-identity-guardrail.ts";
import { apiDocs } from "./api-docs.ts";
import { argocdConfigMap } from "./argocd-health.ts";
import { chartFiles, valuesTable } from "./chart/files.ts";
import { cloudFormation } from "./cloudformation.ts";
import { manifestOf } from "./lockfile.ts";

/** The repository's root. */
export const ROOT = new URL("../", import.meta.url);

const NOTE = "# Generated from src/api by `make generate`.\n";

/** Each kind with the manifest that its documentation begins with. */
const KINDS: readonly (readonly [ResourceDefinition, string])[] = [
  [podIdentityAssociation, "config/samples/s3-reader.yaml"],
  [clusterPodIdentityAssociation, "config/samples/cluster-wide.yaml"],
  [eksAddon, "config/samples/vpc-cni.yaml"],
  [podIdentityGuardrail, "config/guardrails/default.yaml"],
];

export function generatedFiles(): ReadonlyMap<string, string> {
  const kinds = KINDS.map(([kind, path]) => ({ kind, sample: read(path) }));
  const crds = new Map(
    KINDS.map(([kind]) => [`crds/podidentity.io_${kind.plural}.yaml`, crd(kind)] as const),
  );
  const health = argocdConfigMap(
    KINDS.map(([kind]) => kind),
    read("config/argocd/health.lua"),
  );
  const { version } = manifestOf(fileURLToPath(ROOT));
  return new Map([
    ...crds,
    ["crds/kustomization.yaml", kustomization(crds)],
    ["docs/api.md", apiDocs(kinds)],
    ["src/api/version.ts", versionFile(version)],
    ["config/argocd/argocd-cm.yaml", health],
    ["config/aws/operator.cfn.yaml", cloudFormation(ROOT)],
    ...chartFiles({ version, crds, read }),
    ["docs/install.md", withTable(read("docs/install.md"), valuesTable())],
  ]);
}

const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** For `kubectl apply -k crds`, and for config/default. */
function kustomization(crds: ReadonlyMap<string, string>): string {
  const resources = [...crds.keys()].map((path) => path.replace("crds/", ""));
  const apiVersion = "kustomize.config.k8s.io/v1beta1";
  return NOTE + stringify({ apiVersion, kind: "Kustomization", resources });
}

/** @throws Error if the page has no place for it */
function withTable(page: string, table: string): string {
  const place = /(<!-- values:[^>]*-->\n)[\s\S]*(<!-- end of values -->)/;
  if (!place.test(page)) throw new Error("docs/install.md has no place for the table of values");
  return page.replace(place, (_, begin: string, end: string) => `${begin}${table}\n${end}`);
}

function versionFile(version: string): string {
  return `/** The operator's version, as package.json says it (\`make generate\`); AWS and the API server see it as our user agent. */
export const OPERATOR_VERSION = "${version}";
`;
}

function crd(kind: ResourceDefinition): string {
  return `${NOTE}${stringify(crdManifest(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
