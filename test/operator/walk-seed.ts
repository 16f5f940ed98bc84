/** Where random walks begin: at one place, so that the suite finds what a change broke, and not by chance what was there before. */

/** @param usual where it begins unless `WALK_SEED` names another, to look for more */
export function walkSeed(usual: number): number {
  return Number(process.env["WALK_SEED"] ?? usual);
}
