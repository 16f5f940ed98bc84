/** Our own writes do not wake us; what others wrote always does. */
import { expect } from "chai";
import type { KubeObject, ObjectMeta } from "../../src/kube/object.ts";
import { Store } from "../../src/kube/store.ts";

const at = (version: number | string, more: Partial<ObjectMeta> = {}): KubeObject => ({
  metadata: {
    name: "a",
    namespace: "team",
    uid: "1",
    generation: 1,
    resourceVersion: String(version),
    ...more,
  },
});

describe("the store of a watch", () => {
  let store: Store<KubeObject>;
  let told: string[];
  beforeEach(() => {
    store = new Store((thrown) => {
      throw thrown;
    });
    store.put(at(1));
    told = [];
    store.subscribe((_, change, object) =>
      told.push(`${change} ${object.metadata.resourceVersion}`),
    );
  });
  const version = () => store.get("team/a")?.metadata.resourceVersion;

  it("shows the answer to our own write at once, and stays silent when the watch shows it too", () => {
    store.assume(at(2, { finalizers: ["podidentity.io/teardown"] }));
    expect(version()).to.equal("2");
    store.put(at(2, { finalizers: ["podidentity.io/teardown"] }));
    expect(told).to.deep.equal([]);
  });

  it("stays silent when the events of several own writes come after all of them", () => {
    for (const own of [2, 3]) store.assume(at(own));
    for (const own of [2, 3]) store.put(at(own));
    expect(told).to.deep.equal([]);
    expect(version()).to.equal("3");
  });

  for (const [what, change] of [
    ["spec", { generation: 2 }],
    ["annotations", { annotations: { "podidentity.io/reconcile-at": "now" } }],
    ["deletion", { deletionTimestamp: "2026-01-01T00:00:00Z" }],
  ] as const) {
    it(`tells somebody else's ${what}, written just before our own write and seen in its answer`, () => {
      store.assume(at(3, change));
      expect(told).to.deep.equal(["modified 3"]);
      store.put(at(2, change));
      store.put(at(3, change));
      expect(told).to.deep.equal(["modified 3"]);
      expect(version()).to.equal("3");
    });
  }

  it("tells what others write after our own write", () => {
    store.assume(at(2));
    store.put(at(3));
    expect(told).to.deep.equal(["modified 3"]);
  });

  it("does not take an answer older than what the watch has shown", () => {
    store.put(at(5));
    store.assume(at(4));
    expect(version()).to.equal("5");
  });

  it("compares versions as numbers, beyond what a double holds", () => {
    store.put(at("9007199254740993"));
    store.put(at("9007199254740992"));
    store.put(at("10"));
    expect(version()).to.equal("9007199254740993");
  });

  it("does not bring back an object that is gone, by an answer that came late", () => {
    store.remove(at(2));
    store.assume(at(3));
    expect(version()).to.equal(undefined);
  });

  it("does not take away a namesake for its predecessor's deletion", () => {
    store.put(at(3, { uid: "2" }));
    told.length = 0;
    store.remove(at(2));
    expect(told).to.deep.equal([]);
    expect(version()).to.equal("3");
  });
});
