/** Numbers for Prometheus: one registry, with what every process shows of itself. The only importer of prom-client. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Labels = Readonly<Record<string, string>>;

export interface Definition {
  /** With its unit: `_seconds`, `_total` for what only grows. */
  readonly name: string;
  /** What it counts, in a sentence. */
  readonly help: string;
  /** Each takes few values, whatever the cluster holds: never the name of an object. @default none */
  readonly labels?: readonly string[];
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export class Metrics {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /**
   * @param known series that are there from the start: `increase` does not see the step from nothing to 1
   * @returns counts one more
   */
  counter(definition: Definition, known: readonly Labels[] = []): (labels: Labels) => void {
    const counter = new Counter(this.#configuration(definition));
    for (const labels of known) counter.inc(labels, 0);
    return (labels) => counter.inc(labels);
  }

  /** @returns notes one measurement */
  histogram(
    definition: Definition,
    buckets: readonly number[],
  ): (labels: Labels, value: number) => void {
    const histogram = new Histogram({ ...this.#configuration(definition), buckets: [...buckets] });
    return (labels, value) => histogram.observe(labels, value);
  }

  /** What is kept elsewhere is counted when somebody asks, not kept twice. */
  gauge(definition: Definition, samples: () => Iterable<Sample>): void {
    new Gauge({
      ...this.#configuration(definition),
      collect() {
        this.reset();
        for (const { labels, value } of samples()) this.set(labels, value);
      },
    });
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #configuration({ name, help, labels = [] }: Definition) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}
