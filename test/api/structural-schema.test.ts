/** What may become part of a CRD, and what is refused because the API server would refuse or misread it. */
import { expect } from "chai";
import { z } from "zod";
import { structuralSchema } from "../../src/api/structural-schema.ts";

const text = z.string().max(10);

describe("the structural schema of a zod type", () => {
  it("has types, limits, defaults and descriptions as Kubernetes writes them", () => {
    const type = z.object({
      name: text.min(1).describe("The name."),
      size: z.int().min(1).max(9).default(3),
      mode: z.enum(["A", "B"]).optional(),
      flags: z.array(text).max(2).meta({ "x-kubernetes-list-type": "set" }),
      labels: z.record(z.string(), text).meta({ maxProperties: 4 }),
    });
    expect(structuralSchema(type)).to.deep.equal({
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 10, description: "The name." },
        size: { type: "integer", minimum: 1, maximum: 9, default: 3 },
        mode: { type: "string", enum: ["A", "B"] },
        flags: {
          type: "array",
          maxItems: 2,
          items: { type: "string", maxLength: 10 },
          "x-kubernetes-list-type": "set",
        },
        labels: {
          type: "object",
          maxProperties: 4,
          additionalProperties: { type: "string", maxLength: 10 },
        },
      },
      required: ["name", "flags", "labels"],
    });
  });

  it("leaves a document of unknown fields open", () => {
    const type = z
      .record(z.string(), z.unknown())
      .meta({ "x-kubernetes-preserve-unknown-fields": true });
    expect(structuralSchema(type)).to.deep.equal({
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    });
  });

  const refused: [string, z.ZodType, string][] = [
    ["a union", z.union([text, z.boolean()]), '"anyOf" is not structural'],
    ["any", z.any(), "needs a type"],
    ["a nullable value", text.nullable(), '"nullable" is not structural'],
    ["two patterns on one string", text.regex(/a/).regex(/b/), '"allOf" is not structural'],
    ["look-around", text.regex(/^(?!a)/), "the pattern is not RE2"],
    ["a made-up format", text.startsWith("a"), "the format is made up"],
    ["a strict object", z.strictObject({ a: text }), "has properties and additionalProperties"],
    ["a string without a maximum", z.string(), "needs a maximum length"],
    ["a list without a maximum", z.array(text), "needs a maximum of items"],
    ["a map without a maximum", z.record(z.string(), text), "needs maxProperties"],
  ];
  for (const [what, type, fault] of refused) {
    it(`refuses ${what}, naming where it stands`, () => {
      const nested = z.object({ list: z.array(z.object({ it: type })).max(1) });
      expect(() => structuralSchema(nested)).to.throw(/^\$\.list\.items\.it: /);
      expect(() => structuralSchema(nested)).to.throw(fault);
    });
  }

  it("refuses a type with an id, which would become a $ref", () => {
    expect(() => structuralSchema(z.object({ it: text.meta({ id: "x" }) }))).to.throw(
      "is not structural",
    );
  });

  it("refuses a date, which has no form in JSON", () => {
    expect(() => structuralSchema(z.object({ at: z.date() }))).to.throw("Date");
  });
});
