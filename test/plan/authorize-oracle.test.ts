/** Guardrails let nothing through that they do not allow: the decision, held against brute force. */
import { expect } from "chai";
import fc from "fast-check";
import { authorize } from "../../src/plan/authorize.ts";
import type { Guardrail } from "../../src/plan/guardrail.ts";
import type { Request } from "../../src/plan/request.ts";
import {
  guardrail,
  type InlinePolicies,
  matchesGlob,
  matchesIam,
  pairsOutside,
  request,
  roleRequest,
  type Statement,
  textsOver,
} from "./authorize-oracle.ts";

const decide = (asked: Request, guardrails: readonly Guardrail[]) =>
  authorize(asked, {
    guardrails,
    namespace: { name: "shop", labels: {} },
    operatorNamespace: "",
    rank: 1,
  });

function answer(asked: Request, ...guardrails: readonly Guardrail[]): string {
  const decision = decide(asked, guardrails);
  return decision.allowed ? "allowed" : decision.failure.reason;
}

const policies = (...documents: readonly (Statement | readonly Statement[])[]) =>
  roleRequest({
    inlinePolicies: Object.fromEntries(
      documents.map((Statement, index) => [`policy${index}`, JSON.stringify({ Statement })]),
    ),
  });
const allow = (Action: string, Resource: string): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
});
const inline = (inlinePolicies: InlinePolicies, name?: string) =>
  guardrail({ inlinePolicies }, {}, name);

const patternOf = (tokens: readonly string[], maxLength = 4) =>
  fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength }).map((parts) => parts.join(""));
const wild = ["?", "*", "${aws:username}"];
const actionPattern = patternOf(["a", "A", "b", "B", ":", ...wild]);
const resourcePattern = patternOf(["a", "/", ":", ...wild]);

/** The same but for one place, mostly wider: what a guardrail has to say for anything to be allowed. */
const resembling = (pattern: string) =>
  fc.tuple(fc.nat(), fc.constantFrom("*", "*", "?", "a")).map(([place, part]) => {
    const parts: readonly string[] = pattern.match(/\$\{[^}]*\}|./g) ?? [];
    return parts.with(place % parts.length, part).join("");
  });
const listResembling = (patterns: readonly string[]) =>
  fc.tuple(...patterns.map((pattern) => fc.oneof(resembling(pattern), fc.constant(pattern))));

const oneOrMore = (pattern: fc.Arbitrary<string>) =>
  fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 2 }));
const statement: fc.Arbitrary<Statement> = fc.record({
  Effect: fc.constantFrom("Allow", "Allow", "Allow", "Deny"),
  Action: oneOrMore(actionPattern),
  Resource: oneOrMore(resourcePattern),
});
const document = fc.oneof(statement, fc.array(statement, { minLength: 1, maxLength: 2 }));

const guardrailFor = (statements: readonly Statement[]) =>
  fc
    .record({
      allowedActions: listResembling(statements.flatMap(({ Action }) => Action)),
      allowedResources: listResembling(statements.flatMap(({ Resource }) => Resource)),
      forbiddenActions: fc.array(actionPattern, { maxLength: 1 }),
    })
    .chain((inlinePolicies) =>
      fc.constantFrom(false, false, true).map((mandatory) => ({ inlinePolicies, mandatory })),
    );
const situation = fc.array(document, { minLength: 1, maxLength: 2 }).chain((documents) =>
  fc.record({
    documents: fc.constant(documents),
    rules: fc.array(guardrailFor(documents.flat()), { minLength: 1, maxLength: 3 }),
  }),
);

const VARIABLE = "${aws:username}";
/**
 * Long enough for patterns of four parts over "a" and "/": where one of two takes texts that the other does
 * not, one of them has at most 6 characters (`aaa:::`, for `aaa*` and `*a??`), as has one that both take if
 * there is any. ":" stands for all that neither names: without it, `a?/` would seem to be within `*a/*`.
 * (All 115,600 pairs were tried: no run of up to 5 ":" in place of a `*` tells more.)
 */
const TEXTS = textsOver(["a", "/", ":"], 6);
const taken = new Map<string, ReadonlySet<string>>();

function textsOf(pattern: string): ReadonlySet<string> {
  const known = taken.get(pattern) ?? new Set(TEXTS.filter((text) => matchesIam(pattern, text)));
  taken.set(pattern, known);
  return known;
}
const plain = (asked: string) => textsOf(asked.toLowerCase().replaceAll(VARIABLE, "*"));

describe("a guardrail's decision", function () {
  // Thousands of texts, on a machine that may be busy.
  this.timeout(60_000);
  it("lets no action on any resource through that one guardrail and all mandatory ones do not allow", () => {
    let granted = 0;
    const property = fc.property(situation, ({ documents, rules }) => {
      const guardrails = rules.map(({ inlinePolicies, mandatory }, index) =>
        guardrail({ inlinePolicies }, { mandatory }, `${index}`),
      );
      const decision = decide(policies(...documents), guardrails);
      if (!decision.allowed) return;
      granted += 1;
      expect(rules[Number(decision.guardrail)]?.mandatory).to.equal(false);
      for (const [index, { inlinePolicies, mandatory }] of rules.entries()) {
        if (!mandatory && `${index}` !== decision.guardrail) continue;
        expect(pairsOutside(documents.flat(), inlinePolicies)).to.deep.equal([]);
      }
    });
    fc.assert(property, { numRuns: 500 });
    expect(granted, "situations in which something was allowed").to.be.greaterThan(30);
  });

  it("allows a resource exactly if the allowed pattern takes every text that the asked one takes", () => {
    const asked = patternOf(["a", "/", "?", "*", VARIABLE]);
    const allowed = patternOf(["a", "/", "?", "*", "*"]);
    const property = fc.property(asked, allowed, (inner, outer) => {
      const rules = inline({ allowedActions: ["*"], allowedResources: [outer] });
      const isWithin = [...plain(inner)].every((text) => textsOf(outer).has(text));
      const expected = isWithin ? "allowed" : "ResourceNotAllowed";
      expect(answer(policies(allow("a:b", inner)), rules)).to.equal(expected);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  it("refuses an action exactly if it has a text in common with a forbidden one, in whatever case", () => {
    const asked = patternOf(["a", "A", "/", "?", "*", VARIABLE]);
    const forbidden = patternOf(["a", "A", "/", "?", "*"]);
    const property = fc.property(asked, forbidden, (one, other) => {
      const lists = { allowedActions: ["*"], allowedResources: ["*"], forbiddenActions: [other] };
      const meets = [...plain(one)].some((text) => plain(other).has(text));
      const expected = meets ? "ActionForbidden" : "allowed";
      expect(answer(policies(allow(one, "*")), inline(lists))).to.equal(expected);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  it("allows exactly the ARNs of managed policies, roles and target roles that a glob takes", () => {
    const arns = textsOver(["a", "/", ":"], 4);
    const property = fc.property(patternOf(["a", "/", ":", "?", "*", "**"]), (glob) => {
      const allowedArns = [glob];
      const rules = guardrail(
        { allowedManagedPolicyArns: allowedArns },
        { existingRoles: { allowedArns }, targetRoles: { allowedArns } },
      );
      const allowedBy = (ask: (arn: string) => Request) =>
        arns.filter((arn) => answer(ask(arn), rules) === "allowed");
      const expected = arns.filter((arn) => matchesGlob(glob, arn));
      const policiesAllowed = allowedBy((arn) => roleRequest({ managedPolicyArns: [arn] }));
      expect(policiesAllowed, "managed policies").to.deep.equal(expected);
      expect(allowedBy((roleArn) => request({ roleArn }))).to.deep.equal(expected);
      expect(allowedBy((targetRoleArn) => request({ targetRoleArn }))).to.deep.equal(expected);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it("stops at / with the one star of a glob", () => {
    const policy = (path: string) => `arn:aws:iam::123456789012:policy/${path}`;
    const rules = guardrail({ allowedManagedPolicyArns: [policy("team-a/*")] });
    const ask = (path: string) => answer(roleRequest({ managedPolicyArns: [policy(path)] }), rules);
    expect(ask("team-a/x")).to.equal("allowed");
    expect(ask("team-a/x/y")).to.equal("ManagedPolicyNotAllowed");
  });

  it("crosses / and : with the star of IAM's patterns, and takes no wider one for a part of them", () => {
    const rules = inline({ allowedActions: ["s3:*"], allowedResources: ["arn:aws:s3:::a-*/*"] });
    const ask = (resource: string) => answer(policies(allow("s3:GetObject", resource)), rules);
    expect(ask("arn:aws:s3:::a-x/dir/*")).to.equal("allowed");
    expect(ask("arn:aws:s3:::a-x:y/z:*")).to.equal("allowed");
    expect(ask("arn:aws:s3:::*")).to.equal("ResourceNotAllowed");
    expect(ask("arn:aws:s3:::${aws:username}/*")).to.equal("ResourceNotAllowed");
  });

  for (const [asked, forbidden] of [
    ["IaM:PassRole", "iam:*ssRole"],
    ["iam:P*Role", "iam:*ssRole"],
    ["*", "iam:*"],
  ] as const) {
    it(`forbids ${asked} where ${forbidden} is forbidden, although everything is allowed`, () => {
      const lists = { allowedActions: ["*"], allowedResources: ["*"] };
      const ask = policies(allow(asked, "*"));
      expect(answer(ask, inline(lists))).to.equal("allowed");
      const rules = inline({ ...lists, forbiddenActions: [forbidden] });
      expect(answer(ask, rules)).to.equal("ActionForbidden");
    });
  }

  it("reads actions without case, and resources with it", () => {
    const rules = inline({ allowedActions: ["s3:Get*"], allowedResources: ["arn:aws:s3:::a/*"] });
    const ask = (action: string, resource: string) =>
      answer(policies(allow(action, resource)), rules);
    expect(ask("S3:GETOBJECT", "arn:aws:s3:::a/x")).to.equal("allowed");
    expect(ask("s3:getobject", "arn:aws:s3:::A/x")).to.equal("ResourceNotAllowed");
  });

  it("never adds two narrow guardrails up, neither over statements nor within one", () => {
    const [x, y] = ["s3", "sqs"].map((service) => {
      const lists = {
        allowedActions: [`${service}:*`],
        allowedResources: [`arn:aws:${service}:*`],
      };
      return inline(lists, service);
    }) as [Guardrail, Guardrail];
    const [one, two] = [allow("s3:Get*", "arn:aws:s3:::b"), allow("sqs:*", "arn:aws:sqs:*:*:q")];
    expect(answer(policies(one), x, y)).to.equal("allowed");
    expect(answer(policies(two), x, y)).to.equal("allowed");
    expect(answer(policies([one, two]), x, y)).to.equal("ActionNotAllowed");
    expect(answer(policies(one, two), x, y)).to.equal("ActionNotAllowed");
    expect(answer(policies(allow("s3:Get*", "arn:aws:sqs:*:*:q")), x, y)).to.equal(
      "ResourceNotAllowed",
    );
  });

  const marks = "?".repeat(21);
  for (const [asked, allowed, reason] of [
    ["*a*b".repeat(20), `*a${marks}`, "ResourceNotAllowed"],
    [`*a${marks}`, `*a${marks}`, "PolicyInvalid"],
    [`${"*a".repeat(50)}${marks}`, `${"*?a".repeat(20)}${marks}`, "PolicyInvalid"],
  ] as const) {
    it(`refuses ${asked.slice(0, 12)}… within ${allowed.slice(0, 12)}… in less than a second of CPU`, () => {
      const rules = inline({ allowedActions: ["*"], allowedResources: [allowed] });
      // Of this thread, and not the clock's: the machine may be busy with other things, and so may V8's own threads.
      const begin = process.threadCpuUsage();
      expect(answer(policies(allow("s3:Get*", asked)), rules)).to.equal(reason);
      const { user, system } = process.threadCpuUsage(begin);
      expect((user + system) / 1000).to.be.lessThan(1000);
    });
  }
});
