/** What the operator counts while it works: its name, unit, labels and what it is counted from (docs/metrics.md). */
import type { PodIdentityAssociation } from "./api/pod-identity-association.ts";
import { ANSWERS } from "./aws/error-codes.ts";
import { FAMILIES } from "./aws/limiter.ts";
import type { Attempt } from "./aws/middleware.ts";
import type { Ending } from "./engine/controller.ts";
import { Metrics } from "./engine/metrics.ts";
import { defineGauges, type MetricsOptions, type Shown } from "./gauges.ts";
import type { Event } from "./kube/events.ts";
import type { Store } from "./kube/store.ts";
import { Milestones } from "./plan/milestones.ts";

/** Between what a call of AWS takes and what users are willing to wait. Seconds. */
const CALL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const RECONCILE_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60];
const MILESTONE_BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

/** Reasons of Events that alerts count from the first on. */
const COUNTED_EVENTS = ["Applied", "DriftRepaired", "Restarted"];

export class OperatorMetrics {
  readonly #metrics = new Metrics();
  readonly #options: MetricsOptions;
  #all: Shown | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
    defineGauges(this.#metrics, options, () => this.#shown);
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
}
