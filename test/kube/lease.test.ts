/** The Lease on the wire: what is read of it, and that nobody's newer version is written over. */
import { expect } from "chai";
import { KubeClient } from "../../src/kube/client.ts";
import { Lease } from "../../src/kube/lease.ts";
import { json, status } from "./fake-api.ts";
import { Fixture, thrownBy } from "./fixture.ts";

const PATH = "/apis/coordination.k8s.io/v1/namespaces/system/leases";
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const object = (version: string, spec: object) => ({
  metadata: { namespace: "system", name: "operator", resourceVersion: version },
  spec,
});
const theirs = { holder: "them", durationMs: 15_000, transitions: 3, version: "7" };

describe("the Lease", () => {
  let fixture: Fixture;
  let lease: Lease;
  const { signal } = new AbortController();
  beforeEach(async () => {
    fixture = new Fixture();
    const client = new KubeClient(await fixture.transport());
    lease = new Lease(client, { namespace: "system", name: "operator" });
  });
  afterEach(() => fixture.stop());
  const sent = () => {
    const { method, path, headers, body } = fixture.api.requests.at(-1) ?? {};
    return { method, path, type: headers?.["content-type"], body: JSON.parse(body || "{}") };
  };

  it("is read with its holder, how long it lasts, and its version", async () => {
    const spec = { holderIdentity: "them", leaseDurationSeconds: 15, leaseTransitions: 3 };
    fixture.api.answerNext(json(200, object("7", spec)));
    expect(await lease.read(signal)).to.deep.equal(theirs);
    expect(sent()).to.deep.include({ method: "GET", path: `${PATH}/operator` });
  });

  it("is nobody's where it says nothing, and undefined where there is none", async () => {
    fixture.api.answerNext(json(200, object("7", {})), status(404));
    expect(await lease.read(signal)).to.include({ holder: "", durationMs: 0, transitions: 0 });
    expect(await lease.read(signal)).to.equal(undefined);
  });

  it("is made where there was none", async () => {
    fixture.api.answerNext(json(201, object("1", { holderIdentity: "us" })));
    const made = await lease.write({ holder: "us", durationMs: 1_500 }, undefined, signal);
    expect(made).to.include({ holder: "us", version: "1" });
    const { method, path, body } = sent();
    expect({ method, path }).to.deep.equal({ method: "POST", path: PATH });
    expect(body.metadata).to.deep.equal({ namespace: "system", name: "operator" });
    expect(body.spec).to.include({
      holderIdentity: "us",
      leaseDurationSeconds: 2,
      leaseTransitions: 0,
    });
    expect(body.spec.renewTime).to.match(MICRO_TIME).and.to.equal(body.spec.acquireTime);
  });

  it("is taken over only in the version that was read, and counts how often", async () => {
    fixture.api.answerNext(json(200, object("8", { holderIdentity: "us", leaseTransitions: 4 })));
    await lease.write({ holder: "us", durationMs: 15_000 }, theirs, signal);
    const { type, body } = sent();
    expect(type).to.equal("application/merge-patch+json");
    expect(body.metadata).to.deep.equal({ resourceVersion: "7" });
    expect(body.spec).to.include({ holderIdentity: "us", leaseTransitions: 4 });
  });

  it("is renewed without a word on when it was taken", async () => {
    fixture.api.answerNext(json(200, object("8", { holderIdentity: "them" })));
    await lease.write({ holder: "them", durationMs: 15_000 }, theirs, signal);
    expect(Object.keys(sent().body.spec)).to.have.members([
      "holderIdentity",
      "leaseDurationSeconds",
      "renewTime",
    ]);
  });

  it("is refused to whoever read an older version", async () => {
    fixture.api.answerNext(status(409));
    const write = lease.write({ holder: "us", durationMs: 15_000 }, theirs, signal);
    expect(await thrownBy(write)).to.have.property("status", 409);
  });
});
