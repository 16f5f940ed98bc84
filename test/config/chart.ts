/** What the chart and the kustomizations render, made comparable. */
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { Helm } from "../sandbox/helm.ts";
import { type Manifest, OPERATOR } from "../sandbox/shipped-rights.ts";

/** What a chart cannot do without; the same as in config/example. */
export const REQUIRED = {
  "image.repository": "111122223333.dkr.ecr.us-west-2.amazonaws.com/pod-identity-operator",
  clusterName: "demo",
  region: "us-west-2",
};

export type Values = Readonly<Record<string, string>>;

const setting = (values: Values) =>
  Object.entries(values).flatMap(([name, value]) => ["--set", `${name}=${value}`]);

export const valuesOf = (values: Values) => setting({ ...REQUIRED, ...values });

/** @throws Error with what helm says */
export async function templated(
  helm: Helm,
  values: Values,
  { namespace = OPERATOR.namespace, args = [] as readonly string[] } = {},
): Promise<readonly Manifest[]> {
  const { stdout, stderr, code } = await helm(
    ...["template", "podidentity", "chart", "--namespace", namespace, ...args],
    ...valuesOf(values),
  );
  if (code !== 0) throw new Error(`helm template: ${stderr.trim()}`);
  return manifestsIn(stdout);
}

export function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: "1.1" })
    .map((one) => one.toJS() as Manifest | null)
    .filter((one) => one !== null);
}

export const manifestsOfFile = (path: string) => manifestsIn(readFileSync(path, "utf8"));

export const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;

/** By kind and name, without what only one of the two tools needs. The Namespace is Helm's own affair. */
export function inSubstance(manifests: readonly Manifest[]): Readonly<Record<string, unknown>> {
  const substance = manifests
    .filter(({ kind }) => kind !== "Namespace")
    .map((one) => [nameOf(one), withoutEmpty({ ...one, metadata: metadataOf(one) })] as const);
  return Object.fromEntries(substance.toSorted(([one], [other]) => one.localeCompare(other)));
}

type Texts = Readonly<Record<string, string>>;

function metadataOf({ metadata }: Manifest): Manifest["metadata"] {
  const { labels = {}, annotations = {} } = metadata as { labels?: Texts; annotations?: Texts };
  const others = (texts: Texts) =>
    Object.fromEntries(
      Object.entries(texts).filter(
        ([key]) => !/(^|\.)helm\.sh\/|^app\.kubernetes\.io\/managed-by$/.test(key),
      ),
    );
  const substance = { labels: others(labels), annotations: others(annotations) };
  return { ...metadata, ...substance };
}

/** What a pod or an object's metadata says by an empty value, it says by none. In a selector it would be something else. */
function withoutEmpty(manifest: Manifest): unknown {
  const { metadata, ...rest } = manifest as Manifest & { spec?: { template?: object } };
  const kept = { ...rest, metadata: pruned(metadata) };
  if (manifest.kind !== "Deployment") return kept;
  return { ...kept, spec: { ...rest.spec, template: pruned(rest.spec?.template) } };
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned).toSorted(byName);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, pruned(one)] as const);
  return Object.fromEntries(entries.filter(([, one]) => !isEmpty(one)));
}

/** kustomize puts what was patched first; no variable here names another. */
function byName(one: unknown, other: unknown): number {
  const [name, next] = [one, other].map((item) => (item as { name?: string })?.name ?? "");
  return (name ?? "").localeCompare(next ?? "");
}

const isEmpty = (value: unknown) => ["{}", "[]", '""', "null"].includes(JSON.stringify(value));
