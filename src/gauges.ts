/** What is looked up when metrics are asked for: its name, unit, labels and what it is read from (docs/metrics.md). */
import type { PodIdentityAssociation } from "./api/pod-identity-association.ts";
import { FAMILIES, type Family } from "./aws/limiter.ts";
import type { Load } from "./engine/controller.ts";
import type { Metrics, Sample } from "./engine/metrics.ts";
import type { Store } from "./kube/store.ts";
import { type Counted, conditionCounts, longestNotReady, podCounts } from "./plan/census.ts";
import type { SweepAge } from "./sweeps.ts";

/** What is there only once the operator has begun to work. */
export interface Shown {
  readonly controllers: readonly { readonly name: string; load(): Load }[];
  /** Objects by kind. */
  readonly kinds: ReadonlyMap<string, { values(): Iterable<Counted> }>;
  readonly associations: Pick<Store<PodIdentityAssociation>, "values">;
  readonly orphans: { readonly count: number };
  readonly sweeps: { ages(): readonly SweepAge[] };
  readonly limiter: { rate(family: Family): number };
}

export interface MetricsOptions {
  readonly ready: () => boolean;
  /** Also where there is no election. */
  readonly leading: () => boolean;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Look = () => Shown | undefined;
type Gauge = (
  name: string,
  help: string,
  labels: readonly string[],
  samples: () => Iterable<Sample>,
) => void;

/** @param shown `undefined` while there is nothing to look at, or it is another replica's to tell */
export function defineGauges(metrics: Metrics, options: MetricsOptions, shown: Look): void {
  const gauge: Gauge = (name, help, labels, samples) =>
    metrics.gauge({ name, help, labels }, samples);
  defineState(gauge, options, shown);
  defineObjects(gauge, options, shown);
  defineLoad(gauge, shown);
}

/** Of the process itself, and of what it knows of AWS. */
function defineState(gauge: Gauge, { ready, leading, version }: MetricsOptions, shown: Look): void {
  gauge("podidentity_build_info", "Always 1; the operator's version", ["version"], () => [
    { labels: { version }, value: 1 },
  ]);
  gauge("podidentity_ready", "Whether /readyz says that it is ready: 1 or 0", [], () => [
    { labels: {}, value: Number(ready()) },
  ]);
  gauge("podidentity_leader", "Whether this replica works: 1 or 0", [], () => [
    { labels: {}, value: Number(leading()) },
  ]);
  const ages = (of: (age: SweepAge) => number) =>
    (shown()?.sweeps.ages() ?? []).map((age) => ({
      labels: { sweep: age.sweep },
      value: of(age) / 1000,
    }));
  gauge(
    "podidentity_sweep_age_seconds",
    "How old what is known of AWS is: since the last list of associations or bulk read of roles that succeeded began",
    ["sweep"],
    () => ages(({ ageMs }) => ageMs),
  );
  gauge(
    "podidentity_sweep_interval_seconds",
    "From the end of one sweep to the start of the next; grows with the number of associations and roles",
    ["sweep"],
    () => ages(({ everyMs }) => everyMs),
  );
  gauge(
    "podidentity_aws_rate_limit",
    "Requests a second that the operator allows itself now, by family of calls; falls when AWS throttles",
    ["family"],
    () => {
      const { limiter } = shown() ?? {};
      if (!limiter) return [];
      return FAMILIES.map((family) => ({ labels: { family }, value: limiter.rate(family) }));
    },
  );
}

function defineObjects(gauge: Gauge, { now }: MetricsOptions, shown: Look): void {
  const ofEachKind = (count: (objects: Iterable<Counted>) => readonly Sample[]) => () =>
    [...(shown()?.kinds ?? [])].flatMap(([kind, store]) =>
      count(store.values()).map(({ labels, value }) => ({ labels: { kind, ...labels }, value })),
    );
  gauge(
    "podidentity_objects",
    "Objects by kind and by condition: its type, status and reason; each has one Ready",
    ["kind", "condition", "status", "reason"],
    ofEachKind((objects) =>
      conditionCounts(objects).map(({ count: value, ...labels }) => ({ labels, value })),
    ),
  );
  gauge(
    "podidentity_longest_not_ready_seconds",
    "For how long the one that has waited longest is not Ready, by kind and reason; without those that are suspended or only planned",
    ["kind", "reason"],
    ofEachKind((objects) =>
      [...longestNotReady(objects, now())].map(([reason, ms]) => ({
        labels: { reason },
        value: ms / 1000,
      })),
    ),
  );
  gauge(
    "podidentity_pods",
    "Pods of all objects by what they have: injected, missing (no credentials), irsa, shadowed, unsupported, skipped",
    ["credentials"],
    () => {
      const counts = Object.entries(podCounts(shown()?.associations.values() ?? []));
      return counts.map(([credentials, value]) => ({ labels: { credentials }, value }));
    },
  );
  gauge(
    "podidentity_orphans",
    "Roles and associations that objects which are no more have left behind",
    [],
    () => [{ labels: {}, value: shown()?.orphans.count ?? 0 }],
  );
}

/** Of the queues. */
function defineLoad(gauge: Gauge, shown: Look): void {
  const loads = (of: (load: Load) => number) =>
    (shown()?.controllers ?? []).map((controller) => ({
      labels: { controller: controller.name },
      value: of(controller.load()),
    }));
  gauge("podidentity_queue_length", "Objects that wait to be reconciled", ["controller"], () =>
    loads(({ queued }) => queued),
  );
  gauge(
    "podidentity_queue_longest_wait_seconds",
    "For how long the first of them has waited",
    ["controller"],
    () => loads(({ longestWaitMs }) => longestWaitMs / 1000),
  );
  gauge("podidentity_reconciles_running", "Objects that are being reconciled", ["controller"], () =>
    loads(({ running }) => running),
  );
}
