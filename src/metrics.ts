/** Every metric of the operator: its name, unit, labels and what it is counted from (docs/metrics.md). */
import type { PodIdentityAssociation } from "./api/pod-identity-association.ts";
import { ANSWERS } from "./aws/error-codes.ts";
import { FAMILIES, type Family } from "./aws/limiter.ts";
import type { Attempt } from "./aws/middleware.ts";
import type { Ending, Load } from "./engine/controller.ts";
import { Metrics, type Sample } from "./engine/metrics.ts";
import type { Event } from "./kube/events.ts";
import type { Store } from "./kube/store.ts";
import { type Counted, conditionCounts, longestNotReady, podCounts } from "./plan/census.ts";
import { Milestones } from "./plan/milestones.ts";
import type { SweepAge } from "./sweeps.ts";

/** Between what a call of AWS takes and what users are willing to wait. Seconds. */
const CALL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const RECONCILE_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60];
const MILESTONE_BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

/** Reasons of Events that alerts count from the first on. */
const COUNTED_EVENTS = ["Applied", "DriftRepaired", "Restarted"];

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

export class OperatorMetrics {
  readonly #metrics = new Metrics();
  readonly #options: MetricsOptions;
  #all: Shown | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#defineState();
    this.#defineObjects();
    this.#defineLoad();
  }

  text(): Promise<string> {
    return this.#metrics.text();
  }

  /** A replica that waits sweeps nothing, and what it watches the leader counts: two would count it twice. */
  get #shown(): Shown | undefined {
    return this.#options.leading() ? this.#all : undefined;
  }

  /** From now on there is something to count. */
  show(shown: Shown): void {
    this.#all = shown;
  }

  /** Before the store is filled: what is in the first list may be Ready soon, too. */
  watch(store: Pick<Store<PodIdentityAssociation>, "witness">): void {
    store.witness((_, change, object, previous) => {
      if (change === "deleted") this.#milestones.forget(object);
      else this.#milestones.note(object, previous, this.#options.now());
    });
  }

  readonly #reconciles = this.#metrics.counter({
    name: "podidentity_reconciles_total",
    help: "Reconciliations that ended, by how (settled, waiting, failed) and with which reason; settled has none",
    labels: ["controller", "reason", "outcome"],
  });

  readonly #durations = this.#metrics.histogram(
    {
      name: "podidentity_reconcile_duration_seconds",
      help: "How long reconciliations took",
      labels: ["controller"],
    },
    RECONCILE_BUCKETS,
  );

  reconciled({ controller, outcome, reason, durationMs }: Ending): void {
    this.#reconciles({ controller, reason, outcome });
    this.#durations({ controller }, durationMs / 1000);
  }

  readonly #events = this.#metrics.counter(
    {
      name: "podidentity_events_total",
      help: "What users were told by Events, by reason; also what repeats within two minutes, which is not written again",
      labels: ["reason"],
    },
    COUNTED_EVENTS.map((reason) => ({ reason })),
  );

  told({ reason }: Event): void {
    this.#events({ reason });
  }

  readonly #calls = this.#metrics.counter({
    name: "podidentity_aws_calls_total",
    help: `Requests to AWS by API, by sort of answer (${ANSWERS.join(", ")}), and by error name; a call has up to two`,
    labels: ["answer", "action", "outcome"],
  });

  readonly #callDurations = this.#metrics.histogram(
    {
      name: "podidentity_aws_call_duration_seconds",
      help: "How long AWS took to answer a request, without the time that it waited for its turn",
      labels: ["family"],
    },
    CALL_BUCKETS,
  );

  readonly #throttles = this.#metrics.counter(
    {
      name: "podidentity_aws_throttles_total",
      help: "Requests that AWS throttled, by family of calls",
      labels: ["family"],
    },
    FAMILIES.map((family) => ({ family })),
  );

  called({ action, family, outcome, answer, durationMs }: Attempt): void {
    this.#calls({ answer, action, outcome });
    this.#callDurations({ family }, durationMs / 1000);
    if (answer === "throttled") this.#throttles({ family });
  }

  readonly #milestones = new Milestones({
    ready: this.#milestone(
      "podidentity_time_to_ready_seconds",
      "From an object's creation to its first Ready, of objects that nobody edited in between; a guardrail that was missing counts",
    ),
    injected: this.#milestone(
      "podidentity_time_to_first_injected_pod_seconds",
      "From an object's association to its first pod with the credentials, as status shows it; a workload that comes later counts",
    ),
  });

  #milestone(name: string, help: string): (seconds: number) => void {
    const histogram = this.#metrics.histogram({ name, help }, MILESTONE_BUCKETS);
    // Replicas that wait see it, too.
    return (seconds) => {
      if (this.#options.leading()) histogram({}, seconds);
    };
  }

  #defineState(): void {
    const { ready, leading, version } = this.#options;
    this.#gauge("podidentity_build_info", "Always 1; the operator's version", ["version"], () => [
      { labels: { version }, value: 1 },
    ]);
    this.#gauge("podidentity_ready", "Whether /readyz says that it is ready: 1 or 0", [], () => [
      { labels: {}, value: Number(ready()) },
    ]);
    this.#gauge("podidentity_leader", "Whether this replica works: 1 or 0", [], () => [
      { labels: {}, value: Number(leading()) },
    ]);
    const ages = (of: (age: SweepAge) => number) =>
      (this.#shown?.sweeps.ages() ?? []).map((age) => ({
        labels: { sweep: age.sweep },
        value: of(age) / 1000,
      }));
    this.#gauge(
      "podidentity_sweep_age_seconds",
      "How old what is known of AWS is: since the last list of associations or bulk read of roles that succeeded began",
      ["sweep"],
      () => ages(({ ageMs }) => ageMs),
    );
    this.#gauge(
      "podidentity_sweep_interval_seconds",
      "From the end of one sweep to the start of the next; grows with the number of associations and roles",
      ["sweep"],
      () => ages(({ everyMs }) => everyMs),
    );
    this.#gauge(
      "podidentity_aws_rate_limit",
      "Requests a second that the operator allows itself now, by family of calls; falls when AWS throttles",
      ["family"],
      () => {
        const { limiter } = this.#shown ?? {};
        if (!limiter) return [];
        return FAMILIES.map((family) => ({ labels: { family }, value: limiter.rate(family) }));
      },
    );
  }

  #defineObjects(): void {
    const ofEachKind = (count: (objects: Iterable<Counted>) => readonly Sample[]) => () =>
      [...(this.#shown?.kinds ?? [])].flatMap(([kind, store]) =>
        count(store.values()).map(({ labels, value }) => ({ labels: { kind, ...labels }, value })),
      );
    this.#gauge(
      "podidentity_objects",
      "Objects by kind and by condition: its type, status and reason; each has one Ready",
      ["kind", "condition", "status", "reason"],
      ofEachKind((objects) =>
        conditionCounts(objects).map(({ count: value, ...labels }) => ({ labels, value })),
      ),
    );
    this.#gauge(
      "podidentity_longest_not_ready_seconds",
      "For how long the one that has waited longest is not Ready, by kind and reason; without those that are suspended or only planned",
      ["kind", "reason"],
      ofEachKind((objects) =>
        [...longestNotReady(objects, this.#options.now())].map(([reason, ms]) => ({
          labels: { reason },
          value: ms / 1000,
        })),
      ),
    );
    this.#gauge(
      "podidentity_pods",
      "Pods of all objects by what they have: injected, missing (no credentials), irsa, shadowed, unsupported, skipped",
      ["credentials"],
      () => {
        const counts = Object.entries(podCounts(this.#shown?.associations.values() ?? []));
        return counts.map(([credentials, value]) => ({ labels: { credentials }, value }));
      },
    );
    this.#gauge(
      "podidentity_orphans",
      "Roles and associations that objects which are no more have left behind",
      [],
      () => [{ labels: {}, value: this.#shown?.orphans.count ?? 0 }],
    );
  }

  #defineLoad(): void {
    const loads = (of: (load: Load) => number) =>
      (this.#shown?.controllers ?? []).map((controller) => ({
        labels: { controller: controller.name },
        value: of(controller.load()),
      }));
    this.#gauge(
      "podidentity_queue_length",
      "Objects that wait to be reconciled",
      ["controller"],
      () => loads(({ queued }) => queued),
    );
    this.#gauge(
      "podidentity_queue_longest_wait_seconds",
      "For how long the first of them has waited",
      ["controller"],
      () => loads(({ longestWaitMs }) => longestWaitMs / 1000),
    );
    this.#gauge(
      "podidentity_reconciles_running",
      "Objects that are being reconciled",
      ["controller"],
      () => loads(({ running }) => running),
    );
  }

  #gauge(
    name: string,
    help: string,
    labels: readonly string[],
    samples: () => Iterable<Sample>,
  ): void {
    this.#metrics.gauge({ name, help, labels }, samples);
  }
}
