/** Two replicas of the operator on one cluster: one works, and the other takes over, whatever becomes of the first. */
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

/** Seconds. A busy machine may halt a process for some, and that alone must cost no leader its Lease. */
const LEASE_DURATION = 10;
const SHUTDOWN_DEADLINE = 5;

/** Production waits 15 s, 10 s and 2 s, and 8 s for calls under way. */
const ELECTED = {
  LEADER_ELECTION: "true",
  OPERATOR_NAMESPACE: SYSTEM,
  LEASE_DURATION: `${LEASE_DURATION}`,
  RENEW_DEADLINE: "8",
  RENEW_PERIOD: "0.4",
  SHUTDOWN_DEADLINE: `${SHUTDOWN_DEADLINE}`,
};

const metric = async ({ probes }: Operator) =>
  /^podidentity_leader (\d)$/m.exec(await (await fetch(`${probes}/metrics`)).text())?.[1];

/** When it first said so, by its own clock, which is this machine's. Milliseconds; NaN if it has not. */
const saidAt = ({ lines }: Operator, message: string) => {
  const line = lines.find((one) => one.includes(`"message":"${message}"`)) ?? "{}";
  return Date.parse((JSON.parse(line) as { timestamp: string }).timestamp);
};

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
  const lease = async () => {
    const text = await fixture.sandbox.kubectl("get", "lease", "-n", SYSTEM, "-o", "json");
    const [only] = (JSON.parse(text) as { items: { spec: Record<string, string> }[] }).items;
    const at = (field: string) => Date.parse(only?.spec[field] ?? "");
    return { renewedAt: at("renewTime"), acquiredAt: at("acquireTime") };
  };
  /** As it was a sweep ago: Events, which nobody waits for, have arrived. */
  const settled = async () => {
    let seen = await written();
    await until("no more is written", async () => {
      await sweeps(fixture);
      const before = seen;
      seen = await written();
      return seen === before;
    });
    return seen;
  };

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
    expect(await leader.stop()).to.equal(0);
    await fixture.apply("second", spec);
    await fixture.untilReady("second", "True Reconciled");
    expect(saidAt(standby, "ready") - saidAt(leader, "stopping")).to.be.within(0, 5_000);
    expect(calls(1).filter(({ tookEffect }) => tookEffect)).to.deep.equal([]);
    expect(fixture.effects()).to.include({ "iam:CreateRole": 1 });
    await takeOver(start);
  });

  it("change places when the leader is killed, once its Lease has run out", async () => {
    await leader.kill();
    const { renewedAt } = await lease();
    await until("the other one leads", leads(standby));
    const { acquiredAt } = await lease();
    const ranOutAt = renewedAt + 1000 * LEASE_DURATION;
    // The other one judges by a clock of its own, from when it saw the renewal.
    expect(acquiredAt - ranOutAt).to.be.within(-100, 5_000);
    await fixture.apply("third", spec);
    await fixture.untilReady("third", "True Reconciled");
    await takeOver(start);
  });

  it("stopped in the middle of its calls finishes them, says so, and the next one goes on from there", async () => {
    const { aws } = fixture.sandbox;
    aws.resetCalls();
    aws.configure({ latencyMs: 300 });
    // Whoever waits for kubectl may come when all is done.
    const applied = applyMany("handed", 30);
    await until("it is at work", () => (aws.counters()["iam:CreateRole"]?.calls ?? 0) >= 5);
    const stoppedAt = performance.now();
    expect(await leader.stop()).to.equal(0);
    expect(performance.now() - stoppedAt).to.be.below(10_000);
    expect(leader.lines.at(-1)).to.contain("the Lease is given back");
    aws.configure({ latencyMs: 0 });
    await applied;
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
    const fault = aws.addFault({ operation: "CreateRole", answer: "hang" });
    // The operator itself ends a call after 10 s: the stop comes before, whatever kubectl takes.
    const applied = fixture.apply("hanging", spec);
    await aws.untilHit({ id: fault, hits: 1 });
    const stoppedAt = performance.now();
    expect(await leader.stop()).to.equal(0);
    expect(performance.now() - stoppedAt).to.be.within(1000 * SHUTDOWN_DEADLINE, 10_000);
    expect(leader.lines.join("\n")).to.not.contain("given back");
    expect(await metric(standby)).to.equal("0");
    aws.clearFaults();
    await applied;
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
    const applied = applyMany("halted", 30);
    await until("it is at work", () => (aws.counters()["iam:CreateRole"]?.calls ?? 0) >= 5);
    stale.signal("SIGSTOP");
    await until("the other one leads", leads(standby));
    aws.configure({ latencyMs: 0 });
    await applied;
    for (let n = 0; n < 30; n += 1) await fixture.untilReady(`halted-${n}`, "True Reconciled");
    const seen = await settled();

    expect(calls(number).length).to.be.greaterThan(5);
    const wokeAt = Date.now();
    stale.signal("SIGCONT");
    expect(await stale.ended).to.equal(1);
    const said = stale.lines.filter((line) => line.includes('"level":"error"'));
    expect(said).to.have.length(1);
    expect(said[0]).to.contain("LeaseLost").and.to.contain("was not renewed in time");
    await sweeps(fixture);
    expect(
      calls(number)
        .filter(({ at }) => at >= wokeAt)
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
