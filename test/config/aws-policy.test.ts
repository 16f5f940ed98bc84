/** The operator's policies of config/aws against single calls: those it makes are allowed, those it never should make are not. */
import { expect } from "chai";
import { evaluate } from "../sandbox/aws/permissions/evaluate.ts";
import { passing } from "../sandbox/aws/permissions/keys.ts";
import { contextOf } from "../sandbox/aws/permissions/pattern.ts";
import { refusedOf } from "../sandbox/aws/permissions/requirements.ts";
import {
  ADDON_CALLS,
  ASSOCIATION_READS,
  ASSOCIATION_STEPS,
  BULK_READS,
  ROLE_READS,
  ROLE_STEPS,
  UNBOUNDED_STEPS,
} from "./allowed.ts";
import { documentOf, documentsOf, PROFILES } from "./aws-documents.ts";
import { ON_ADDONS, ON_ASSOCIATIONS } from "./escalations/cluster.ts";
import { ON_ITSELF, ON_OTHERS, ON_ROLES } from "./escalations/identities.ts";
import { ANYTHING } from "./escalations/policies.ts";
import { accountOfEverybody, associationArn, BOUNDARY, CLUSTER, iam, type Row } from "./world.ts";

const world = accountOfEverybody();
const OWN = iam("role/podidentity/own");

const ALLOWED = [
  ["associations", [...ASSOCIATION_READS, ...ASSOCIATION_STEPS]],
  ["roles", [...ROLE_READS, ...BULK_READS, ...ROLE_STEPS]],
  ["addons", ADDON_CALLS],
] as const;
const ESCALATIONS = [...ON_ROLES, ...ON_ITSELF, ...ON_OTHERS, ...ON_ASSOCIATIONS, ...ON_ADDONS];

function decisionOn([, service, operation, parameters]: Row, identity: readonly string[]): string {
  const refused = refusedOf(world, { service, operation, parameters }, { policies: { identity } });
  return refused ? `${refused.decision}: ${refused.action} on ${refused.resource}` : "allowed";
}

describe("the operator's policies", () => {
  let allowed = 0;
  let denied = 0;
  after(() => console.log(`    policy: ${allowed} calls allowed, ${denied} escalations denied`));

  for (const [profile, rows] of ALLOWED) {
    describe(`the profile ${profile}`, () => {
      for (const row of rows) {
        it(`may ${row[0]}`, () => {
          expect(decisionOn(row, documentsOf(PROFILES[profile]))).to.equal("allowed");
          allowed += 1;
        });
      }
    });
  }

  describe("all of them together, but for unbounded", () => {
    for (const row of ESCALATIONS) {
      it(`may not ${row[0]}`, () => {
        expect(decisionOn(row, documentsOf(PROFILES.addons))).to.not.equal("allowed");
        denied += 1;
      });
    }

    for (const service of ["ec2", "lambda", "ecs-tasks", "codebuild", "cloudformation", "glue"]) {
      it(`may not pass a role to ${service}`, () => {
        const ask = passing(OWN, `${service}.amazonaws.com`);
        const identity = documentsOf(PROFILES.addons);
        expect(evaluate({ ...ask, context: contextOf(ask.keys ?? {}) }, { identity })).to.equal(
          "not allowed",
        );
        denied += 1;
      });
    }
  });

  describe("the profile associations", () => {
    const identity = documentsOf(PROFILES.associations);
    for (const row of [...ROLE_STEPS, ...UNBOUNDED_STEPS, ...BULK_READS]) {
      it(`may not ${row[0]}`, () => expect(decisionOn(row, identity)).to.not.equal("allowed"));
    }
    it("allows no write to IAM but passing a role", () => {
      const [document = ""] = identity;
      const { Statement } = JSON.parse(document) as {
        Statement: { Effect: string; Action?: string | string[] }[];
      };
      const actions = Statement.filter(({ Effect }) => Effect === "Allow").flatMap(
        ({ Action = [] }) => [Action].flat(),
      );
      expect(actions.filter((action) => action.startsWith("iam:"))).to.have.members([
        "iam:PassRole",
        "iam:GetRole",
      ]);
    });
  });

  describe("the profile roles", () => {
    const writes = ADDON_CALLS.filter(([, , operation]) => /Addon$|^CreateRole/.test(operation));
    for (const row of writes.filter(([, , operation]) => !operation.startsWith("Describe"))) {
      it(`may not ${row[0]}`, () =>
        expect(decisionOn(row, documentsOf(PROFILES.roles))).to.not.equal("allowed"));
    }
  });

  describe("unbounded", () => {
    const identity = documentsOf([...PROFILES.roles, "unbounded"]);
    for (const row of UNBOUNDED_STEPS) {
      it(`may ${row[0]}, which without it is not allowed`, () => {
        expect(decisionOn(row, identity)).to.equal("allowed");
        expect(decisionOn(row, documentsOf(PROFILES.roles))).to.not.equal("allowed");
      });
    }
    for (const row of [...ON_ITSELF, ...ON_OTHERS, ...ON_ASSOCIATIONS]) {
      it(`may not ${row[0]}`, () => expect(decisionOn(row, identity)).to.not.equal("allowed"));
    }
  });
});

describe("the boundary of config/aws", () => {
  const boundary = documentOf("boundary");
  const identity = [ANYTHING];
  const may = (action: string, resource = "*") =>
    evaluate({ action, resource, context: contextOf({}) }, { identity, boundary });

  for (const action of ["s3:GetObject", "sqs:SendMessage", "dynamodb:PutItem"]) {
    it(`lets a pod ${action} that its role allows`, () => expect(may(action)).to.equal("allowed"));
  }
  it("lets a pod assume a role of another account", () =>
    expect(may("sts:AssumeRole", "arn:aws:iam::444455556666:role/target")).to.equal("allowed"));
  const never: readonly (readonly [string, string?])[] = [
    ["iam:PassRole", iam("role/admin")],
    ["iam:CreateRole", iam("role/x")],
    ["iam:DeleteRolePermissionsBoundary", OWN],
    ["iam:CreatePolicyVersion", BOUNDARY],
    ["sts:AssumeRole", iam("role/admin")],
    ["sts:AssumeRole", iam("role/podidentity-operator/operator")],
    ["eks:CreatePodIdentityAssociation", CLUSTER],
    ["eks:UpdatePodIdentityAssociation", associationArn("a-own")],
    ["eks:CreateAccessEntry", CLUSTER],
    ["organizations:LeaveOrganization"],
    ["account:CloseAccount"],
  ];
  for (const [action, resource] of never) {
    it(`lets no pod ${action}${resource ? ` on ${resource}` : ""}, whatever its policies say`, () =>
      expect(may(action, resource)).to.equal("explicitly denied"));
  }
});
