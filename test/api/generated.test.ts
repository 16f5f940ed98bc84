/** What is committed beside src/api agrees with it: CRD, documentation, samples, reasons. */
import { globSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { clusterPodIdentityAssociation } from "../../src/api/cluster-pod-identity-association.ts";
import { FAILURE_REASONS, PROGRESS_REASONS } from "../../src/api/conditions.ts";
import { schemaOf } from "../../src/api/crd.ts";
import { eksAddon } from "../../src/api/eks-addon.ts";
import { podIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { podIdentityGuardrail } from "../../src/api/pod-identity-guardrail.ts";
import type { Schema } from "../../src/api/structural-schema.ts";
import { generatedFiles } from "../../tools/generated-files.ts";

const read = (path: string) => readFileSync(path, "utf8");

type Properties = Readonly<Record<string, Schema>>;

function undescribed(properties: Properties, path: string): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const items = (schema["items"] ?? {}) as Schema;
    const below = { ...(schema["properties"] ?? {}), ...(items["properties"] ?? {}) } as Properties;
    const here = schema["description"] ? [] : [`${path}.${name}`];
    return [...here, ...undescribed(below, `${path}.${name}`)];
  });
}

describe("generated files", () => {
  for (const [path, content] of generatedFiles()) {
    it(`${path} is up to date (else: make generate)`, () => expect(read(path)).to.equal(content));
  }

  it("are the only ones in crds/", () => {
    const generated = [...generatedFiles().keys()].filter((path) => path.startsWith("crds/"));
    expect(globSync("crds/*")).to.have.members(generated);
  });
});

describe("the schemas of src/api", () => {
  // z.toJSONSchema drops these without a word, and the API server would let everything through.
  const lost =
    /\.(?:refine|superRefine|check|transform|trim|overwrite|preprocess|pipe)\(|z\.coerce|\.regex\(\/.*\/[a-z]/;

  for (const file of globSync("src/api/*.ts")) {
    it(`${file} uses nothing of zod that would vanish from the CRD`, () => {
      expect(read(file).match(lost)).to.equal(null);
    });
  }

  it("would notice what vanishes", () => {
    expect(
      ["z.string().trim()", "x.refine(f)", ".regex(/a/i)"].every((text) => lost.test(text)),
    ).to.equal(true);
  });

  it("describe every field, for kubectl explain and docs/api.md", () => {
    for (const kind of kinds) {
      const { spec, status } = schemaOf(kind)["properties"] as Properties;
      expect(undescribed({ spec, status } as Properties, kind.kind)).to.deep.equal([]);
    }
  });
});

const kinds = [
  podIdentityAssociation,
  clusterPodIdentityAssociation,
  eksAddon,
  podIdentityGuardrail,
];

describe("the definitions", () => {
  // Applied by Helm and then by kubectl, such a list would be a conflict.
  for (const file of globSync("crds/podidentity.io_*.yaml")) {
    it(`${file} has no empty list, which the API server would not keep`, () => {
      expect(read(file)).to.not.match(/: \[\]$/m);
    });
  }
});

describe("the samples", () => {
  for (const file of globSync(["config/samples/**/*.yaml", "config/guardrails/*.yaml"])) {
    it(`${file} parses as its kinds with no unknown field`, () => {
      const objects = parseAllDocuments(read(file)).map((one) => one.toJS());
      const ours = objects.filter(({ apiVersion }) => apiVersion === "podidentity.io/v1alpha1");
      expect(objects).to.not.have.length(0);
      for (const { kind, spec } of ours) {
        const definition = kinds.find((one) => one.kind === kind);
        expect(definition?.spec.parse(spec)).to.containSubset(spec);
      }
    });
  }

  it("begin with the one of the README, in seven lines", () => {
    expect(read("config/samples/s3-reader.yaml").trim().split("\n")).to.have.length(7);
  });
});

describe("reasons", () => {
  const known: readonly string[] = [...PROGRESS_REASONS, ...FAILURE_REASONS];
  const [table = ""] = read("docs/reasons.md").split("## Events");
  const documented = [...table.matchAll(/^\| `(\w+)` \|/gm)];

  it("are exactly those of docs/reasons.md", () => {
    expect(documented.map((match) => match[1])).to.have.members(known);
  });

  it("are all known that the sources fail with", () => {
    const used = globSync("src/**/*.ts").flatMap((file) =>
      [...read(file).matchAll(/new Failure\(\s*"(\w+)"/g)].map((match) => match[1] ?? ""),
    );
    expect(used).to.not.have.length(0);
    expect(known).to.include.members(used);
  });
});
