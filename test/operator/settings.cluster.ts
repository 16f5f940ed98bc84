/** A wrong setting is one sentence that says what to do, and nothing is written. */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { readiness, spawnOperator } from "../sandbox/operator.ts";
import { joinSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { sharedControlPlane } from "../sandbox/shared.ts";
import { until } from "./fixture.ts";

describe("the operator with a wrong setting", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await joinSandbox(await sharedControlPlane(), {});
  });
  after(() => sandbox.stop());

  const endOf = async (changed: Readonly<Record<string, string>>) => {
    const env = Object.fromEntries(
      Object.entries({ ...sandbox.environment, ...changed }).filter(([, value]) => value !== ""),
    );
    const child = spawnOperator(env);
    const said = Promise.all([
      text(child.stdout ?? process.stdin),
      text(child.stderr ?? process.stdin),
    ]);
    const [code] = (await once(child, "exit")) as [number];
    return { code, said: (await said).join("") };
  };

  it("(no cluster name) ends with one sentence", async () => {
    const { code, said } = await endOf({ CLUSTER_NAME: "" });
    expect(said).to.equal(
      "podidentity: CLUSTER_NAME is missing: set it to the name of the EKS cluster this operator runs in\n",
    );
    expect(code).to.equal(2);
  });

  it("(unknown cluster) ends and says what to set", async () => {
    const { code, said } = await endOf({ CLUSTER_NAME: "nowhere" });
    expect(said).to.contain("ClusterNotFound").and.contain("set CLUSTER_NAME and AWS_REGION");
    expect(code).to.equal(1);
  });

  const waits: [string, Record<string, string>, string][] = [
    [
      "no credentials",
      { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_EC2_METADATA_DISABLED: "true" },
      "no valid AWS credentials",
    ],
    [
      "an endpoint that does not answer",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
      "AWS did not answer",
    ],
  ];
  for (const [situation, changed, sentence] of waits) {
    it(`(${situation}) is not ready and says why, and can be stopped`, async () => {
      const env = Object.fromEntries(
        Object.entries({ ...sandbox.environment, ...changed }).filter(([, value]) => value !== ""),
      );
      const child = spawnOperator(env);
      let log = "";
      child.stdout?.on("data", (chunk) => {
        log += chunk;
      });
      await until(
        "it has logged why",
        () => log.includes(sentence),
        () => log,
      );
      const address = /"address":"([^"]+)"/.exec(log)?.[1];
      const { ready, why } = await readiness(`http://${address}`);
      expect(ready).to.equal(false);
      expect(why).to.contain(sentence);
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number];
      expect(code).to.equal(0);
    });
  }

  it("(the name of another cluster) writes nothing, logs ClusterMismatch and is not ready", async () => {
    sandbox.aws.putCluster({ name: "other" });
    const child = spawnOperator({ ...sandbox.environment, CLUSTER_NAME: "other" });
    let log = "";
    child.stdout?.on("data", (chunk) => {
      log += chunk;
    });
    await until(
      "it has logged why",
      () => log.includes("ClusterMismatch"),
      () => log,
    );
    const address = /"address":"([^"]+)"/.exec(log)?.[1];
    expect((await readiness(`http://${address}`)).why).to.contain(
      "CLUSTER_NAME=other is not the cluster",
    );
    child.kill("SIGTERM");
    await once(child, "exit");
    expect(Object.values(sandbox.aws.counters()).every(({ effects }) => effects === 0)).to.equal(
      true,
    );
  });
});
