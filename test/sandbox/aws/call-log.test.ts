/** The call log: what tests count, and what must never be in it. */
import { expect } from "chai";
import { Sandbox } from "./testing.ts";

describe("the call log of the emulated AWS", () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.start();
  });
  afterEach(() => sandbox.stop());

  it("records each call with its parameters, answer, time and caller", async () => {
    await sandbox.createRole("reader");
    const [call] = sandbox.aws.calls();
    expect(call).to.deep.include({
      at: Date.UTC(2026, 10, 22),
      service: "iam",
      operation: "CreateRole",
      parameters: { RoleName: "reader" },
      attempt: 1,
      status: 200,
      tookEffect: true,
    });
    expect(call?.userAgent).to.match(/aws-sdk-js/);
  });

  it("keeps policy bodies and tokens out", async () => {
    await sandbox.createRole("reader");
    await sandbox.clients.iam.putRolePolicy({
      RoleName: "reader",
      PolicyName: "p",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "*" },
      }),
    });
    await sandbox.clients.eks.createPodIdentityAssociation({
      clusterName: "demo",
      namespace: "team",
      serviceAccount: "app",
      roleArn: "arn:aws:iam::111122223333:role/reader",
      disableSessionTags: true,
      policy: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
      clientRequestToken: "secret-token",
    });
    expect(sandbox.aws.calls()).to.have.length(3);
    expect(JSON.stringify(sandbox.aws.calls())).not.to.match(/2012-10-17|secret-token|AWS4-HMAC/);
  });

  it("counts calls, errors and effects by operation until it is reset", async () => {
    await sandbox.createRole("reader");
    await sandbox.createRole("reader").catch(() => {});
    await sandbox.clients.iam.getRole({ RoleName: "reader" });
    expect(sandbox.aws.counters()).to.deep.equal({
      "iam:CreateRole": { calls: 2, errors: 1, effects: 1 },
      "iam:GetRole": { calls: 1, errors: 0, effects: 0 },
    });
    sandbox.aws.resetCalls();
    expect([sandbox.aws.counters(), sandbox.aws.calls()]).to.deep.equal([{}, []]);
  });

  it("does not call it an effect when a write changes nothing", async () => {
    await sandbox.createRole("reader");
    const attach = () =>
      sandbox.clients.iam.attachRolePolicy({
        RoleName: "reader",
        PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess",
      });
    await attach();
    await attach();
    const calls = sandbox.aws.calls({ operation: "AttachRolePolicy" });
    expect(calls.map(({ tookEffect }) => tookEffect)).to.deep.equal([true, false]);
  });

  it("finds calls by service, operation and parameter", async () => {
    await sandbox.createRole("reader");
    await sandbox.createRole("writer");
    const found = sandbox.aws.calls({ service: "iam", where: { RoleName: "writer" } });
    expect(found.map(({ operation }) => operation)).to.deep.equal(["CreateRole"]);
    expect(sandbox.aws.calls({ service: "eks" })).to.deep.equal([]);
  });
});
