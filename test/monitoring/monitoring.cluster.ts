/** Metrics of a run with good and bad days in it, read by a genuine Prometheus: dashboard, alerts and docs fit them. */
import { expect } from "chai";
import {
  type Fixture,
  manifest,
  openGuardrail,
  startFixture,
  sweeps,
  until,
} from "../operator/fixture.ts";
import { INJECTED, podSpec, type Template } from "../operator/pod-spec.ts";
import { ensureBinaries } from "../sandbox/control-plane/binaries.ts";
import { type Prometheus, startPrometheus } from "../sandbox/prometheus.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { documented } from "./documented.ts";
import { familiesOf, type Sampled, samplesOf } from "./exposition.ts";
import { alerts, dashboardQueries, selectors } from "./queries.ts";
import { checkRules, continued, expectAlerts, type Look, lintMetrics } from "./replay.ts";

/** How much of the time between two samples asking for them may take: what is an age grows by a second a second. */
const ASKING = 0.2;
/** Each hangs for 20 s, two at a time: there is a backlog for as long as anybody may take to look at it. */
const WAITING = Array.from({ length: 30 }, (_, n) => `wait-${n}`);
const ROLE = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };

describe("monitoring", function () {
  this.timeout(FIRST_BUILD_MS);
  let it_: Fixture;
  let prometheus: Prometheus;
  let promtool: string;
  const fired = new Set<string>();

  before(async () => {
    ({ promtool } = await ensureBinaries(["promtool"], console.error));
    it_ = await startFixture({
      env: {
        CONCURRENCY: "2",
        POD_STATUS_DELAY: "0.1",
        POD_STATUS_DELAY_MAX: "0.3",
        RETRY_MAX: "1",
      },
    });
    prometheus = await startPrometheus(it_.operator.probes, console.error);
  });
  after(async () => {
    await prometheus?.stop();
    it_?.sandbox.aws.clearFaults();
    await it_?.stop();
  });

  const metrics = async () => (await fetch(`${it_.operator.probes}/metrics`)).text();
  const shownAs = async (series: string) => samplesOf(await metrics()).get(series) ?? 0;
  const untilShown = (series: string, isEnough: (value: number) => boolean) =>
    until(`${series} is as expected`, async () => isEnough(await shownAs(series)));
  /** At the end of hours that went on like this. */
  async function expectFiring(
    series: readonly object[],
    expected: readonly string[],
  ): Promise<void> {
    await expectAlerts(promtool, series, expected);
    for (const alert of expected) fired.add(alert);
  }
  /** The run as it is, before and after what is done meanwhile. */
  async function look(meanwhile: () => Promise<void>): Promise<Look> {
    const first = await sampled();
    await meanwhile();
    let second = await sampled();
    // An answer that was held up says little of how fast an age grows, and the less, the longer ago the first was.
    while (first.tookMs + second.tookMs > ASKING * (second.at - first.at)) second = await sampled();
    const seconds = (second.at - first.at) / 1000;
    return { first: first.samples, second: second.samples, seconds };
  }
  async function sampled(): Promise<{ samples: Sampled; at: number; tookMs: number }> {
    const askedAt = performance.now();
    const samples = samplesOf(await metrics());
    const at = performance.now();
    return { samples, at, tookMs: at - askedAt };
  }
  /** Grafana's rates need two scrapes. */
  async function scraped(times: number): Promise<void> {
    const count = async () => {
      const [series] = await prometheus.query("sum(count_over_time(podidentity_ready[1h]))");
      return Number(series?.value ?? 0);
    };
    const enough = (await count()) + times;
    await until("Prometheus has looked again", async () => (await count()) >= enough);
  }
  const apply = (object: object) => it_.sandbox.apply(JSON.stringify(object));
  async function pod(account: string, template: Template): Promise<void> {
    const { namespace } = it_;
    const metadata = { namespace, name: account };
    await apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
    await apply({ apiVersion: "v1", kind: "Pod", metadata, spec: podSpec(account, template) });
  }
  const applyAll = (names: readonly string[]) => {
    const items = names.map((name) => manifest(it_.namespace, name, ROLE));
    return apply({ apiVersion: "v1", kind: "List", items });
  };
  const condition = async (name: string, type: string) => {
    const found = (await it_.get(name))?.status?.conditions?.find((one) => one.type === type);
    return found?.reason;
  };

  it("is silent while all is well", async () => {
    for (const name of ["good", "contested", "frozen", "late", "orphan"]) {
      await it_.apply(name, { ...ROLE, podRestart: "Never" });
    }
    for (const name of ["good", "contested", "frozen", "late", "orphan"]) {
      await it_.untilReady(name, "True Reconciled");
    }
    await pod("good", INJECTED);
    await untilShown('podidentity_pods{credentials="injected"}', (value) => value === 1);
    const well = await look(() => sweeps(it_, 4));
    await expectFiring(continued(well), []);
  });

  it("measured how long users waited", async () => {
    expect(await shownAs("podidentity_time_to_ready_seconds_count")).to.equal(5);
    expect(await shownAs("podidentity_time_to_first_injected_pod_seconds_count")).to.equal(1);
    for (const milestone of ["ready", "first_injected_pod"]) {
      expect(await shownAs(`podidentity_time_to_${milestone}_seconds_sum`)).to.be.within(0, 60);
    }
  });

  it("has no series for an object: 20 more add none", async () => {
    const names = async () =>
      [...samplesOf(await metrics()).keys()].filter((one) => one.startsWith("podidentity_")).sort();
    const before = await names();
    const more = Array.from({ length: 20 }, (_, n) => `more-${n}`);
    await applyAll(more);
    for (const name of more) await it_.untilReady(name, "True Reconciled");
    await sweeps(it_);
    expect(await names()).to.deep.equal(before);
  });

  it("wakes somebody when nobody answers any more", () =>
    expectFiring([], ["PodIdentityOperatorDown"]));

  it("tells of objects that are refused, frozen, contested or left behind, and of pods without credentials", async () => {
    await it_.sandbox.kubectl("create", "namespace", "no-guardrail");
    await apply(manifest("no-guardrail", "refused", ROLE));
    await apply(
      openGuardrail(`open-${it_.namespace}`, it_.namespace, {
        serviceAccounts: ["good", "contested", "late", "orphan", "more-*", "wait-*"],
      }),
    );
    await until("it is frozen", async () => (await condition("frozen", "Authorized")) === "Frozen");
    await pod("late", {});
    await leaveBehind("orphan");
    await untilShown('podidentity_pods{credentials="missing"}', (value) => value === 1);
    const bad = await look(async () => {
      await undoOurWork(3);
      await scraped(2);
    });
    // The one that is refused has waited for seconds; hours later it is the oldest.
    await expectFiring(continued(bad), [
      "PodIdentityContested",
      "PodIdentityFrozen",
      "PodIdentityObjectsNotReady",
      "PodIdentityOrphans",
      "PodIdentityPodsWithoutCredentials",
    ]);
  });

  it("tells of an AWS that throttles, fails or hangs, and of an API server that is gone", async () => {
    const { aws, controlPlane } = it_.sandbox;
    const hang = aws.addFault({ operation: "CreateRole", when: "before", answer: "hang" });
    await applyAll(WAITING);
    await aws.untilHit({ id: hang, hits: 2 });
    aws.addFault({
      operation: "ListPodIdentityAssociations",
      when: "before",
      answer: { code: "ServiceUnavailableException", status: 503, message: "down" },
    });
    aws.addFault({
      operation: "GetAccountAuthorizationDetails",
      when: "before",
      answer: { code: "Throttling", status: 400, message: "Rate exceeded" },
    });
    await controlPlane.apiServer.kill();
    await untilShown("podidentity_ready", (value) => value === 0);
    const bad = await look(() => scraped(3));
    await controlPlane.apiServer.start();
    aws.clearFaults();
    await expectFiring(continued(bad), [
      "PodIdentityAWSCallsFailing",
      "PodIdentityAWSThrottled",
      "PodIdentityFrozen",
      "PodIdentityObjectsNotReady",
      "PodIdentityOperatorNotReady",
      "PodIdentityOrphans",
      "PodIdentityPodsWithoutCredentials",
      "PodIdentityQueueBacklog",
      "PodIdentitySweepTooOld",
    ]);
  });

  it("tells of replicas without a leader", () =>
    expectFiring(
      [
        { series: "podidentity_ready", values: "1+0x90" },
        { series: 'podidentity_leader{pod="a"}', values: "0+0x90" },
        { series: 'podidentity_leader{pod="b"}', values: "0+0x90" },
      ],
      ["PodIdentityNoLeader"],
    ));

  it("has shown each alert firing, and rules in which promtool finds no fault", async () => {
    await checkRules(promtool);
    expect([...fired]).to.have.members(alerts().map(({ alert }) => alert));
  });

  for (const [title, query] of dashboardQueries()) {
    it(`shows "${title}" on the dashboard: ${query}`, async () => {
      const shown = (await prometheus.query(query)).filter(({ value }) => value !== "NaN");
      expect(shown).to.not.be.empty;
    });
  }

  for (const { alert, expr } of alerts()) {
    it(`has all that ${alert} looks at`, async () => {
      await prometheus.query(expr);
      for (const selector of selectors(expr)) {
        const [found] = await prometheus.query(`count(last_over_time(${selector}[1h]))`);
        expect(found, selector).to.not.equal(undefined);
      }
    });
  }

  it("names metrics as Prometheus asks for; those of Node itself are prom-client's", async () => {
    const said = await lintMetrics(promtool, await metrics());
    expect(said.filter((line) => line.includes("podidentity_"))).to.deep.equal([]);
  });

  it("is documented: each metric with its type and its labels, and none that does not exist", async () => {
    const exposed = familiesOf(await metrics());
    const { own, process } = documented();
    const ours = exposed.filter(({ name }) => name.startsWith("podidentity_"));
    expect(ours.map(({ name, type, labels }) => ({ name, type, labels: [...labels].sort() })))
      .to //
      .have.deep.members(own);
    const others = exposed.filter(({ name }) => !name.startsWith("podidentity_"));
    expect(others.map(({ name }) => name)).to.have.members(process);
  });

  /** Deleted while AWS refuses, and let go by force. */
  async function leaveBehind(name: string): Promise<void> {
    const object = ["pia", name, "-n", it_.namespace];
    const { aws } = it_.sandbox;
    aws.configure({ deniedActions: ["eks:DeletePodIdentityAssociation"] });
    await it_.sandbox.kubectl("delete", ...object, "--wait=false");
    const tries = () => aws.calls({ operation: "DeletePodIdentityAssociation" });
    await until("the operator was refused", () => tries().some(({ error }) => error));
    const freed = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}'];
    await it_.sandbox.kubectl("patch", ...object, ...freed);
    // Until then it may not have heard that the object is no more, and would delete them.
    await untilShown("podidentity_orphans", (value) => value === 2);
    aws.configure({ deniedActions: [] });
  }

  async function undoOurWork(times: number): Promise<void> {
    const roleName = (await it_.get("contested"))?.status?.roleName ?? "";
    const role = () => it_.sandbox.aws.state().roles.find(({ name }) => name === roleName);
    for (let time = 0; time < times; time += 1) {
      const before = await shownAs('podidentity_events_total{reason="DriftRepaired"}');
      it_.sandbox.aws.changeRole({ name: roleName, changes: { managedPolicyArns: [] } });
      await until("it is repaired", () => role()?.managedPolicyArns.length === 1);
      await untilShown(
        'podidentity_events_total{reason="DriftRepaired"}',
        (value) => value > before,
      );
    }
  }
});
