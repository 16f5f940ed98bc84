/** The probes as kubelet and Prometheus see them. */
import { request } from "node:http";
import { expect } from "chai";
import { Probes } from "../../src/engine/probes.ts";

interface Seen {
  readonly status: number | undefined;
  readonly text: string;
}

/** Not fetch(), which would tidy the path up. */
function get(address: string, path: string): Promise<Seen> {
  const [host = "", port = ""] = address.split(":");
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, text: text.trim() }));
    });
    sent.on("error", reject).end();
  });
}

describe("the probes", () => {
  let state = { ready: false, why: "the first list of objects is not complete" };
  const probes = new Probes({
    readiness: () => state,
    metrics: async () => "podidentity_reconciliations_total 3",
  });
  let address: string;
  before(async () => {
    address = await probes.listen("127.0.0.1:0");
  });
  after(() => probes.close());

  it("say alive whether ready or not, so that an outage elsewhere restarts nothing", async () => {
    expect(await get(address, "/healthz")).to.deep.equal({ status: 200, text: "alive" });
  });

  it("say in one sentence why it is not ready", async () => {
    expect(await get(address, "/readyz")).to.deep.equal({ status: 503, text: state.why });
    state = { ready: true, why: "ready" };
    expect(await get(address, "/readyz?verbose")).to.deep.equal({ status: 200, text: "ready" });
  });

  it("serve metrics, and say in which of Prometheus' formats", async () => {
    expect((await get(address, "/metrics")).text).to.equal("podidentity_reconciliations_total 3");
    const { headers } = await fetch(`http://${address}/metrics`);
    expect(headers.get("content-type")).to.equal("text/plain; version=0.0.4; charset=utf-8");
  });

  it("survive metrics that cannot be counted", async () => {
    const broken = new Probes({
      readiness: () => state,
      metrics: () => Promise.reject(new Error("no store")),
    });
    const at = await broken.listen("127.0.0.1:0");
    expect(await get(at, "/metrics")).to.deep.equal({ status: 500, text: "Error: no store" });
    expect(await get(at, "/healthz")).to.include({ status: 200 });
    broken.close();
  });

  for (const path of ["/", "//", "/nothing", "http://["]) {
    it(`survive a request for ${path}`, async () => {
      expect((await get(address, path)).status).to.equal(404);
    });
  }

  it("say so when the address is taken", async () => {
    const second = new Probes({ readiness: () => state, metrics: async () => "" });
    const problem = await second.listen(address).catch((thrown: Error) => thrown.message);
    expect(problem).to.include("EADDRINUSE");
  });
});
