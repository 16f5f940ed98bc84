/**
 * How often AWS is looked at: fast enough to see drift, slow enough to stay far below limits that a whole
 * account shares (6,000 EKS and 300 IAM calls an hour at 5,000 objects).
 */

/** Pages that a list of associations may have before it is read less often: 360 calls an hour by default. */
const FREE_PAGES = 10;

/** The same for a bulk read of IAM: 288 calls an hour by default. */
const FREE_ROLE_PAGES = 40;

/** Where roles may only be read one by one: one call a second by default. */
const FREE_ROLE_CALLS = 500;

/** Within this time every association is described, as long as the rate allows it. */
export const ROTATION_MS: number = 13 * 60_000;
const MOST_DESCRIBES_PER_SECOND = 1.5;

/** How old the last list may be when a new object asks for one. */
export const FRESH_MS = 10_000;

/** @param baseMs the setting, default 100 s */
export function associationSweepMs(pages: number, baseMs: number): number {
  return stretched(baseMs, pages / FREE_PAGES);
}

/** What the last sweep of the roles took. */
export interface RoleSweep {
  /** Whether roles were read in bulk, or one by one because bulk reading is not permitted. */
  readonly bulk: boolean;
  readonly calls: number;
}

/** @param baseMs the setting, default 500 s */
export function roleSweepMs({ bulk, calls }: RoleSweep, baseMs: number): number {
  return stretched(baseMs, calls / (bulk ? FREE_ROLE_PAGES : FREE_ROLE_CALLS));
}

/** Between two Describes, so that the rotation over all claimed associations is even. */
export function describeEveryMs(claimed: number, rotationMs: number = ROTATION_MS): number {
  return Math.max(1000 / MOST_DESCRIBES_PER_SECOND, rotationMs / Math.max(1, claimed));
}

/** For how long a list of so many pages counts as fresh. */
export function freshForMs(pages: number, baseMs: number = FRESH_MS): number {
  return stretched(baseMs, pages / FREE_PAGES);
}

function stretched(baseMs: number, factor: number): number {
  return baseMs * Math.max(1, factor);
}
