/** Makes a chart template of a manifest: at given places stands a template expression instead of the value. */
import { type Document, parseAllDocuments, stringify } from "yaml";

/** The namespace of the manifests; that of the release takes its place wherever it is named. */
const NAMESPACE = "pod-identity-system";
const RELEASE_NAMESPACE = "{{ .Release.Namespace }}";

/**
 * Places by path, with spaces between the keys; an element of a list is named by its `name`, and "+" is one more.
 * An expression that begins with `{{-` stands on lines of its own.
 */
export type Expressions = Readonly<Record<string, string>>;

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
}

export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((one) => (one as Document).toJS() as Manifest);
}

/** @throws Error naming a path that leads nowhere */
export function templateOf(manifest: Manifest, expressions: Expressions): string {
  const tree = structuredClone(manifest);
  const tokens = Object.entries(expressions).map(([path, expression], index) => {
    const token = `__${index}__`;
    place(tree, path.split(" "), token);
    return [token, expression] as const;
  });
  let text = escaped(stringify(tree, STYLE));
  for (const [token, expression] of tokens) text = replace(text, token, expression);
  return text
    .replaceAll(new RegExp(`^(.*[:-] )${NAMESPACE}$`, "gm"), `$1"${RELEASE_NAMESPACE}"`)
    .replaceAll(NAMESPACE, RELEASE_NAMESPACE);
}

/** Helm reads YAML 1.1, where Off is not a text. */
export const STYLE = {
  lineWidth: 0,
  aliasDuplicateObjects: false,
  compat: "yaml-1.1",
} as const;

/** What Prometheus fills in is not Helm's to fill in. */
function escaped(text: string): string {
  return text.replaceAll("{{", '{{ "{{" }}');
}

type Tree = Record<string, unknown> | { name?: string }[];

function place(tree: object, path: readonly string[], token: string): void {
  const [key = "", ...rest] = path;
  if (Array.isArray(tree) && key === "+") {
    tree.push(token);
    return;
  }
  const index = Array.isArray(tree) ? tree.findIndex(({ name }) => name === key) : key;
  if (index === -1) throw new Error(`no element is named ${key}`);
  const node = tree as unknown as Record<string | number, unknown>;
  if (rest.length === 0) {
    node[index] = token;
    return;
  }
  if (rest.length === 1 && node[index] === undefined) node[index] = {};
  const below = node[index] as Tree | undefined;
  if (below === undefined) throw new Error(`there is no ${key} on the way to ${path.join(" ")}`);
  place(below, rest, token);
}

function replace(text: string, token: string, expression: string): string {
  if (!expression.startsWith("{{-")) return text.replace(token, () => expression);
  return text.replace(new RegExp(`^( *)- ${token}$`, "m"), (_, indent: string) =>
    expression
      .split("\n")
      .map((line) => indent + line)
      .join("\n"),
  );
}
