/** Reads the annotations by which people steer EKS's pod webhook; what cannot be read counts as not written. */

/** The API server refuses tokens that live shorter. */
const SHORTEST_SECONDS = 600;

export function parseSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  return Math.max(SHORTEST_SECONDS, Number(text));
}

/** "a,b" */
export function parseNames(text: string | undefined): ReadonlySet<string> {
  return new Set(text?.split(",") ?? []);
}
