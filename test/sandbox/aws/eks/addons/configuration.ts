/**
 * Whether EKS takes an add-on's configuration values: JSON or YAML that its schema allows, refused in the words of the
 * validator that EKS uses ("$.enableNetworkPolicy: boolean found, string expected").
 */
import { parse } from "yaml";
import { invalidParameter } from "../refusals.ts";

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
}

/** @throws AwsError InvalidParameterException */
export function checkConfiguration(values: string, schema: object, clusterName: string): void {
  if (values === "") return;
  const faults = faultsOf(parsed(values, clusterName) ?? {}, schema, "$");
  if (faults.length > 0) {
    throw unsupported(
      `Json schema validation failed with error: [${faults.join(", ")}]`,
      clusterName,
    );
  }
}

/** NV: text. */
function parsed(values: string, clusterName: string): unknown {
  try {
    return parse(values);
  } catch {
    throw unsupported("it is neither valid JSON nor valid YAML", clusterName);
  }
}

const unsupported = (why: string, clusterName: string) =>
  invalidParameter(`ConfigurationValue provided in request is not supported: ${why}`, clusterName);

function faultsOf(value: unknown, schema: Schema, path: string): readonly string[] {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  const found = typeOf(value);
  if (types.length > 0 && !types.some((type) => isOf(type, found))) {
    return [`${path}: ${found} found, ${types.join(", ")} expected`];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => faultsOf(item, schema.items ?? {}, `${path}[${index}]`));
  }
  return found === "object" ? memberFaults(value as object, schema, path) : [];
}

function memberFaults(value: object, schema: Schema, path: string): readonly string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const known = schema.properties?.[name];
    if (known) return faultsOf(member, known, `${path}.${name}`);
    if (schema.additionalProperties !== false) return [];
    return [
      `${path}.${name}: is not defined in the schema and the schema does not allow additional properties`,
    ];
  });
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

const isOf = (type: string, found: string) =>
  type === found || (type === "number" && found === "integer");
