/** How one reconciliation ended: settled, waiting for something known, or failed. Exactly one of them. */

export type Outcome =
  /** All is as wanted. The next sweep of AWS looks again. */
  | { readonly kind: "settled" }
  /** An expected wait: no error and no backoff. */
  | {
      readonly kind: "waiting";
      readonly reason: string;
      readonly message: string;
      readonly checkAfterMs: number;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * When a failed attempt is tried again without anybody's edit.
 * - `sweep`: with each sweep of AWS: what is in the way may be gone, and costs a call or two to find out
 * - `never`: the user must act; looked at again at the long interval only
 * - `after`: a known wait
 * - `backoff`: exponentially, with full jitter
 */
export type Retry =
  | { readonly kind: "sweep" }
  | { readonly kind: "never" }
  | { readonly kind: "after"; readonly ms: number }
  | { readonly kind: "backoff" };

/**
 * A refusal with a reason that users can script against (listed in docs/reasons.md) and a message that
 * says what to do. The message carries no secret and no request id: it must not differ between retries.
 */
export class Failure extends Error {
  readonly reason: string;
  readonly retry: Retry;

  constructor(reason: string, message: string, retry: Retry, options?: ErrorOptions) {
    super(message, options);
    this.name = "Failure";
    this.reason = reason;
    this.retry = retry;
  }
}

/** What was thrown, as a Failure. Anything unforeseen is our own bug or an outage: it backs off. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure("InternalError", message, { kind: "backoff" }, { cause: thrown });
}
