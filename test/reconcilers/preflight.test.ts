/** The operator writes nothing in a cluster that is not the one it was told. */
import { expect } from "chai";
import type { Failure } from "../../src/plan/outcome.ts";
import { preflight } from "../../src/reconcilers/preflight.ts";
import { cluster } from "../plan/examples.ts";

const issuers = (eks: string | undefined, kubernetes: string | undefined) => ({
  cluster: { describe: async () => ({ ...cluster, issuer: eks }) },
  issuer: async () => kubernetes,
});

describe("preflight", () => {
  it("refuses a cluster whose issuer is not this API server's, naming both", async () => {
    const refusal = await preflight("demo", issuers("https://eks/a", "https://eks/b")).catch(
      (f) => f,
    );
    expect((refusal as Failure).reason).to.equal("ClusterMismatch");
    expect((refusal as Failure).message)
      .to.contain("https://eks/a")
      .and.contain("https://eks/b");
  });

  it("lets the same issuer pass, and one that may not be read", async () => {
    for (const [eks, kubernetes] of [
      ["a", "a"],
      [undefined, "a"],
      ["a", undefined],
    ] as const) {
      expect((await preflight("demo", issuers(eks, kubernetes))).arn).to.equal(cluster.arn);
    }
  });
});
