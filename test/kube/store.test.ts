/** Our own writes do not wake us; what others wrote always does. */
import { expect } from "chai";
import type { ObjectMeta } from "../../src/api/object-meta.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { Store } from "../../src/kube/store.ts";
import { thrownBy } from "./fixture.ts";

const at = (version: number | string, more: Partial<ObjectMeta> = {}): KubeObject => ({
  metadata: {
    // Keys come in the API server's order, not in ours.
    ...more,
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
  /** @param meanwhile what the watch shows before the answer is here */
  const write = (answer: KubeObject, meanwhile: () => void = () => {}) =>
    store.own("team/a", async () => {
      meanwhile();
      return answer;
    });

  it("shows the answer to our own write at once, and stays silent when the watch shows it too", async () => {
    await write(at(2, { finalizers: ["podidentity.io/teardown"] }));
    expect(version()).to.equal("2");
    store.put(at(2, { finalizers: ["podidentity.io/teardown"] }));
    expect(told).to.deep.equal([]);
  });

  it("tells those who count of our own writes, too, once each", async () => {
    const seen: string[] = [];
    store.witness((_, change, object) => seen.push(`${change} ${object.metadata.resourceVersion}`));
    await write(at(2), () => store.put(at(2)));
    await write(at(3));
    store.put(at(3));
    store.put(at(4, { labels: { by: "others" } }));
    expect(seen).to.deep.equal(["modified 2", "modified 3", "modified 4"]);
    expect(told).to.deep.equal(["modified 4"]);
  });

  it("stays silent when the watch shows our own write before its answer comes", async () => {
    await write(at(2), () => store.put(at(2)));
    expect(version()).to.equal("2");
    expect(told).to.deep.equal([]);
  });

  it("stays silent when the events of several own writes come after all of them", async () => {
    for (const own of [2, 3]) await write(at(own));
    for (const own of [2, 3]) store.put(at(own));
    expect(told).to.deep.equal([]);
    expect(version()).to.equal("3");
  });

  for (const [what, change] of [
    ["spec", { generation: 2 }],
    ["annotations", { annotations: { "podidentity.io/reconcile-at": "now" } }],
    ["deletion", { deletionTimestamp: "2026-01-01T00:00:00Z" }],
  ] as const) {
    it(`tells somebody else's ${what} that our own write found, whenever its event comes`, async () => {
      await write(at(3, change));
      expect(told).to.deep.equal(["modified 3"]);
      store.put(at(2, change));
      store.put(at(3, change));
      expect(told).to.deep.equal(["modified 3"]);
    });

    it(`tells somebody else's ${what} that comes while we write`, async () => {
      await write(at(3, change), () => store.put(at(2, change)));
      expect(told).to.deep.equal(["modified 3"]);
      expect(version()).to.equal("3");
    });
  }

  it("tells what others write after our own write, be its answer here or not", async () => {
    await write(at(2), () => {
      store.put(at(2));
      store.put(at(3));
    });
    store.put(at(4));
    expect(told).to.deep.equal(["modified 3", "modified 4"]);
  });

  it("tells what came while a write of ours was refused", async () => {
    const refused = new Error("conflict");
    const thrown = await thrownBy(
      store.own("team/a", () => {
        store.put(at(2));
        return Promise.reject(refused);
      }),
    );
    expect(thrown).to.equal(refused);
    expect(told).to.deep.equal(["modified 2"]);
  });

  it("does not bring back an object that is gone, by an answer that came late", async () => {
    await write(at(3), () => store.remove(at(4)));
    expect(told).to.deep.equal(["deleted 4"]);
    await write(at(3));
    expect(version()).to.equal(undefined);
  });

  it("tells at once of what is made anew, even while we write", async () => {
    await write(at(2), () => {
      store.put(at(4, { uid: "2" }));
      expect(told).to.deep.equal(["deleted 1", "added 4"]);
    });
    expect(store.get("team/a")?.metadata.uid).to.equal("2");
  });

  it("compares versions as numbers, beyond what a double holds", () => {
    store.put(at("9007199254740993"));
    store.put(at("9007199254740992"));
    store.put(at("10"));
    expect(version()).to.equal("9007199254740993");
  });

  it("does not take away a namesake for its predecessor's deletion", () => {
    store.put(at(3, { uid: "2" }));
    told.length = 0;
    store.remove(at(2));
    expect(told).to.deep.equal([]);
    expect(version()).to.equal("3");
  });
});
