/** Faults: what goes wrong with which calls, before or after they took effect. */
import { AwsError, ConnectionReset } from "../aws-error.ts";
import type { Call, ServiceName } from "../service.ts";

export interface FaultSpec {
  /** Absent: any. */
  readonly service?: ServiceName;
  readonly operation?: string | readonly string[];
  /** Parameters that must be equal, such as `{ RoleName: "reader" }`. */
  readonly where?: Readonly<Record<string, unknown>>;
  /** Any other condition; in this process only. */
  readonly matches?: (
    call: Pick<Call, "service" | "operation" | "parameters" | "attempt">,
  ) => boolean;
  /** Before the call takes effect, or after it did and its answer is lost. @default "before" */
  readonly when?: "before" | "after";
  /** How many calls it hits; absent: until it is removed. */
  readonly times?: number;
  /** How many matching calls pass unharmed first. @default 0 */
  readonly skip?: number;
  /** A refusal, a cut connection, or no answer until the fault is removed. */
  readonly answer: Refusal | "reset" | "hang";
}

export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

export interface FaultState {
  readonly id: number;
  readonly hits: number;
  readonly hanging: number;
}

class Fault {
  readonly id: number;
  readonly spec: FaultSpec;
  readonly #removed = Promise.withResolvers<void>();
  #waiters: { readonly hits: number; resolve(): void }[] = [];
  hits = 0;
  hanging = 0;
  #skipped = 0;

  constructor(id: number, spec: FaultSpec) {
    this.id = id;
    this.spec = spec;
  }

  /** Whether this call is hit; counts it if so. */
  strikes(call: Call, when: "before" | "after"): boolean {
    if (when !== (this.spec.when ?? "before") || !this.#concerns(call)) return false;
    if (this.#skipped < (this.spec.skip ?? 0)) {
      this.#skipped += 1;
      return false;
    }
    if (this.hits >= (this.spec.times ?? Infinity)) return false;
    this.hits += 1;
    for (const waiter of this.#waiters) if (waiter.hits <= this.hits) waiter.resolve();
    return true;
  }

  /** @throws AwsError or ConnectionReset */
  async take(): Promise<never> {
    const { answer } = this.spec;
    if (typeof answer === "object") throw new AwsError(answer);
    if (answer === "hang") {
      this.hanging += 1;
      await this.#removed.promise;
      this.hanging -= 1;
    }
    throw new ConnectionReset();
  }

  remove(): void {
    this.#removed.resolve();
  }

  async untilHit(hits: number): Promise<void> {
    if (this.hits >= hits) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ hits, resolve });
    await promise;
  }

  #concerns({ service, operation, parameters, attempt }: Call): boolean {
    const { spec } = this;
    if (spec.service !== undefined && spec.service !== service) return false;
    const operations = spec.operation === undefined ? [operation] : [spec.operation].flat();
    if (!operations.includes(operation)) return false;
    const where = Object.entries(spec.where ?? {});
    if (!where.every(([name, value]) => parameters[name] === value)) return false;
    return spec.matches?.({ service, operation, parameters, attempt }) ?? true;
  }
}

export class Faults {
  readonly #faults = new Map<number, Fault>();
  #nextId = 1;

  /** Returns the fault's id. The first added one that matches a call strikes. */
  add(spec: FaultSpec): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#faults.set(id, new Fault(id, spec));
    return id;
  }

  states(): readonly FaultState[] {
    return [...this.#faults.values()].map(({ id, hits, hanging }) => ({ id, hits, hanging }));
  }

  /** Calls that hang in it are cut. */
  remove(id: number): void {
    this.#faults.get(id)?.remove();
    this.#faults.delete(id);
  }

  clear(): void {
    for (const id of [...this.#faults.keys()]) this.remove(id);
  }

  /** Resolves once the fault has struck so many times. */
  async untilHit(id: number, hits: number): Promise<void> {
    await this.#faults.get(id)?.untilHit(hits);
  }

  /** @throws AwsError or ConnectionReset if a fault strikes this call */
  async strike(call: Call, when: "before" | "after"): Promise<void> {
    for (const fault of this.#faults.values()) if (fault.strikes(call, when)) await fault.take();
  }
}
