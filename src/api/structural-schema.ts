/** Turns a zod type into a Kubernetes structural schema, and refuses what the API server would refuse or misread. */
import { z } from "zod";

/** A node of an `openAPIV3Schema`. */
export interface Schema {
  readonly [key: string]: unknown;
}

/** The only keys we emit beside x-kubernetes-…; anything else is a mistake in the zod type. */
const KEYS = new Set([
  ...["type", "description", "default", "enum", "format", "pattern"],
  ...["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties"],
  ...["properties", "required", "items", "additionalProperties"],
]);

/** Others are ignored by the API server, so that a made-up one would only mislead. */
const FORMATS: ReadonlySet<unknown> = new Set(["date-time", "int64"]);

/** Go's RE2 has neither look-around nor backreferences. */
const NOT_RE2 = /\(\?<?[=!]|\\[1-9]/;

/** The schema of a type. @throws Error with the path and the fault of the first node that is not structural. */
export function structuralSchema(type: z.ZodType): Schema {
  const schema = z.toJSONSchema(type, {
    target: "openapi-3.0",
    io: "input",
    reused: "inline",
    cycles: "throw",
  });
  return node(withoutKey(schema as Schema, "$schema"), "$");
}

function node(given: Schema, path: string): Schema {
  const schema = plain(given);
  const fault = faultOf(schema) ?? unboundedFault(schema);
  if (fault !== undefined) throw new Error(`${path}: ${fault}`);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, child(key, value, path)]),
  );
}

function child(key: string, value: unknown, path: string): unknown {
  if (key === "properties") {
    return Object.fromEntries(
      Object.entries(value as Record<string, Schema>).map(([name, property]) => [
        name,
        node(property, `${path}.${name}`),
      ]),
    );
  }
  if (key === "items" || key === "additionalProperties")
    return node(value as Schema, `${path}.${key}`);
  return value;
}

/** Without what zod says of every value of a kind, and Kubernetes does not know or need. */
function plain(schema: Schema): Schema {
  let result = withoutKey(schema, "propertyNames");
  if (result["maximum"] === Number.MAX_SAFE_INTEGER) result = withoutKey(result, "maximum");
  if (result["x-kubernetes-preserve-unknown-fields"] === true) {
    result = withoutKey(result, "additionalProperties");
  }
  return result;
}

function faultOf(schema: Schema): string | undefined {
  const stranger = Object.keys(schema).find(
    (key) => !KEYS.has(key) && !key.startsWith("x-kubernetes-"),
  );
  if (stranger !== undefined) return `"${stranger}" is not structural`;
  if (typeof schema["type"] !== "string") return "needs a type";
  if (NOT_RE2.test(String(schema["pattern"] ?? ""))) return "the pattern is not RE2";
  if ("format" in schema && !FORMATS.has(schema["format"])) return "the format is made up";
  if ("properties" in schema && "additionalProperties" in schema) {
    return "has properties and additionalProperties";
  }
  return undefined;
}

/** The API server budgets CEL by the greatest possible size: without one, any rule is too dear. */
function unboundedFault(schema: Schema): string | undefined {
  const { type } = schema;
  if (type === "array" && !("maxItems" in schema)) return "needs a maximum of items";
  if ("additionalProperties" in schema && !("maxProperties" in schema))
    return "needs maxProperties";
  if (type !== "string" || "enum" in schema || schema["format"] === "date-time") return undefined;
  return "maxLength" in schema ? undefined : "needs a maximum length";
}

function withoutKey(schema: Schema, key: string): Schema {
  const { [key]: _, ...rest } = schema;
  return rest;
}
