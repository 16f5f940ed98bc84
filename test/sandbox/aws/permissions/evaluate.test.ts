/** The evaluator against AWS's rules: each row is a sentence of the IAM user guide's "Policy evaluation logic" or of its elements' reference. */
import { expect } from "chai";
import { type Decision, evaluate, trusts } from "./evaluate.ts";
import { contextOf } from "./pattern.ts";

type Statement = Readonly<Record<string, unknown>>;

const document = (...statements: readonly Statement[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (
  Action: string | string[],
  Resource: string | string[] = "*",
  more: Statement = {},
) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const deny = (Action: string, Resource = "*") => ({ Effect: "Deny", Action, Resource });

const OBJECT = "arn:aws:s3:::bucket/dir/key.txt";

describe("the evaluator of policies", () => {
  const table: [string, Parameters<typeof evaluate>[1], Decision][] = [
    ["denies by default", { identity: [] }, "not allowed"],
    [
      "allows what a policy allows",
      { identity: [document(allow("s3:GetObject", OBJECT))] },
      "allowed",
    ],
    [
      "does not allow another action",
      { identity: [document(allow("s3:PutObject", OBJECT))] },
      "not allowed",
    ],
    [
      "does not allow another resource",
      { identity: [document(allow("s3:GetObject", "arn:aws:s3:::bucket"))] },
      "not allowed",
    ],
    [
      "takes * in a resource for any text, slashes too",
      { identity: [document(allow("s3:GetObject", "arn:aws:s3:::bucket/*"))] },
      "allowed",
    ],
    ["takes ? for one character", { identity: [document(allow("s3:GetObjec?", "*"))] }, "allowed"],
    ["ignores case in actions", { identity: [document(allow("S3:getobject"))] }, "allowed"],
    [
      "minds case in resources",
      { identity: [document(allow("s3:GetObject", "arn:aws:s3:::BUCKET/*"))] },
      "not allowed",
    ],
    [
      "lets an explicit Deny win over any Allow",
      { identity: [document(allow("*"), deny("s3:Get*"))] },
      "explicitly denied",
    ],
    [
      "lets a Deny of another policy win, too",
      { identity: [document(allow("*")), document(deny("s3:GetObject"))] },
      "explicitly denied",
    ],
    [
      "reads NotAction as all others",
      { identity: [document({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })] },
      "allowed",
    ],
    [
      "reads NotResource as all others",
      {
        identity: [
          document({ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::bucket/*" }),
        ],
      },
      "not allowed",
    ],
    [
      "takes what the boundary does not allow",
      { identity: [document(allow("*"))], boundary: document(allow("sqs:*")) },
      "not allowed",
    ],
    [
      "gives nothing by a boundary alone",
      { identity: [], boundary: document(allow("*")) },
      "not allowed",
    ],
    [
      "allows what role and boundary both allow",
      { identity: [document(allow("*"))], boundary: document(allow("s3:*")) },
      "allowed",
    ],
    [
      "takes what the session policy does not allow",
      { identity: [document(allow("*"))], session: document(allow("s3:Put*")) },
      "not allowed",
    ],
    [
      "lets a Deny of the session policy win",
      { identity: [document(allow("*"))], session: document(allow("*"), deny("s3:GetObject")) },
      "explicitly denied",
    ],
    [
      "allows what role, boundary and session allow",
      {
        identity: [document(allow("*"))],
        boundary: document(allow("s3:*")),
        session: document(allow("s3:Get*")),
      },
      "allowed",
    ],
  ];
  for (const [sentence, policies, expected] of table) {
    it(sentence, () =>
      expect(
        evaluate({ action: "s3:GetObject", resource: OBJECT, context: contextOf({}) }, policies),
      ).to.equal(expected),
    );
  }
});

describe("conditions of policies", () => {
  const context = contextOf({
    "aws:PrincipalTag/kubernetes-namespace": "team",
    "s3:prefix": "home/",
    "aws:SecureTransport": "true",
    "aws:TagKeys": ["a", "b"],
    "aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/reader",
  });
  const table: [string, Statement, boolean][] = [
    ["StringEquals is exact", { StringEquals: { "s3:prefix": "home/" } }, true],
    ["StringEquals takes no wildcards", { StringEquals: { "s3:prefix": "home*" } }, false],
    ["StringLike does", { StringLike: { "s3:prefix": "home*" } }, true],
    ["StringEquals minds case", { StringEquals: { "s3:prefix": "HOME/" } }, false],
    ["StringEqualsIgnoreCase does not", { StringEqualsIgnoreCase: { "s3:prefix": "HOME/" } }, true],
    ["one of several values is enough", { StringEquals: { "s3:prefix": ["x", "home/"] } }, true],
    [
      "all keys must hold",
      { StringEquals: { "s3:prefix": "home/", "aws:PrincipalTag/kubernetes-namespace": "other" } },
      false,
    ],
    [
      "all operators must hold",
      { StringEquals: { "s3:prefix": "home/" }, Bool: { "aws:SecureTransport": "false" } },
      false,
    ],
    ["key names ignore case", { StringEquals: { "S3:Prefix": "home/" } }, true],
    ["a key that is missing does not hold", { StringEquals: { "aws:SourceVpc": "x" } }, false],
    ["with IfExists it does", { StringEqualsIfExists: { "aws:SourceVpc": "x" } }, true],
    [
      "a negated operator holds without the key",
      { StringNotEquals: { "aws:SourceVpc": "x" } },
      true,
    ],
    [
      "a negated operator excludes all values",
      { StringNotEquals: { "s3:prefix": ["x", "home/"] } },
      false,
    ],
    ["Null: true asks for a key that is missing", { Null: { "aws:SourceVpc": "true" } }, true],
    ["Null: false asks for one that is there", { Null: { "s3:prefix": "false" } }, true],
    ["a variable is the request's value", { StringLike: { "s3:prefix": "${s3:prefix}" } }, true],
    [
      "a variable without a value matches nothing",
      { StringLike: { "s3:prefix": "${aws:SourceVpc}*" } },
      false,
    ],
    [
      "ForAllValues needs all of them",
      { "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } },
      false,
    ],
    [
      "ForAllValues holds for all of them",
      { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b", "c"] } },
      true,
    ],
    [
      "ForAllValues holds without the key",
      { "ForAllValues:StringEquals": { "aws:SourceVpc": ["a"] } },
      true,
    ],
    [
      "ForAnyValue does not hold without the key",
      { "ForAnyValue:StringEquals": { "aws:SourceVpc": ["a"] } },
      false,
    ],
    [
      "ForAllValues of a negated operator excludes all of them",
      { "ForAllValues:StringNotEquals": { "aws:TagKeys": ["b"] } },
      false,
    ],
    [
      "IfExists still minds a key that is there",
      { StringEqualsIfExists: { "s3:prefix": "x" } },
      false,
    ],
    ["StringNotLike excludes", { StringNotLike: { "s3:prefix": "home*" } }, false],
    ["Bool compares without case", { Bool: { "aws:SecureTransport": "True" } }, true],
    ["Null: true does not hold for a key that is there", { Null: { "s3:prefix": "true" } }, false],
    ["Null: false does not hold without it", { Null: { "aws:SourceVpc": "false" } }, false],
    [
      "ArnLike takes wildcards in each part",
      { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/team/*" } },
      true,
    ],
    [
      "ArnEquals does so, too",
      { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/*" } },
      true,
    ],
    [
      "a wildcard of ArnLike does not go beyond its part",
      { ArnLike: { "aws:PrincipalArn": "arn:*:role/team/reader" } },
      false,
    ],
    [
      "a wildcard of StringLike does",
      { StringLike: { "aws:PrincipalArn": "arn:*:role/team/reader" } },
      true,
    ],
    [
      "ArnLike fills variables in",
      {
        ArnLike: {
          "aws:PrincipalArn": "arn:aws:iam::*:role/${aws:PrincipalTag/kubernetes-namespace}/*",
        },
      },
      true,
    ],
    [
      "ArnNotLike excludes",
      { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/team/*" } },
      false,
    ],
    ["ForAnyValue needs one", { "ForAnyValue:StringEquals": { "aws:TagKeys": ["b"] } }, true],
  ];
  for (const [sentence, Condition, expected] of table) {
    it(sentence, () => {
      const identity = [document(allow("s3:ListBucket", "*", { Condition }))];
      const decision = evaluate(
        { action: "s3:ListBucket", resource: "arn:aws:s3:::bucket", context },
        { identity },
      );
      expect(decision === "allowed").to.equal(expected);
    });
  }

  it("a variable in a resource is the session's own tag", () => {
    const own = `arn:aws:s3:::bucket/\${aws:PrincipalTag/kubernetes-namespace}/*`;
    const may = (key: string) =>
      evaluate(
        { action: "s3:GetObject", resource: `arn:aws:s3:::bucket/${key}`, context },
        { identity: [document(allow("s3:GetObject", own))] },
      );
    expect([may("team/x"), may("other/x")]).to.deep.equal(["allowed", "not allowed"]);
  });

  it("an operator that is not known is no silent yes or no", () => {
    const identity = [
      document(allow("*", "*", { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } })),
    ];
    expect(() =>
      evaluate({ action: "s3:GetObject", resource: "*", context }, { identity }),
    ).to.throw("IpAddress");
  });
});

describe("a trust policy", () => {
  const service = { Service: ["pods.eks.amazonaws.com"] };
  const trust = (Principal: unknown, more: Statement = {}) =>
    document({ Effect: "Allow", Principal, Action: ["sts:AssumeRole", "sts:TagSession"], ...more });
  const tagged = contextOf({ "aws:RequestTag/kubernetes-namespace": "team" });
  const may = (policy: string, context = tagged, action = "sts:AssumeRole") =>
    trusts(policy, service, { action, context });

  it("trusts the principal it names", () =>
    expect(may(trust({ Service: "pods.eks.amazonaws.com" }))).to.equal(true));
  it("trusts no other", () => expect(may(trust({ Service: "ec2.amazonaws.com" }))).to.equal(false));
  it("trusts for the actions it names only", () =>
    expect(
      may(trust({ Service: "pods.eks.amazonaws.com" }), tagged, "sts:SetSourceIdentity"),
    ).to.equal(false));
  it("trusts for the session tags it asks for only", () => {
    const scoped = trust(
      { Service: "pods.eks.amazonaws.com" },
      { Condition: { StringEquals: { "aws:RequestTag/kubernetes-namespace": "team" } } },
    );
    expect(may(scoped)).to.equal(true);
    expect(may(scoped, contextOf({ "aws:RequestTag/kubernetes-namespace": "other" }))).to.equal(
      false,
    );
    expect(may(scoped, contextOf({}))).to.equal(false);
  });
});
