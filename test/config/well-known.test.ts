/** The samples of well-known workloads: their policies say nothing that AWS does not know, and the guardrails beside them suffice. */
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type { EksAddon } from "../../src/api/eks-addon.ts";
import {
  type PodIdentityAssociation,
  withDefaults,
} from "../../src/api/pod-identity-association.ts";
import {
  type PodIdentityGuardrail,
  podIdentityGuardrail,
} from "../../src/api/pod-identity-guardrail.ts";
import { authorize } from "../../src/plan/authorize.ts";
import { desired } from "../../src/plan/desired.ts";
import { guardrailOf } from "../../src/plan/guardrail.ts";
import { fillInDocument } from "../../src/plan/placeholders.ts";
import { requestOf } from "../../src/plan/request.ts";
import { cluster, surroundings } from "../plan/examples.ts";
import { faults, type Statement } from "./iam-reference.ts";

type Sample = PodIdentityAssociation | PodIdentityGuardrail | EksAddon;

const FOLDER = "config/samples/well-known";

function objectsOf<Kind extends Sample>(kind: Kind["kind"], ...files: readonly string[]): Kind[] {
  return files
    .flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")))
    .map((document) => document.toJS() as Sample)
    .filter((object): object is Kind => object.kind === kind);
}

const files = globSync(`${FOLDER}/*.yaml`).sort();
const associations = files.flatMap((file) =>
  objectsOf<PodIdentityAssociation>("PodIdentityAssociation", file),
);

/** Every inline policy of a file, whatever kind it is of, with the cluster's own filled in. */
function statementsOf(file: string): readonly Statement[] {
  const roles = [
    ...objectsOf<PodIdentityAssociation>("PodIdentityAssociation", file).map(
      ({ spec }) => spec.role,
    ),
    ...objectsOf<EksAddon>("EKSAddon", file).flatMap(({ spec }) =>
      (spec.identities ?? []).map(({ role }) => role),
    ),
  ];
  const documents = roles.flatMap((role) => role?.inlinePolicies ?? []);
  return documents.flatMap(({ document }) => {
    const filled = fillInDocument(document, cluster) as { readonly Statement: Statement[] };
    return filled.Statement;
  });
}

/** As the API server fills it in. */
const withSpecDefaults = (object: PodIdentityGuardrail): PodIdentityGuardrail => ({
  ...object,
  spec: podIdentityGuardrail.spec.parse(object.spec) as PodIdentityGuardrail["spec"],
});

/** Why a namespace's object is not allowed by these guardrails; undefined if it is. */
function refusal(object: PodIdentityAssociation, ...guardrails: readonly string[]) {
  const { name, namespace = "" } = object.metadata;
  const spec = withDefaults(object.spec);
  const request = requestOf({ ...object, spec }, desired({ namespace, name }, spec, surroundings));
  const decision = authorize(request, {
    guardrails: objectsOf<PodIdentityGuardrail>("PodIdentityGuardrail", ...guardrails).map((one) =>
      guardrailOf(withSpecDefaults(one), cluster),
    ),
    namespace: { name: namespace, labels: {} },
    operatorNamespace: "pod-identity-system",
    rank: 1,
  });
  return decision.allowed ? undefined : decision.failure.reason;
}

describe("the samples of well-known workloads", () => {
  it("are these", () => {
    expect(files.map((file) => basename(file, ".yaml"))).to.deep.equal([
      "aws-load-balancer-controller",
      "cert-manager",
      "cluster-autoscaler",
      "ebs-csi-driver",
      "efs-csi-driver",
      "external-dns",
      "external-secrets",
      "guardrail-kube-system",
      "karpenter",
    ]);
  });

  for (const file of files) {
    const statements = statementsOf(file);
    if (statements.length === 0) continue;
    it(`${basename(file)} asks for actions, resources and conditions that go together`, async () => {
      const found = await Promise.all(statements.map((one) => faults(one)));
      expect(found.flat()).to.deep.equal([]);
    });
  }

  const needed: Readonly<Record<string, string | undefined>> = {
    "cert-manager": "config/guardrails/default.yaml",
    "external-secrets": "config/guardrails/default.yaml",
    "aws-load-balancer-controller": `${FOLDER}/guardrail-kube-system.yaml`,
    "cluster-autoscaler": `${FOLDER}/guardrail-kube-system.yaml`,
    karpenter: `${FOLDER}/karpenter.yaml`,
  };
  for (const association of associations) {
    const { name } = association.metadata;
    const guardrail = needed[name] ?? "no guardrail";
    it(`${name} is allowed by ${guardrail}`, () => {
      expect(refusal(association, guardrail)).to.equal(undefined);
    });
  }

  it("in kube-system are not allowed by the default guardrail, as their comments say", () => {
    const system = associations.filter(({ metadata }) => metadata.namespace === "kube-system");
    const reasons = system.map((one) => refusal(one, "config/guardrails/default.yaml"));
    expect(reasons).to.deep.equal(["NoGuardrail", "NoGuardrail", "NoGuardrail"]);
  });
});

describe("the check of statements", () => {
  const wrong: readonly (readonly [string, Statement, string])[] = [
    ["an action that does not exist", { Action: "s3:ReadObject", Resource: "*" }, "no action"],
    ["one in other letters", { Action: "s3:getobject", Resource: "*" }, "no action"],
    [
      "an action on a resource of another kind",
      { Action: "ec2:TerminateInstances", Resource: "arn:aws:ec2:us-west-2:1:volume/*" },
      "is on none",
    ],
    [
      "an action that no resource can narrow",
      { Action: "ec2:DescribeVpcs", Resource: "arn:aws:ec2:us-west-2:1:vpc/*" },
      "is on none",
    ],
    [
      "a resource beside the one that counts",
      { Action: "s3:GetObject", Resource: ["arn:aws:s3:::b/*", "arn:aws:sqs:us-west-2:1:q"] },
      "no action is on",
    ],
    [
      "a condition that the action does not know",
      {
        Action: "ec2:DescribeVpcs",
        Resource: "*",
        Condition: { StringEquals: { "aws:ResourceTag/team": "a" } },
      },
      "has no aws:ResourceTag/team",
    ],
  ];
  for (const [what, statement, fault] of wrong) {
    it(`finds ${what}`, async () => {
      expect((await faults(statement)).join("; ")).to.include(fault);
    });
  }
});
