/** The registry, as Prometheus reads it. */
import { expect } from "chai";
import { Metrics, type Sample } from "../../src/engine/metrics.ts";

describe("metrics", () => {
  const own = async (metrics: Metrics) =>
    (await metrics.text()).split("\n").filter((row) => row.startsWith("podidentity_"));

  it("of a counter begin at 0 for what is known from the start, so that the first one is an increase", async () => {
    const metrics = new Metrics();
    const definition = { name: "podidentity_x_total", help: "x", labels: ["reason"] };
    const count = metrics.counter(definition, [{ reason: "A" }]);
    expect(await own(metrics)).to.deep.equal(['podidentity_x_total{reason="A"} 0']);
    count({ reason: "A" });
    count({ reason: "B" });
    count({ reason: "B" });
    expect(await own(metrics)).to.deep.equal([
      'podidentity_x_total{reason="A"} 1',
      'podidentity_x_total{reason="B"} 2',
    ]);
  });

  it("of a gauge are counted when somebody asks, and gone when there is nothing to count", async () => {
    const metrics = new Metrics();
    let samples: Sample[] = [{ labels: { kind: "a" }, value: 3 }];
    metrics.gauge({ name: "podidentity_x", help: "x", labels: ["kind"] }, () => samples);
    expect(await own(metrics)).to.deep.equal(['podidentity_x{kind="a"} 3']);
    samples = [{ labels: { kind: "b" }, value: 1 }];
    expect(await own(metrics)).to.deep.equal(['podidentity_x{kind="b"} 1']);
    samples = [];
    expect(await own(metrics)).to.deep.equal([]);
  });

  it("of a histogram count what is at most so long", async () => {
    const metrics = new Metrics();
    const note = metrics.histogram({ name: "podidentity_x_seconds", help: "x" }, [1, 10]);
    for (const seconds of [1, 5, 100]) note({}, seconds);
    expect(await own(metrics)).to.deep.equal([
      'podidentity_x_seconds_bucket{le="1"} 1',
      'podidentity_x_seconds_bucket{le="10"} 2',
      'podidentity_x_seconds_bucket{le="+Inf"} 3',
      "podidentity_x_seconds_sum 106",
      "podidentity_x_seconds_count 3",
    ]);
  });

  it("of the process are beside them", async () => {
    expect(await new Metrics().text())
      .to.contain("process_resident_memory_bytes ")
      .and.contain("nodejs_eventloop_lag_p99_seconds ");
  });
});
