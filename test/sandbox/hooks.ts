/** What mocha does before and after all tests: prepares and ends the control plane, if any test is for one. */

/** Imported only then: unit tests start faster without. */
const shared = () => import("./shared.ts");

const usesControlPlane = ({ suite }: Mocha.Runner) =>
  suite.suites.some(({ file }) => file?.endsWith(".cluster.ts"));

/** Not left to the first hook that needs them: which file that is in, and how long it may take, is chance. */
export async function mochaGlobalSetup(this: Mocha.Runner): Promise<void> {
  if (usesControlPlane(this)) await (await shared()).prepareBinaries();
}

export async function mochaGlobalTeardown(this: Mocha.Runner): Promise<void> {
  if (usesControlPlane(this)) await (await shared()).stopSharedControlPlane();
}
