/** docs/api.md from a kind's schema: what a user reads beside `kubectl explain`. */
import { CONDITION_TYPES } from "../src/api/conditions.ts";
import { type ResourceDefinition, schemaOf } from "../src/api/crd.ts";
import { API_VERSION } from "../src/api/group.ts";
import type { Rule } from "../src/api/rules.ts";
import type { Schema } from "../src/api/structural-schema.ts";

interface Field {
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

export interface Kind {
  readonly kind: ResourceDefinition;
  /** A useful manifest, shown first. */
  readonly sample: string;
}

export function apiDocs(kinds: readonly Kind[]): string {
  return [
    "<!-- Generated from src/api by `make generate`. -->",
    "# API",
    "`${AWS::AccountId}`, `${AWS::Region}`, `${AWS::Partition}` and `${EKS::ClusterName}` may stand in every ARN and in the strings of a policy document; the operator fills in the cluster's own, so the same manifest serves every cluster and account.",
    ...kinds.map(kindDocs),
    "## Conditions",
    "Reasons are listed in [reasons.md](reasons.md).",
    table(
      ["type", "means"],
      Object.entries(CONDITION_TYPES).map(([type, means]) => [`\`${type}\``, means]),
    ),
    "",
  ].join("\n\n");
}

function kindDocs({ kind: definition, sample }: Kind): string {
  const { kind, plural, shortNames, description } = definition;
  const [name = plural, ...others] = [...shortNames, plural];
  const also = others.length > 0 ? ` (also \`${others.join("`, `")}\`)` : "";
  const [spec = [], status = []] = ["spec", "status"].map((part) => fieldsOf(part, definition));
  const described = ({ schema }: Field) => "description" in schema;
  return [
    `## ${kind}`,
    `\`${API_VERSION}\`, ${definition.scope.toLowerCase()}. ${description}`,
    `\`kubectl get ${name}\` lists them${also}, \`kubectl explain ${name}.spec\` explains every field.`,
    `\`\`\`yaml\n${sample.trim()}\n\`\`\``,
    "### spec",
    table(
      ["field", "type", "required", "default", "meaning"],
      spec
        .filter(described)
        .map(({ path, schema, required }) => [
          `\`${path}\``,
          typeOf(schema),
          required ? "yes" : "",
          "default" in schema ? `\`${String(schema["default"])}\`` : "",
          meaningOf(schema),
        ]),
    ),
    "### Rules",
    "The API server refuses an object that breaks one of these, with this message:",
    table(
      ["field", "message"],
      [
        ...rulesOf({ path: "metadata.name", schema: schemaOf(definition) }),
        ...spec.flatMap(rulesOf),
      ],
    ),
    "### status",
    table(
      ["field", "type", "meaning"],
      status
        .filter(described)
        .map(({ path, schema }) => [`\`${path}\``, typeOf(schema), meaningOf(schema)]),
    ),
  ].join("\n\n");
}

function fieldsOf(part: string, definition: ResourceDefinition): readonly Field[] {
  const properties = schemaOf(definition)["properties"] as Record<string, Schema>;
  return descend({ path: part, schema: properties[part] ?? {}, required: part === "spec" });
}

/** A field and those below it, in the order of the schema. */
function descend(field: Field): readonly Field[] {
  const { path, schema } = field;
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const required = (schema["required"] ?? []) as readonly string[];
  const below = Object.entries(properties).flatMap(([name, child]) =>
    descend({ path: `${path}.${name}`, schema: child, required: required.includes(name) }),
  );
  const items = schema["items"] as Schema | undefined;
  const inItems = items ? descend({ path: `${path}[]`, schema: items, required: false }) : [];
  const values = schema["additionalProperties"] as Schema | undefined;
  const inValues = values ? descend({ path: `${path}.*`, schema: values, required: false }) : [];
  return [field, ...below, ...inItems, ...inValues];
}

function rulesOf({ path, schema }: Omit<Field, "required">): readonly (readonly string[])[] {
  const rules = (schema["x-kubernetes-validations"] ?? []) as readonly Rule[];
  return rules.map(({ message }) => [`\`${path}\``, message]);
}

function typeOf(schema: Schema): string {
  const values = schema["enum"] as readonly string[] | undefined;
  if (values) return values.map((value) => `\`${value}\``).join(", ");
  if (schema["type"] === "array") {
    return `list of ${(schema["items"] as Schema)["type"]}s, at most ${schema["maxItems"]}`;
  }
  if (schema["additionalProperties"]) return `map of strings, at most ${schema["maxProperties"]}`;
  if (schema["type"] === "integer" && "maximum" in schema) {
    return `integer, ${schema["minimum"]} to ${schema["maximum"]}`;
  }
  if (schema["type"] === "string" && "maxLength" in schema) {
    return `string, at most ${schema["maxLength"]} characters`;
  }
  return String(schema["type"]);
}

function meaningOf(schema: Schema): string {
  return String(schema["description"] ?? "");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
