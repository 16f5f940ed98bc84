/** Keys in, reconciliations out: runs the reconciler for each key and says when it is to be looked at again. */
import { asFailure, type Failure, type Outcome } from "../plan/outcome.ts";
import { errorFields, type Logger } from "./log.ts";
import type { Priority, Reconciler } from "./reconciler.ts";
import { systemTiming, type Timing, WorkQueue } from "./work-queue.ts";

/** How a reconciliation ended, for metrics. */
export interface Ending {
  readonly controller: string;
  readonly outcome: Outcome["kind"];
  /** "" if all is settled. */
  readonly reason: string;
  readonly durationMs: number;
}

/** What a controller has to do just now. */
export interface Load {
  /** Keys that wait for a place. */
  readonly queued: number;
  /** Of these, how long the first has waited. */
  readonly longestWaitMs: number;
  readonly running: number;
}

export interface ControllerOptions {
  readonly reconciler: Reconciler;
  readonly log: Logger;
  /** Objects reconciled at once. */
  readonly concurrency: number;
  /** Until an object whose user must act is looked at again unasked, in milliseconds. */
  readonly stalledRetryMs: number;
  /** Longest backoff in milliseconds. After an outage all objects are tried again within it. @default 20_000 */
  readonly maxBackoffMs?: number;
  /** Called after each reconciliation that was not cut short by a stop. */
  readonly onEnd?: (ending: Ending) => void;
  readonly timing?: Timing;
}

/** Spread round the stalled retry, so that many objects refused at once do not come back at once. */
const JITTER = 0.1;

export class Controller {
  readonly #options: Required<ControllerOptions>;
  readonly #queue: WorkQueue;
  /** Reason and message last warned of, by key: a refusal is logged once, not at every retry. */
  readonly #warned = new Map<string, string>();

  constructor(options: ControllerOptions) {
    this.#options = { timing: systemTiming, maxBackoffMs: 20_000, onEnd: () => {}, ...options };
    this.#queue = new WorkQueue({
      concurrency: options.concurrency,
      timing: this.#options.timing,
      maxMs: this.#options.maxBackoffMs,
      run: (key, signal) => this.#run(key, signal),
    });
  }

  enqueue(key: string, priority: Priority): void {
    this.#queue.add(key, priority);
  }

  /** Shown in logs and metrics. */
  get name(): string {
    return this.#options.reconciler.name;
  }

  load(): Load {
    const { size: queued, running, longestWaitMs } = this.#queue;
    return { queued, running, longestWaitMs };
  }

  stop(deadlineMs: number): Promise<void> {
    return this.#queue.shutdown(deadlineMs);
  }

  async #run(key: string, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const outcome = await this.#reconcile(key, signal);
    if (signal.aborted) return;
    const durationMs = performance.now() - startedAt;
    const ending = { controller: this.name, outcome: outcome.kind, reason: reasonOf(outcome) };
    this.#options.onEnd({ ...ending, durationMs });
    this.#log(key, outcome, Math.round(durationMs));
    this.#requeue(key, outcome);
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    try {
      return await this.#options.reconciler.reconcile(key, signal);
    } catch (thrown) {
      return { kind: "failed", failure: asFailure(thrown) };
    }
  }

  #requeue(key: string, outcome: Outcome): void {
    if (outcome.kind === "settled") this.#queue.forget(key);
    if (outcome.kind === "waiting") this.#queue.addAfter(key, outcome.checkAfterMs);
    if (outcome.kind !== "failed") return;
    const { retry } = outcome.failure;
    if (retry.kind === "backoff") this.#queue.addRateLimited(key);
    else this.#queue.forget(key);
    if (retry.kind === "after") this.#queue.addAfter(key, retry.ms);
    if (retry.kind === "never") this.#queue.addAfter(key, this.#stalledRetryMs());
  }

  #stalledRetryMs(): number {
    const { stalledRetryMs, timing } = this.#options;
    return Math.round(stalledRetryMs * (1 + JITTER * (2 * timing.random() - 1)));
  }

  #log(key: string, outcome: Outcome, durationMs: number): void {
    if (outcome.kind !== "failed") {
      this.#warned.delete(key);
      return;
    }
    const { failure } = outcome;
    const fields = { ...this.#subject(key), reason: failure.reason, durationMs };
    if (failure.reason === "InternalError") {
      this.#options.log.error("reconcile failed", {
        ...fields,
        ...errorFields(failure.cause ?? failure),
      });
    } else if (failure.retry.kind !== "after" && this.#isNews(key, failure)) {
      this.#options.log.warn("reconcile refused", { ...fields, why: failure.message });
    } else {
      this.#options.log.debug("reconcile refused", fields);
    }
  }

  #isNews(key: string, { reason, message }: Failure): boolean {
    const said = `${reason}: ${message}`;
    if (this.#warned.get(key) === said) return false;
    this.#warned.set(key, said);
    return true;
  }

  #subject(key: string): Readonly<Record<string, string>> {
    const [first = "", second] = key.split("/");
    const subject = second === undefined ? { name: first } : { namespace: first, name: second };
    return { controller: this.name, ...subject };
  }
}

function reasonOf(outcome: Outcome): string {
  if (outcome.kind === "settled") return "";
  return outcome.kind === "waiting" ? outcome.reason : outcome.failure.reason;
}
