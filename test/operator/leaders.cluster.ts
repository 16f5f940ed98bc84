/** Two replicas of the operator on one cluster: one works, and the other takes over, whatever becomes of the first. */
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { type Operator, readiness, startOperator } from "../sandbox/operator.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type Fixture, manifest, QUICK, startFixture, sweeps, until } from "./fixture.ts";

const document = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" }],
};
const spec = { role: { inlinePolicies: [{ name: "read", document }] } };
const SYSTEM = "pod-identity-system";

/** Production waits 15 s, 10 s and 2 s, and 8 s for calls under way. */
const ELECTED = {
  LEADER_ELECTION: "true",
  OPERATOR_NAMESPACE: SYSTEM,
  LEASE_DURATION: "4",
  RENEW_DEADLINE: "3",
  RENEW_PERIOD: "0.4",
  SHUTDOWN_DEADLINE: "3",
};

const metric = async ({ probes }: Operator) =>
  /^podidentity_leader (\d)$/m.exec(await (await fetch(`${probes}/metrics`)).text())?.[1];

describe("two operators", function () {
  this.timeout(FIRST_BUILD_MS);
  let fixture: Fixture;
  let replicas = 0;

  /** AWS tells them apart by the user agent. */
  const environment = () => {
    replicas += 1;
    return { ...ELECTED, AWS_SDK_UA_APP_ID: `replica-${replicas}` };
  };
  const start = () => startOperator({ ...fixture.sandbox.environment, ...QUICK, ...environment() });
  let leader: Operator;
  let standby: Operator;

  before(async () => {
    fixture = await startFixture({ env: environment() });
    leader = fixture.operator;
    standby = await start();
  });
  after(async () => {
    await standby?.kill();
    await fixture.stop();
    await fixture.sandbox.kubectl("delete", "lease", "--all", "-n", SYSTEM);
  });

  /** Whoever takes over is what the fixture ends last. */
  const takeOver = async (next: () => Promise<Operator>) => {
    leader = standby;
    fixture.operator = leader;
    standby = await next();
  };
  const calls = (replica: number) =>
    fixture.sandbox.aws
      .calls()
      .filter(({ userAgent }) => userAgent.includes(`app/replica-${replica}`));
  const applyMany = (prefix: string, count: number) =>
    fixture.sandbox.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: Array.from({ length: count }, (_, n) =>
          manifest(fixture.namespace, `${prefix}-${n}`, spec),
        ),
      }),
    );
  const leads = (operator: Operator) => async () => (await metric(operator)) === "1";
  /** Everything in Kubernetes that either of them writes: objects by version, and Events by name. */
  const written = () =>
    fixture.sandbox.kubectl(
      "get",
      "pia,events",
      "-n",
      fixture.namespace,
      "-o=custom-columns=:.kind,:.metadata.name,:.metadata.resourceVersion",
      "--no-headers",
    );

  it("are both ready: one leads, and the other says that it waits", async () => {
    expect(await metric(leader)).to.equal("1");
    expect(await metric(standby)).to.equal("0");
    expect((await readiness(standby.probes)).why).to.match(/^standby: .+ leads$/);
  });

  it("make one role and one association between them, and only the leader looks at AWS", async () => {
    await fixture.apply("first", spec);
    await fixture.untilReady("first", "True Reconciled");
    await sweeps(fixture);
    expect(fixture.effects()).to.deep.equal({
      "iam:CreateRole": 1,
      "iam:PutRolePolicy": 1,
      "eks:CreatePodIdentityAssociation": 1,
    });
    expect(calls(2).map(({ operation }) => operation)).to.deep.equal(["DescribeCluster"]);
  });

  it("change places in less than 5 s when the leader is stopped", async () => {
    fixture.sandbox.aws.resetCalls();
    const stoppedAt = performance.now();
    const code = leader.stop();
    await fixture.apply("second", spec);
    await fixture.untilReady("second", "True Reconciled");
    expect(performance.now() - stoppedAt).to.be.below(5_000);
    expect(await code).to.equal(0);
    expect(calls(1).filter(({ tookEffect }) => tookEffect)).to.deep.equal([]);
    expect(fixture.effects()).to.include({ "iam:CreateRole": 1 });
    await takeOver(start);
  });

  it("change places when the leader is killed, once its Lease has run out", async () => {
    const killedAt = performance.now();
    await leader.kill();
    await until("the other one leads", leads(standby));
    // The last renewal may have been late.
    expect(performance.now() - killedAt).to.be.within(2_500, 9_000);
    await fixture.apply("third", spec);
    await fixture.untilReady("third", "True Reconciled");
    await takeOver(start);
  });

  it("stopped in the middle of its calls finishes them, says so, and the next one goes on from there", async () => {
    const { aws } = fixture.sandbox;
    aws.resetCalls();
    aws.configure({ latencyMs: 300 });
    await applyMany("handed", 30);
    await until("it is at work", () => (aws.counters()["iam:CreateRole"]?.calls ?? 0) >= 5);
    const stoppedAt = performance.now();
    expect(await leader.stop()).to.equal(0);
    expect(performance.now() - stoppedAt).to.be.below(10_000);
    expect(leader.lines.at(-1)).to.contain("the Lease is given back");
    aws.configure({ latencyMs: 0 });
    for (let n = 0; n < 30; n += 1) await fixture.untilReady(`handed-${n}`, "True Reconciled");
    expect(fixture.effects()).to.deep.equal({
      "iam:CreateRole": 30,
      "iam:PutRolePolicy": 30,
      "eks:CreatePodIdentityAssociation": 30,
    });
    await takeOver(start);
  });

  it("stopped while a call hangs ends all the same, and keeps the Lease: the call may yet take effect", async () => {
    const { aws } = fixture.sandbox;
    aws.resetCalls();
    const fault = aws.addFault({ operation: "CreateRole", times: 1, answer: "hang" });
    await fixture.apply("hanging", spec);
    await aws.untilHit({ id: fault, hits: 1 });
    const stoppedAt = performance.now();
    expect(await leader.stop()).to.equal(0);
    expect(performance.now() - stoppedAt).to.be.within(3_000, 10_000);
    expect(leader.lines.join("\n")).to.not.contain("given back");
    expect(await metric(standby)).to.equal("0");
    aws.clearFaults();
    await fixture.untilReady("hanging", "True Reconciled");
    expect(await metric(standby)).to.equal("1");
    expect(fixture.effects()).to.include({ "iam:CreateRole": 1 });
    await takeOver(start);
  });

  it("halted in the middle of its calls writes nothing when it wakes, and ends", async () => {
    const { aws } = fixture.sandbox;
    const stale = leader;
    const number = replicas - 1;
    aws.resetCalls();
    aws.configure({ latencyMs: 200 });
    await applyMany("halted", 30);
    await until("it is at work", () => (aws.counters()["iam:CreateRole"]?.calls ?? 0) >= 5);
    stale.signal("SIGSTOP");
    // What was on the wire arrives.
    await delay(400);
    const before = calls(number).length;
    expect(before).to.be.greaterThan(5);
    await until("the other one leads", leads(standby));
    aws.configure({ latencyMs: 0 });
    for (let n = 0; n < 30; n += 1) await fixture.untilReady(`halted-${n}`, "True Reconciled");
    await sweeps(fixture);
    const seen = await written();

    stale.signal("SIGCONT");
    expect(await stale.ended).to.equal(1);
    const said = stale.lines.filter((line) => line.includes('"level":"error"'));
    expect(said).to.have.length(1);
    expect(said[0]).to.contain("LeaseLost").and.to.contain("was not renewed in time");
    await sweeps(fixture);
    expect(
      calls(number)
        .slice(before)
        .filter(({ operation }) => !/^(List|Get|Describe)/.test(operation)),
    ).to.deep.equal([]);
    expect(await written()).to.equal(seen);
    expect(fixture.effects()).to.deep.equal({
      "iam:CreateRole": 30,
      "iam:PutRolePolicy": 30,
      "eks:CreatePodIdentityAssociation": 30,
    });
    await takeOver(start);
  });

  it("leave nothing behind when all is deleted", async () => {
    await fixture.sandbox.kubectl("delete", "pia", "--all", "-n", fixture.namespace);
    expect(fixture.sandbox.aws.state().associations).to.deep.equal([]);
    expect(fixture.sandbox.aws.state().roles).to.deep.equal([]);
  });
});
