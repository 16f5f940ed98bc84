/** One folder of manifests for every cluster: nothing in it is of one, and an ApplicationSet has nothing to fill in. */
import { globSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import {
  type PodIdentityAssociation,
  withDefaults,
} from "../../src/api/pod-identity-association.ts";
import { desired } from "../../src/plan/desired.ts";
import { surroundings } from "../plan/examples.ts";

const BEIJING = {
  ...surroundings,
  cluster: {
    ...surroundings.cluster,
    name: "beijing",
    arn: "arn:aws-cn:eks:cn-north-1:444455556666:cluster/beijing",
    partition: "aws-cn",
    region: "cn-north-1",
    accountId: "444455556666",
  },
  awsManagedPolicies: new Map(
    ["AmazonS3ReadOnlyAccess", "AmazonS3FullAccess"].map((name) => {
      return [name, `arn:aws-cn:iam::aws:policy/${name}`];
    }),
  ),
};

const associations = globSync(["config/samples/*.yaml", "config/argocd/*.yaml"]).flatMap((file) =>
  parseAllDocuments(readFileSync(file, "utf8"))
    .map((document) => document.toJS() as PodIdentityAssociation)
    .filter(({ kind }) => kind === "PodIdentityAssociation"),
);

/** Paths of the strings that hold a template of Argo CD's. */
function templated(value: unknown, path: string): readonly string[] {
  if (typeof value === "string") return value.includes("{{") ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => templated(one, `${path}.${key}`));
}

describe("one folder of manifests for many clusters", () => {
  for (const { metadata, spec } of associations) {
    it(`${metadata.name} wants of another account, region and partition what is there`, () => {
      const name = { namespace: "team", name: metadata.name };
      const { role, roleArn, session } = desired(name, withDefaults(spec), BEIJING);
      expect(roleArn).to.match(/^arn:aws-cn:iam::444455556666:role\//);
      const all = JSON.stringify({ role, roleArn, session });
      expect(all).to.not.match(/arn:aws:|111122223333|us-west-2|\$\{(AWS|EKS)::/);
    });
  }

  it("is what the ApplicationSet has: only the Application's name and where it goes differ", () => {
    const sample = parse(readFileSync("config/argocd/applicationset.yaml", "utf8"));
    expect(templated(sample, "")).to.deep.equal([
      ".spec.template.metadata.name",
      ".spec.template.spec.destination.server",
    ]);
  });
});
