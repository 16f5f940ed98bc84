/** What AWS's exceptions mean: name, status and text on the left, reason and retry on the right. */
import { expect } from "chai";
import { answerOf } from "../../src/aws/error-codes.ts";
import { type AwsFailure, failureOf, isGone } from "../../src/aws/failures.ts";
import { Failure } from "../../src/plan/outcome.ts";
import {
  attach,
  type Case,
  create,
  POLICY,
  REFUSALS,
  ROLE,
  read,
  update,
} from "./refusal-cases.ts";

/** As the SDK throws it. */
function thrownBy({ name, status, text = "", code }: Case): Error {
  const error = Object.assign(new Error(text), {
    $metadata: status === undefined ? { attempts: 2 } : { httpStatusCode: status },
    ...(code === undefined ? {} : { code }),
  });
  error.name = name;
  return error;
}

const failure = (example: Case): AwsFailure => {
  const { action = "iam:PutRolePolicy", input = { RoleName: "reader" } } = example;
  return failureOf(thrownBy(example), { action, input }) as AwsFailure;
};

const notAuthorized = (action: string, on: string) =>
  `User: arn:aws:sts::111122223333:assumed-role/operator/eks-1 is not authorized to perform: ${action} on resource: ${on}`;

describe("AWS's exceptions", () => {
  for (const [example, reason, retry] of REFUSALS) {
    const { name, status, code, text = "" } = example;
    it(`${code ?? name} ${status ?? ""} ${text} is ${reason}, tried again: ${retry}`, () => {
      const { reason: found, retry: when } = failure(example);
      expect([found, when.kind]).to.deep.equal([reason, retry]);
    });
  }

  const answers: [string, number | undefined, string][] = [
    ["Throttling", 400, "throttled"],
    ["SlowDown", 429, "throttled"],
    ["LimitExceeded", 409, "refused"],
    ["NoSuchEntity", 404, "refused"],
    ["AccessDenied", 403, "denied"],
    ["ExpiredToken", 403, "denied"],
    ["ServiceFailure", 500, "failed"],
    ["ECONNRESET", undefined, "failed"],
  ];
  for (const [code, status, expected] of answers) {
    it(`${code} ${status ?? "without an answer"} counts as ${expected}`, () => {
      expect(answerOf(code, status)).to.equal(expected);
    });
  }

  it("leaves faults of our own alone", () => {
    const fault = new TypeError("x is not a function");
    expect(failureOf(fault, create)).to.equal(fault);
  });

  it("leaves what has been understood already alone", () => {
    const known = new Failure("RoleNotFound", "gone", { kind: "never" });
    expect(failureOf(known, create)).to.equal(known);
  });
});

describe("messages about AWS's refusals", () => {
  const denial = (text: string, example: Partial<Case> = create) =>
    failure({ name: "AccessDeniedException", status: 403, text, ...example }).message;

  it("name the action that is really missing, and the role", () => {
    expect(denial(notAuthorized("iam:PassRole", ROLE))).to.equal(
      `the operator may not do iam:PassRole on ${ROLE}; allow it in the policy of the operator's own IAM role`,
    );
  });

  it("name the role of an add-on's ServiceAccount", () => {
    const text = "Trust policy of the role provided is invalid.";
    const example = { name: "InvalidParameterException", status: 400, text, ...update };
    expect(failure(example).message).to.contain(`EKS may not assume role ${ROLE}`);
  });

  it("name the add-on", () => {
    const example = { name: "ResourceLimitExceededException", status: 400, ...update };
    expect(failure(example).message).to.contain("add-on vpc-cni");
  });

  it("say where a denial comes from", () => {
    const text = `${notAuthorized("iam:CreateRole", ROLE)} with an explicit deny in a service control policy`;
    expect(denial(text)).to.contain(
      `iam:CreateRole on ${ROLE} (with an explicit deny in a service control policy)`,
    );
  });

  it("understand IAM's way to name a role", () => {
    const text = `${notAuthorized("iam:GetRole", "role reader")} because no identity-based policy allows the iam:GetRole action`;
    expect(denial(text)).to.contain("iam:GetRole on role reader (because no identity-based");
  });

  it("name the call where AWS names no action", () => {
    expect(denial("User is not authorized to perform this action")).to.contain(create.action);
  });

  it("carry no session name, request id or encoded message", () => {
    const text = `${notAuthorized("iam:PassRole", ROLE)}. Encoded authorization failure message: kLxx9SECRET-_ (Service: AmazonIdentityManagement; Status Code: 403; Error Code: AccessDenied; Request ID: 7a62c49f-347e-4fc4-9331-6e8eEXAMPLE; Proxy: null)`;
    expect(denial(text)).to.not.match(/eks-1|SECRET|7a62c49f/);
    const other = "Something is wrong. Request ID: 7a62c49f-347e-4fc4-9331-6e8eEXAMPLE";
    expect(failure({ name: "ValidationError", status: 400, text: other }).message).to.match(
      /Something is wrong$/,
    );
  });

  it("do not differ between retries", () => {
    const first = failure({ name: "ServerException", status: 500, text: "id 1", ...create });
    const second = failure({ name: "Error", code: "ECONNRESET", text: "socket", ...create });
    expect(first.message).to.equal(second.message);
  });

  it("print the statement that a trust policy lacks", () => {
    const text = "Trust policy of the role provided is invalid.";
    const { message } = failure({
      name: "InvalidParameterException",
      status: 400,
      text,
      ...create,
    });
    expect(message).to.contain(ROLE);
    expect(JSON.parse(message.slice(message.indexOf("{")))).to.deep.equal({
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    });
  });

  it("name what is missing", () => {
    const gone = { status: 404, text: "no such thing" };
    expect(failure({ name: "NoSuchEntityException", ...gone, ...attach }).message).to.contain(
      POLICY,
    );
    expect(failure({ name: "ResourceNotFoundException", ...gone, ...create }).message).to.match(
      /no cluster demo .* CLUSTER_NAME and AWS_REGION/,
    );
  });

  it("say what the quota is about", () => {
    const text = "Cannot exceed quota for PoliciesPerRole: 10";
    const { message } = failure({ name: "LimitExceededException", status: 409, text, ...attach });
    expect(message).to.contain("role reader").and.to.contain(text);
  });

  it("are never longer than a condition should be", () => {
    const text = "x".repeat(5000);
    const { message } = failure({ name: "MalformedPolicyDocumentException", status: 400, text });
    expect(message.length).to.be.below(1024);
  });
});

describe("what counts as gone", () => {
  it("is an entity, an association or a tagged resource that is not there", () => {
    expect(isGone(failure({ name: "NoSuchEntityException", status: 404 }))).to.equal(true);
    expect(isGone(failure({ name: "ResourceNotFoundException", ...read }))).to.equal(true);
    expect(isGone(failure({ name: "NotFoundException", status: 404 }))).to.equal(true);
  });

  it("is never an association of a cluster that EKS does not know", () => {
    const text = "No cluster found for name: demo.";
    const unknown = failure({ name: "ResourceNotFoundException", text, ...read });
    expect(isGone(unknown)).to.equal(false);
  });

  it("is nothing that failed otherwise", () => {
    expect(isGone(failure({ name: "AccessDenied", status: 403 }))).to.equal(false);
    expect(isGone(new Error("NoSuchEntity"))).to.equal(false);
  });
});
