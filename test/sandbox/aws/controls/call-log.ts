/** Every call that arrived, without policy bodies and tokens: what tests count and what they search for secrets. */
import type { Call, ServiceName } from "../service.ts";

export interface CallRecord {
  /** Milliseconds since the epoch, by the emulator's clock, when the call arrived. */
  readonly at: number;
  readonly service: ServiceName;
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly attempt: number;
  readonly userAgent: string;
  /** HTTP status; 0 if the connection was cut. */
  readonly status: number;
  /** Error code on the wire, or "ConnectionReset". */
  readonly error?: string;
  /** Whether the call changed anything, even if its answer was an error or got lost. */
  readonly tookEffect: boolean;
}

export interface Counter {
  readonly calls: number;
  readonly errors: number;
  /** Calls that changed something. */
  readonly effects: number;
}

/** Which records to return. Absent members match all. */
export interface CallFilter {
  readonly service?: ServiceName;
  readonly operation?: string;
  readonly where?: Readonly<Record<string, unknown>>;
}

const NEVER_LOGGED = new Set([
  "PolicyDocument",
  "AssumeRolePolicyDocument",
  "policy",
  "clientRequestToken",
]);

/** Enough for the largest benchmark; counters go on after it. */
const MOST_RECORDS = 200_000;

export type Ending = Pick<CallRecord, "status" | "tookEffect"> & { readonly error?: string };

export class CallLog {
  #records: CallRecord[] = [];
  #counters = new Map<string, Counter>();

  add(call: Call, at: number, ending: Ending): void {
    const { service, operation, attempt, userAgent } = call;
    const key = `${service}:${operation}`;
    const { calls, errors, effects } = this.#counters.get(key) ?? {
      calls: 0,
      errors: 0,
      effects: 0,
    };
    this.#counters.set(key, {
      calls: calls + 1,
      errors: errors + (ending.error === undefined ? 0 : 1),
      effects: effects + (ending.tookEffect ? 1 : 0),
    });
    if (this.#records.length >= MOST_RECORDS) return;
    const parameters = loggable(call.parameters);
    this.#records.push({ at, service, operation, parameters, attempt, userAgent, ...ending });
  }

  records({ service, operation, where = {} }: CallFilter = {}): readonly CallRecord[] {
    return this.#records.filter(
      (record) =>
        (service === undefined || record.service === service) &&
        (operation === undefined || record.operation === operation) &&
        Object.entries(where).every(([name, value]) => record.parameters[name] === value),
    );
  }

  /** By "service:Operation". */
  counters(): Readonly<Record<string, Counter>> {
    return Object.fromEntries(this.#counters);
  }

  reset(): void {
    this.#records = [];
    this.#counters = new Map();
  }
}

function loggable(parameters: Call["parameters"]): Call["parameters"] {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !NEVER_LOGGED.has(name)));
}
