/** What reaches the log, and what must not. */
import { expect } from "chai";
import { errorFields } from "../../src/engine/log.ts";
import { Failure } from "../../src/plan/outcome.ts";

describe("an error in the log", () => {
  it("has its text and where it came from", () => {
    const fields = errorFields(new TypeError("x is undefined"));
    expect(fields["error"]).to.equal("x is undefined");
    expect(fields["stack"]).to.match(/at .*log\.test\.ts/);
  });

  it("has nothing that it carries: neither a response's body nor a request's headers", () => {
    const carrying = Object.assign(new Error("forbidden"), {
      body: "secret-body",
      $response: { headers: { authorization: "secret-header" } },
      cause: { body: "secret-cause" },
    });
    expect(JSON.stringify(errorFields(carrying))).to.not.include("secret");
  });

  it("has a reason and no stack when it was foreseen", () => {
    const failure = new Failure("AccessDenied", "grant iam:CreateRole", { kind: "never" });
    expect(errorFields(failure)).to.deep.equal({
      reason: "AccessDenied",
      error: "grant iam:CreateRole",
    });
  });

  it("is text even if what was thrown is no error", () => {
    expect(errorFields("oh")).to.deep.equal({ error: "oh" });
  });
});
