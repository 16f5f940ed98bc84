/** How calls travel: user agent, retries, limits, timeouts, what is reported. */
import { expect } from "chai";
import { EksCluster } from "../../src/aws/cluster.ts";
import { IamRoles } from "../../src/aws/roles.ts";
import { Failure } from "../../src/plan/outcome.ts";
import { connect, refusal, type Wire } from "./wire.ts";

describe("AWS clients", () => {
  let wire: Wire;
  beforeEach(async () => {
    wire = await connect();
  });
  afterEach(() => wire.stop());

  const find = () => new IamRoles(wire.clients.iam).find("reader");

  it("name the operator and its version in the user agent", async () => {
    await find();
    expect(wire.aws.calls()[0]?.userAgent).to.match(/\bpodidentity\/1\.2\.3\b/);
  });

  it("report each attempt by action, outcome and time, and no parameter", async () => {
    await find();
    const [attempt] = wire.attempts;
    expect(wire.attempts).to.have.length(1);
    expect(Object.keys(attempt ?? {})).to.have.members([
      "action",
      "family",
      "durationMs",
      "outcome",
      "answer",
    ]);
    expect(attempt).to.deep.include({
      action: "iam:GetRole",
      family: "iam-read",
      outcome: "NoSuchEntity",
      answer: "refused",
    });
    expect(attempt?.durationMs).to.be.greaterThan(0);
  });

  it("try once more after an error of AWS's, and report both", async () => {
    wire.aws.putRole({ name: "reader" });
    wire.aws.addFault({
      operation: "GetRole",
      times: 1,
      answer: { code: "ServiceFailure", status: 500, message: "oops" },
    });
    expect(await find()).to.be.an("object");
    const outcomes = wire.attempts.filter(({ action }) => action === "iam:GetRole");
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["ServiceFailure", "ok"]);
  });

  it("give up after two attempts: the queue knows better when to try again", async () => {
    wire.aws.addFault({
      operation: "GetRole",
      answer: { code: "ServiceFailure", status: 500, message: "oops" },
    });
    expect(await refusal(find())).to.deep.include({ reason: "AWSUnavailable" });
    expect(wire.attempts).to.have.length(2);
  });

  it("say AWSUnavailable where the connection is cut", async () => {
    wire.aws.addFault({ operation: "GetRole", answer: "reset" });
    expect(await refusal(find())).to.deep.include({ reason: "AWSUnavailable" });
  });

  it("slow down only the family that AWS throttles", async () => {
    wire.aws.addFault({
      operation: "GetRole",
      times: 1,
      answer: { code: "Throttling", status: 400, message: "Rate exceeded" },
    });
    await find();
    expect(wire.clients.limiter.rate("iam-read")).to.be.below(300);
    expect(wire.clients.limiter.rate("iam-write")).to.equal(500);
    expect(wire.clients.limiter.rate("eks-read")).to.equal(500);
  });

  it("do not take a quota of IAM's for throttling", async () => {
    wire.aws.addFault({
      operation: "DeleteRole",
      answer: {
        code: "LimitExceeded",
        status: 409,
        message: "Cannot exceed quota for Anything: 1",
      },
    });
    const refused = await refusal(
      new IamRoles(wire.clients.iam).change({ type: "DeleteRole", name: "reader" }),
    );
    expect(refused).to.deep.include({ reason: "QuotaExceeded" });
    expect(wire.clients.limiter.rate("iam-write")).to.equal(500);
  });

  it("say CredentialsInvalid where there are none", async () => {
    const { AWS_ACCESS_KEY_ID: key } = process.env;
    delete process.env["AWS_ACCESS_KEY_ID"];
    const refused = await refusal(find());
    process.env["AWS_ACCESS_KEY_ID"] = key;
    expect(refused).to.deep.include({ reason: "CredentialsInvalid" });
  });
});

describe("calls that AWS does not answer in time", () => {
  it("end as AWSUnavailable", async () => {
    const wire = await connect({ requestTimeoutMs: 300 });
    wire.aws.addFault({ operation: "GetRole", answer: "hang" });
    const find = new IamRoles(wire.clients.iam).find("reader");
    expect(await refusal(find)).to.deep.include({ reason: "AWSUnavailable" });
    const outcomes = wire.attempts.map(({ outcome }) => outcome);
    expect(outcomes).to.deep.equal(["TimeoutError", "TimeoutError"]);
    await wire.stop();
  });
});

describe("calls that wait when the operator stops", () => {
  it("are not made any more", async () => {
    const stop = new AbortController();
    const wire = await connect({ maxCallsPerSecond: 0.01, signal: stop.signal });
    const roles = new IamRoles(wire.clients.iam);
    await roles.find("first");
    const waiting = refusal(roles.find("second"));
    stop.abort(new Error("the operator stops"));
    expect(await waiting).to.deep.include({
      reason: "AWSUnavailable",
      message: "the operator stopped before iam:GetRole",
    });
    expect(wire.aws.calls()).to.have.length(1);
    await wire.stop();
  });
});

describe("calls of an operator that leads no more", () => {
  let isLeading: boolean;
  let wire: Wire;
  const lost = new Failure("LeaseLost", "another one leads", { kind: "after", ms: 1 });
  beforeEach(async () => {
    isLeading = true;
    const fence = () => {
      if (!isLeading) throw lost;
    };
    wire = await connect({ fence });
  });
  afterEach(() => wire.stop());
  const write = () => new IamRoles(wire.clients.iam).change({ type: "DeleteRole", name: "reader" });

  it("read, and change nothing: such a call is not sent, not tried again and not counted", async () => {
    isLeading = false;
    await new IamRoles(wire.clients.iam).find("reader");
    expect(await refusal(write())).to.equal(lost);
    expect(wire.aws.calls().map(({ operation }) => operation)).to.deep.equal(["GetRole"]);
    expect(wire.attempts.map(({ action }) => action)).to.deep.equal(["iam:GetRole"]);
  });

  it("are not sent a second time when the first was answered too late", async () => {
    const error = { code: "ServiceFailure", status: 500, message: "oops" };
    const matches = () => {
      isLeading = false;
      return true;
    };
    wire.aws.addFault({ operation: "DeleteRole", matches, answer: error });
    expect(await refusal(write())).to.equal(lost);
    expect(wire.aws.calls()).to.have.length(1);
  });
});

describe("the cluster", () => {
  let wire: Wire;
  before(async () => {
    wire = await connect();
  });
  after(() => wire.stop());

  it("is described with its ARN's parts, issuer and version", async () => {
    wire.aws.putCluster({ name: "shop", issuer: "https://oidc.example/id/1", version: "1.36" });
    expect(await new EksCluster(wire.clients.eks).describe("shop")).to.deep.equal({
      name: "shop",
      arn: "arn:aws:eks:us-west-2:111122223333:cluster/shop",
      partition: "aws",
      region: "us-west-2",
      accountId: "111122223333",
      issuer: "https://oidc.example/id/1",
      version: "1.36",
      isOnOutposts: false,
      isAutoMode: false,
    });
  });

  it("is ClusterNotFound if EKS knows none of that name, and the message says what to set", async () => {
    const refused = await refusal(new EksCluster(wire.clients.eks).describe("nowhere"));
    expect(refused).to.deep.include({ reason: "ClusterNotFound" });
    expect(refused)
      .to.have.property("message")
      .that.contains("nowhere")
      .and.contains("CLUSTER_NAME");
  });
});
