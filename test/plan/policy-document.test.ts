/** Which policy documents are let through, which are refused, and which mean the same. */
import { expect } from "chai";
import fc from "fast-check";
import { checkDocument } from "../../src/plan/policy-document.ts";
import { hashDocument } from "../../src/plan/policy-hash.ts";

const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
const document = (changed: object, version: unknown = "2012-10-17") => ({
  Version: version,
  Statement: [{ ...statement, ...changed }],
});

function nested(depth: number): unknown {
  let value: unknown = "x";
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}

const fault = (candidate: unknown): string => {
  try {
    checkDocument(candidate, "inline policy");
    return "";
  } catch (failure) {
    return `${(failure as { reason: string }).reason}: ${(failure as Error).message}`;
  }
};

describe("a policy document", () => {
  const accepted: [string, unknown][] = [
    [
      "with a Sid and lists",
      document({ Sid: "ReadBucket1", Action: ["s3:GetObject", "s3:ListBucket"] }),
    ],
    ["with one statement that is no list", { Version: "2012-10-17", Statement: statement }],
    [
      "with a boolean as a condition's value",
      document({ Condition: { Bool: { "aws:SecureTransport": true } } }),
    ],
    ["with an IAM variable", document({ Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}/*" })],
    [
      "that denies with NotAction",
      document({ Effect: "Deny", Action: undefined, NotAction: "s3:*" }),
    ],
    [
      "with IAM variables in place of region and account",
      document({ Resource: "arn:aws:sqs:${aws:RequestedRegion}:${aws:PrincipalAccount}:queue" }),
    ],
    ["with a wildcard over several parts of an ARN", document({ Resource: "arn:aws:s3:*" })],
    [
      "with an operator in any of its forms",
      document({
        Condition: {
          "ForAnyValue:StringLikeIfExists": { "aws:TagKeys": ["a", "b"] },
          Null: { "aws:userid": "true" },
        },
      }),
    ],
    ["with the older version", document({}, "2008-10-17")],
    [
      "with a quoted account id",
      document({ Condition: { StringEquals: { "aws:ResourceAccount": "012345670123" } } }),
    ],
  ];
  for (const [situation, candidate] of accepted) {
    it(`is accepted ${situation}`, () => {
      // What is undefined would not be in an object that the API server hands out.
      expect(fault(JSON.parse(JSON.stringify(candidate)))).to.equal("");
    });
  }

  const refused: [string, unknown, string][] = [
    [
      "with a version that IAM does not know",
      document({}, "2012-01-01"),
      '"2012-10-17" and "2008-10-17"',
    ],
    [
      "with a number, as an unquoted account id becomes",
      document({ Condition: { StringEquals: { "aws:ResourceAccount": 1402433619 } } }),
      "put it in quotes",
    ],
    ["with a boolean elsewhere", document({ Sid: true }), "Sid"],
    ["with a null", document({ Condition: null }), "null"],
    [
      "that allows with NotAction",
      { Version: "2012-10-17", Statement: [{ Effect: "Allow", NotAction: "s3:*", Resource: "*" }] },
      "NotAction",
    ],
    [
      "that allows with NotResource",
      { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", NotResource: "*" }] },
      "NotResource",
    ],
    ["with a Principal", document({ Principal: "*" }), "Principal"],
    ["with an unknown key", document({ Actions: "s3:*" }), "Actions"],
    ["without Statement", { Version: "2012-10-17" }, "no Statement"],
    ["without Effect", document({ Effect: "allow" }), "Effect"],
    ["with an action that names no service", document({ Action: "GetObject" }), "service:Action"],
    [
      "with an account id of 11 digits",
      document({ Resource: "arn:aws:sqs:us-west-2:11112222333:q" }),
      "12 digits",
    ],
    ["with characters outside ASCII", document({ Resource: "arn:aws:s3:::bücket" }), "ASCII"],
    [
      "with a Sid used twice",
      {
        Version: "2012-10-17",
        Statement: [
          { ...statement, Sid: "A" },
          { ...statement, Sid: "A" },
        ],
      },
      "Sid A",
    ],
    ["nested 9,000 deep", document({ Condition: nested(9_000) }), "deep"],
    [
      "of 1.4 MB",
      document({ Resource: Array.from({ length: 60_000 }, (_, i) => `arn:aws:s3:::bucket-${i}`) }),
      "elements",
    ],
    ["that is a text", "{}", "object"],
    ["with a resource that is half an ARN", document({ Resource: "arn:aws:s3" }), "no ARN"],
    [
      "with a condition operator that IAM does not know",
      document({ Condition: { StringEqual: { "aws:userid": "x" } } }),
      "StringEqual",
    ],
    [
      "with a placeholder in a condition's key",
      document({ Condition: { StringEquals: { "aws:RequestTag/${AWS::Region}": "x" } } }),
      "placeholder",
    ],
    [
      "with a condition's key twice, in two cases",
      document({ Condition: { StringEquals: { "aws:userid": "x", "AWS:UserId": "y" } } }),
      "twice",
    ],
    ["with an Id that is an object", { ...document({}), Id: {} }, "Id"],
  ];
  for (const [situation, candidate, says] of refused) {
    it(`is refused ${situation}`, () =>
      expect(fault(candidate))
        .to.match(/^PolicyInvalid/)
        .and.contain(says));
  }
});

describe("two policy documents mean the same", () => {
  const same: [string, object, object][] = [
    ["with a text or a list of one", { Action: "s3:GetObject" }, { Action: ["s3:GetObject"] }],
    ["in another order of actions", { Action: ["s3:A", "s3:B"] }, { Action: ["s3:B", "s3:A"] }],
    ["with actions in other case", { Action: "S3:getobject" }, { Action: "s3:GetObject" }],
    [
      "with a condition value as a boolean or a text",
      { Condition: { Bool: { "aws:SecureTransport": true } } },
      { Condition: { Bool: { "AWS:SecureTransport": "true" } } },
    ],
  ];
  for (const [situation, a, b] of same) {
    it(situation, () =>
      expect(hashDocument(JSON.stringify(document(a)))).to.equal(
        hashDocument(JSON.stringify(document(b))),
      ),
    );
  }

  it("in any order of keys", () => {
    const shuffled = {
      Statement: [{ Resource: statement.Resource, Effect: "Allow", Action: "s3:GetObject" }],
      Version: "2012-10-17",
    };
    expect(hashDocument(JSON.stringify(shuffled))).to.equal(
      hashDocument(JSON.stringify(document({}))),
    );
  });

  it("and only then: another resource, effect, case of a resource or condition is another meaning", () => {
    const changes = [
      { Resource: "*" },
      { Effect: "Deny" },
      { Resource: "arn:aws:s3:::Bucket/*" },
      { Condition: { Bool: { a: "b" } } },
    ];
    const hashes = [{}, ...changes].map((change) => hashDocument(JSON.stringify(document(change))));
    expect(new Set(hashes).size).to.equal(hashes.length);
  });

  it("not even with condition keys that differ in case only, in whatever order", () => {
    const hashOf = (keys: object) =>
      hashDocument(JSON.stringify(document({ Condition: { StringEquals: keys } })));
    const hashes = [
      { "aws:x": "b" },
      { "aws:X": "a", "AWS:x": "b" },
      { "aws:X": "b", "AWS:x": "a" },
    ].map(hashOf);
    expect(new Set(hashes).size).to.equal(3);
    expect(hashOf({ "AWS:x": "b", "aws:X": "a" })).to.equal(hashes[1]);
  });

  it("for any text that is no JSON, only with itself", () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(hashDocument(`not json ${a}`) === hashDocument(`not json ${b}`)).to.equal(a === b);
      }),
    ));
});
