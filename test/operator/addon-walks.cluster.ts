/** However EKSAddons came to be what they are, and whatever went wrong: AWS shows what they say, and what others made is there. */
import { expect } from "chai";
import fc from "fast-check";
import { startOperator } from "../sandbox/operator.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type AddonFixture, addonState, manifest, startAddonFixture } from "./addon-fixture.ts";
import {
  driftBy,
  type Event,
  event,
  faultOf,
  giveLate,
  lastSpec,
  prepare,
  WALKERS,
  type Walker,
} from "./addon-ways.ts";
import { ADDON_PACE, addonReady } from "./addons.ts";
import { QUICK, sweeps, until } from "./fixture.ts";
import { walkSeed } from "./walk-seed.ts";

const EDITS = 100;
const PATIENCE_MS = 180_000;
/** Own writes are believed for longer than reads lag. */
const ENV = { ...ADDON_PACE, ADDON_RETRY: "1", CONSISTENCY_WINDOW: "1" };
/** IAM and lists show what was written a moment later, to us and to EKS. */
const LAGS = { addonLagMs: 300, iamReadLagMs: 300, listLagMs: 300, roleToEksLagMs: 300 };

/** A walk that has once found something. */
const seed = walkSeed(712_714_084);

const [events = []] = fc.sample(
  fc.array(
    fc.constantFrom(...WALKERS).chain((walker) => event(walker).map((what) => ({ walker, what }))),
    { minLength: EDITS, maxLength: EDITS },
  ),
  { seed, numRuns: 1 },
);
const [ends = []] = fc.sample(fc.tuple(...WALKERS.map(lastSpec)), { seed, numRuns: 1 });

describe(`${EDITS} random edits of EKSAddons with failures injected (seed ${seed})`, function () {
  this.timeout(FIRST_BUILD_MS);
  let it_: AddonFixture;
  let ended: readonly string[] = [];

  before(async () => {
    it_ = await startAddonFixture({ env: ENV, aws: { settings: LAGS } });
    prepare(it_.aws);
    await sweeps(it_.base);
  });
  after(() => it_.stop());

  const settled = async ({ object }: Walker) => {
    let last = "";
    await until(
      `${object} is settled`,
      async () => {
        const found = await it_.get(object);
        last = JSON.stringify({ spec: found?.spec, status: found?.status }, null, 1);
        const isSeen = found?.status?.observedGeneration === found?.metadata.generation;
        return isSeen && addonReady(found) === "True Reconciled";
      },
      () => `${last} (seed ${seed})`,
      PATIENCE_MS,
    );
  };

  const happens: {
    [K in Event["kind"]]: (what: Extract<Event, { kind: K }>, walker: Walker) => Promise<void>;
  } = {
    edit: async ({ spec, waits }, walker) => {
      await it_.apply(walker.object, spec);
      if (waits) await settled(walker);
    },
    bad: async ({ spec }, { object }) => it_.apply(object, spec),
    drift: async ({ what }, walker) => driftBy(it_.aws, what, walker),
    fail: async ({ times }, { addonName }) =>
      it_.aws.failAddon({
        cluster: CLUSTER_NAME,
        addonName,
        operation: "update",
        issues: [{ code: "AccessDenied", message: "may not" }],
        times,
      }),
    fault: async (what) => faultOf(it_.aws, what),
    kill: async () => {
      await it_.base.operator.kill();
      it_.base.operator = await startOperator({
        ...it_.base.sandbox.environment,
        ...QUICK,
        ...ENV,
      });
    },
  };

  async function happen(what: Event, walker: Walker): Promise<void> {
    await (happens[what.kind] as (one: Event, walker: Walker) => Promise<void>)(what, walker);
  }

  it("end where the last specs say", async () => {
    for (const [at, { walker, what }] of events.entries()) {
      if (at === EDITS / 2) for (const one of WALKERS) giveLate(it_.aws, one);
      await happen(what, walker);
    }
    it_.aws.clearFaults();
    for (const [at, { object }] of WALKERS.entries()) await it_.apply(object, ends[at] ?? {});
    await Promise.all(WALKERS.map(settled));
    await sweeps(it_.base);
    await Promise.all(WALKERS.map(({ addonName }) => it_.looks(addonName)));
    await Promise.all(WALKERS.map(settled));
    ended = addonState(it_.aws);
  });

  it("leave what others made, inside the add-ons and beside them", () => {
    const foreign = ended.filter(
      (line) => line.startsWith("association") && /"team":"other"/.test(line),
    );
    const inside = foreign.filter((line) => /"serviceAccount":"late-/.test(line));
    expect(inside, `seed ${seed}`).to.have.length(WALKERS.length);
    const beside = foreign.filter((line) => /"owner":""/.test(line));
    expect(beside, `seed ${seed}`).to.have.length(9);
    const first = ended.filter((line) => /"serviceAccount":"theirs-[a-z]+","tags":\{\}/.test(line));
    expect(first, `seed ${seed}`).to.have.length(WALKERS.length);
    for (const line of [...inside, ...beside, ...first]) {
      expect(line).to.contain("role/foreign");
    }
  });

  it("write nothing any more, to AWS and to Kubernetes", async () => {
    const versions = async () =>
      (await it_.all()).map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
    const before = await versions();
    it_.aws.resetCalls();
    await sweeps(it_.base);
    await Promise.all(WALKERS.map(({ addonName }) => it_.looks(addonName)));
    expect(it_.base.effects(), `seed ${seed}`).to.deep.equal({});
    expect(await versions(), `seed ${seed}`).to.deep.equal(before);
  });

  it("are where the same specs lead in an AWS that has seen nothing else", async () => {
    await it_.stop();
    it_ = await startAddonFixture({ env: ENV, aws: { settings: LAGS } });
    prepare(it_.aws);
    for (const walker of WALKERS) giveLate(it_.aws, walker);
    await it_.base.sandbox.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: WALKERS.map(({ object }, at) => manifest(object, ends[at] ?? {})),
      }),
    );
    await Promise.all(WALKERS.map(settled));
    await sweeps(it_.base);
    await Promise.all(WALKERS.map(settled));
    const fresh = addonState(it_.aws);
    expect(ownOf(ended), `seed ${seed}`).to.deep.equal(ownOf(fresh));
    // Shared roles stay, wanted or not: those that both have are the same.
    const walked = new Set(ended);
    for (const line of fresh.filter(isShared)) expect(walked.has(line), line).to.equal(true);
  });
});

const isShared = (line: string) => line.includes('"podidentity.io/shared"');
const ownOf = (lines: readonly string[]) => lines.filter((line) => !isShared(line));
