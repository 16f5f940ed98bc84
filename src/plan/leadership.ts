/**
 * Who leads: when a replica may take the Lease, and when the one that has it must renew it or has lost it.
 * All times are milliseconds of this process's own monotonic clock: clocks of two machines are never compared.
 */

/** Throws where this process may not write (any more). Asked at each write, at the last moment before it is sent. */
export type Fence = () => void;

/** What stands in the Lease. */
export interface LeaseRecord {
  /** "": nobody. */
  readonly holder: string;
  /** For how long after a change the holder counts as alive; 0 if it does not say. Milliseconds. */
  readonly durationMs: number;
  /** Another one after every write. */
  readonly version: string;
}

/** A record, and when we first saw it as it is. */
export interface Sighting extends LeaseRecord {
  readonly since: number;
}

export interface LeaseDurations {
  /** What a holder that says nothing is given. */
  readonly leaseDurationMs: number;
  /** Without a renewal for so long the holder has lost it, by its own clock. Shorter than what others wait. */
  readonly renewDeadlineMs: number;
  /** Between two renewals, and between two looks of those who wait. */
  readonly renewPeriodMs: number;
}

/**
 * What is known of the Lease after one more look. Any write to it counts as a sign of life: that can only make us
 * wait longer. One that was deleted binds us as it did before: its holder may not know yet.
 */
export function sighted(
  before: Sighting | undefined,
  found: LeaseRecord | undefined,
  now: number,
): Sighting | undefined {
  if (!found || before?.version === found.version) return before;
  return { ...found, since: now };
}

export type Candidacy =
  | { readonly kind: "acquire" }
  /** Then look again. */
  | { readonly kind: "wait"; readonly ms: number };

/** @param us who asks: a Lease that names us is one whose answer we did not hear */
export function candidacy(
  seen: Sighting | undefined,
  now: number,
  {
    us,
    leaseDurationMs,
    renewPeriodMs,
  }: Omit<LeaseDurations, "renewDeadlineMs"> & { readonly us: string },
): Candidacy {
  if (!seen || seen.holder === "" || seen.holder === us) return { kind: "acquire" };
  const leftMs = seen.since + (seen.durationMs || leaseDurationMs) - now;
  return leftMs <= 0 ? { kind: "acquire" } : { kind: "wait", ms: Math.min(leftMs, renewPeriodMs) };
}

export interface Held {
  /** When the last renewal that succeeded was **sent**: others cannot have seen it earlier. */
  readonly renewedAt: number;
  /** When the last one was sent, whatever came of it. */
  readonly triedAt: number;
}

export type Tenure =
  | { readonly kind: "renew" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "lost" };

export function tenure(
  { renewedAt, triedAt }: Held,
  now: number,
  { renewDeadlineMs, renewPeriodMs }: LeaseDurations,
): Tenure {
  const leftMs = renewedAt + renewDeadlineMs - now;
  if (leftMs <= 0) return { kind: "lost" };
  const dueMs = triedAt + renewPeriodMs - now;
  return dueMs <= 0 ? { kind: "renew" } : { kind: "wait", ms: Math.min(dueMs, leftMs) };
}
