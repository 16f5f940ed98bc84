/** Every file of config/chart that is generated, by path: the chart has no manifest of its own. */
import { stringify } from "yaml";
import { z } from "zod";
import { type Expressions, manifestsOf, STYLE, templateOf } from "./substitute.ts";
import { TEMPLATES, type Template } from "./templates.ts";
import { values } from "./values.ts";

const CHART = "config/chart";
const NOTE = "by `make generate`";

/** Helm leaves it in place whatever becomes of the release: all objects of the kind would go with it. */
const KEPT = { "helm.sh/resource-policy": "keep" };

interface Sources {
  /** Of the operator, which the chart belongs to. */
  readonly version: string;
  /** By path. */
  readonly crds: ReadonlyMap<string, string>;
  /** Reads a manifest of config/. */
  readonly read: (path: string) => string;
}

export function chartFiles({ version, crds, read }: Sources): ReadonlyMap<string, string> {
  const templates = TEMPLATES.map((one) => {
    const name = one.source.replace("/", "-");
    return [`${CHART}/templates/${name}`, template(one, read(`config/${one.source}`))] as const;
  });
  const definitions = [...crds].map(([path, text]) => {
    const name = path.replace("crds/podidentity.io_", "crd-");
    return [`${CHART}/templates/${name}`, definition(path, text)] as const;
  });
  return new Map([
    [`${CHART}/Chart.yaml`, chart(version)],
    [`${CHART}/values.yaml`, valuesFile()],
    [`${CHART}/values.schema.json`, `${JSON.stringify(schema(), undefined, 2)}\n`],
    ...templates,
    ...definitions,
  ]);
}

function template({ source, when, set = {} }: Template, text: string): string {
  // The release's namespace is there before the release: --create-namespace.
  const manifests = manifestsOf(text).filter(({ kind }) => kind !== "Namespace");
  const names = new Set(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const unknown = Object.keys(set).find((name) => !names.has(name));
  if (unknown) throw new Error(`there is no ${unknown} in config/${source}`);
  const documents = manifests.map((one) =>
    templateOf(one, set[`${one.kind}/${one.metadata.name}`] ?? ({} as Expressions)),
  );
  return wrapped(`config/${source}`, documents.join("---\n"), when);
}

function definition(path: string, text: string): string {
  const documents = manifestsOf(text).map((crd) => {
    const annotations = { ...(crd.metadata["annotations"] as object), ...KEPT };
    return templateOf({ ...crd, metadata: { ...crd.metadata, annotations } }, {});
  });
  return wrapped(path, documents.join("---\n"), ".Values.crds.enabled");
}

function wrapped(source: string, text: string, when: string | undefined): string {
  const note = `# Generated from ${source} ${NOTE}.\n`;
  return when ? `${note}{{- if ${when} }}\n${text}{{- end }}\n` : note + text;
}

function chart(version: string): string {
  return `# Generated from package.json ${NOTE}.\n${stringify({
    apiVersion: "v2",
    name: "pod-identity-operator",
    description: "GitOps for Amazon EKS Pod Identity: roles and associations from one YAML",
    type: "application",
    version,
    appVersion: version,
    kubeVersion: ">=1.30.0-0",
  })}`;
}

type Schema = Readonly<Record<string, unknown>> & {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly type?: string;
};

function schema(): Schema {
  const made = z.toJSONSchema(values, { target: "draft-7", io: "input" }) as Schema;
  // What a chart that depends on this one shares with it.
  return { ...made, properties: { ...made.properties, global: { type: "object" } } };
}

function valuesFile(): string {
  const lines = Object.entries(schema().properties ?? {})
    .filter(([name]) => name !== "global")
    .flatMap(([name, value]) => ["", ...yamlOf(name, value)]);
  return `# Generated from tools/chart/values.ts ${NOTE}.\n${lines.join("\n")}\n`;
}

function yamlOf(name: string, value: Schema): readonly string[] {
  const comment = (value.description ?? "").match(/\S.{0,96}(?=\s|$)/g) ?? [];
  const choice = value.enum ? [`One of ${value.enum.join(", ")}.`] : [];
  const above = [...comment, ...choice].map((line) => `# ${line}`);
  if (!value.properties) {
    const text = stringify({ [name]: value.default }, STYLE).trimEnd();
    return [...above, ...text.split("\n")];
  }
  const below = Object.entries(value.properties).flatMap(([key, one]) => yamlOf(key, one));
  return [...above, `${name}:`, ...below.map((line) => `  ${line}`)];
}

/** The table of docs/install.md. */
export function valuesTable(): string {
  const rows = rowsOf("", schema()).map((cells) => `| ${cells.join(" | ")} |`);
  return ["| value | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

function rowsOf(prefix: string, { properties = {} }: Schema): readonly (readonly string[])[] {
  return Object.entries(properties)
    .filter(([name]) => name !== "global")
    .flatMap(([name, value]) => {
      if (value.properties) return rowsOf(`${prefix}${name}.`, value);
      const choice = value.enum ? `${value.enum.map((one) => `\`${one}\``).join(", ")}. ` : "";
      const standard = JSON.stringify(value.default);
      const meaning = `${choice}${value.description ?? ""}`.trim();
      return [[`\`${prefix}${name}\``, standard === '""' ? "" : `\`${standard}\``, meaning]];
    });
}
