/** Several guardrails at once: which of them counts, and what they put on a role together. */
import { expect } from "chai";
import { authorize } from "../../src/plan/authorize.ts";
import type { Guardrail } from "../../src/plan/guardrail.ts";
import type { Request } from "../../src/plan/request.ts";
import { guardrail, request, roleRequest } from "./authorize-oracle.ts";

const OURS = "arn:aws:iam::111122223333:policy/ours";
const THEIRS = "arn:aws:iam::111122223333:policy/theirs";
const READER = "arn:aws:iam::111122223333:role/shared/reader";

const grants = (boundary: string, name = "grants") =>
  guardrail(
    { permissionsBoundaryArn: boundary },
    { existingRoles: { allowedArns: [READER] } },
    name,
  );
const mandatory = (boundary: string, tags: Readonly<Record<string, string>> = {}) =>
  guardrail(
    { permissionsBoundaryArn: boundary, tags: { required: tags } },
    { existingRoles: { allowedArns: [READER] }, mandatory: true },
    "mandatory",
  );
const tagged = (tags: Readonly<Record<string, string>>) =>
  guardrail({ permissionsBoundaryArn: OURS, tags: { required: tags } }, {}, "grants");

const ROLE = roleRequest({});
const REFERENCE = request({ roleArn: READER });

/** In one line: the guardrail that counts with what it adds, or the reason. */
function decision(asked: Request, guardrails: readonly Guardrail[]): string {
  const decided = authorize(asked, {
    guardrails,
    namespace: { name: "shop", labels: {} },
    operatorNamespace: "",
    rank: 1,
  });
  if (!decided.allowed) return decided.failure.reason;
  const tags = Object.entries(decided.tags).map(([key, value]) => ` ${key}=${value}`);
  const boundary = decided.permissionsBoundaryArn?.split("/").at(-1);
  return `${decided.guardrail}${boundary === undefined ? "" : ` ${boundary}`}${tags.join("")}`;
}

describe("several guardrails of one namespace", () => {
  const table: readonly (readonly [string, Request, readonly Guardrail[], string])[] = [
    ["none at all grants nothing", ROLE, [], "NoGuardrail"],
    ["a mandatory one alone grants nothing", ROLE, [mandatory(OURS)], "NoGuardrail"],
    [
      "the first by name that allows all of it counts, whole",
      ROLE,
      [grants(THEIRS, "b"), grants(OURS, "a")],
      "a ours",
    ],
    [
      "one boundary is not two, whoever forces it",
      ROLE,
      [grants(OURS), mandatory(OURS)],
      "grants ours",
    ],
    [
      "two boundaries cannot both be put on a role",
      ROLE,
      [grants(OURS), mandatory(THEIRS)],
      "BoundaryNotAllowed",
    ],
    [
      "another that agrees with the mandatory one is taken instead",
      ROLE,
      [grants(OURS, "a"), grants(THEIRS, "b"), mandatory(THEIRS)],
      "b theirs",
    ],
    [
      "two boundaries do not matter to a role that exists",
      REFERENCE,
      [grants(OURS), mandatory(THEIRS)],
      "grants",
    ],
    [
      "the tags of all are put on a role",
      ROLE,
      [tagged({ team: "a" }), mandatory(OURS, { cost: "b" })],
      "grants ours team=a cost=b",
    ],
    [
      "one tag cannot have two values",
      ROLE,
      [tagged({ team: "a" }), mandatory(OURS, { team: "b" })],
      "BoundaryNotAllowed",
    ],
    [
      "IAM takes keys that differ by case only as one",
      ROLE,
      [tagged({ team: "a" }), mandatory(OURS, { Team: "a" })],
      "BoundaryNotAllowed",
    ],
    [
      "tags are not put on a role that exists",
      REFERENCE,
      [grants(OURS), mandatory(OURS, { team: "a" })],
      "grants",
    ],
  ];
  for (const [what, asked, guardrails, expected] of table) {
    it(what, () => {
      expect(decision(asked, guardrails)).to.equal(expected);
    });
  }
});
