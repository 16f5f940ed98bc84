/** What a reflector's store holds and tells while the API server behaves. */
import { expect } from "chai";
import type { KubeObject } from "../../src/kube/object.ts";
import { eventually, Fixture, type Watching } from "./fixture.ts";

const contents = ({ reflector }: Watching) =>
  Object.fromEntries([...reflector.store.keys()].map((key) => [key, reflector.store.get(key)]));

describe("reflector", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.stop());

  it("fills the store with one streamed list, then says that it is synced", async () => {
    fixture.api.put("a");
    fixture.api.put("b");
    const { reflector, told } = await fixture.watch();
    expect(reflector.hasSynced).to.equal(false);
    await reflector.synced;
    expect(reflector.hasSynced).to.equal(true);
    expect(told).to.deep.equal(["added team/a", "added team/b"]);
    expect(fixture.api.requests).to.have.length(1);
    expect(Object.fromEntries(fixture.api.requests[0]?.query ?? [])).to.deep.include({
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: "true",
    });
  });

  it("is synced when there is nothing", async () => {
    const { reflector } = await fixture.watch();
    await reflector.synced;
    expect(reflector.store.size).to.equal(0);
  });

  it("lists page by page where the API server cannot stream, and then watches on", async () => {
    fixture.api.streaming = false;
    for (let n = 0; n < 1201; n += 1) fixture.api.put(`c${n}`);
    const { reflector, told, errors } = await fixture.watch();
    await reflector.synced;
    expect(reflector.store.size).to.equal(1201);
    const lists = fixture.api.requests.filter(({ query }) => query.has("limit"));
    expect(lists.map(({ query }) => query.get("continue"))).to.deep.equal([null, "500", "1000"]);
    fixture.api.put("late");
    await eventually(() => expect(told.at(-1)).to.equal("added team/late"));
    expect(errors).to.deep.equal([]);
  });

  it("holds the same after a streamed and after a paged list", async () => {
    for (const name of ["a", "b"]) fixture.api.put(name, { data: { key: name } });
    const streamed = await fixture.watch();
    await streamed.reflector.synced;
    fixture.api.streaming = false;
    const transport = fixture.transportTo(`http://127.0.0.1:${fixture.api.port}`);
    const paged = fixture.watchOver(transport);
    await paged.reflector.synced;
    expect(fixture.api.requests.some(({ query }) => query.has("limit"))).to.equal(true);
    expect(contents(paged)).to.deep.equal(contents(streamed));
    expect(paged.reflector.store.get("team/a")?.kind).to.equal("ConfigMap");
  });

  it("tells what is added, modified and deleted, with what was there before", async () => {
    const { reflector, told } = await fixture.watch();
    await reflector.synced;
    const seen: (string | undefined)[] = [];
    const version = (object?: KubeObject) => object?.metadata.resourceVersion;
    reflector.store.subscribe((_, __, object, previous) =>
      seen.push(version(previous), version(object)),
    );
    const first = fixture.api.put("a");
    const second = fixture.api.put("a", { data: { now: "other" } });
    fixture.api.remove("a");
    await eventually(() => expect(told).to.have.length(3));
    expect(told).to.deep.equal(["added team/a", "modified team/a", "deleted team/a"]);
    expect(seen.slice(0, 5)).to.deep.equal([
      undefined,
      version(first),
      version(first),
      version(second),
      version(second),
    ]);
    expect(reflector.store.size).to.equal(0);
  });

  it("keeps neither managedFields nor kubectl's copy of the manifest", async () => {
    const annotations = { mine: "kept", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const metadata = { name: "a", annotations, managedFields: [{ manager: "kubectl" }] };
    fixture.api.put("a", { metadata, data: { key: "value" } });
    const { reflector } = await fixture.watch();
    await reflector.synced;
    const kept = reflector.store.get("team/a");
    expect(kept).to.have.deep.property("data", { key: "value" });
    expect(kept?.metadata).to.not.have.property("managedFields");
    expect(kept?.metadata.annotations).to.deep.equal({ mine: "kept" });
  });

  it("takes an object of 1.5 MB with characters of several bytes", async () => {
    const { reflector } = await fixture.watch();
    await reflector.synced;
    const text = "aé€😀".repeat(150_000);
    fixture.api.put("big", { data: { text } });
    await eventually(() =>
      expect(reflector.store.get("team/big")).to.have.nested.property("data.text", text),
    );
  });

  it("is in touch while the connection stands, even if nothing happens on it", async () => {
    const { reflector } = await fixture.watch();
    expect(reflector.outOfTouchMs).to.be.greaterThan(0);
    await reflector.synced;
    expect(reflector.outOfTouchMs).to.equal(0);
    fixture.api.reset();
    await eventually(() => expect(fixture.api.watches).to.have.length(2));
    await eventually(() => expect(reflector.outOfTouchMs).to.equal(0));
    await fixture.api.stop();
    await eventually(() => expect(reflector.outOfTouchMs).to.be.greaterThan(20));
    await fixture.api.start();
  });

  it("goes on when a listener throws, and tells the others", async () => {
    const { reflector, errors } = await fixture.watch();
    const bug = new Error("a bug");
    const heard: string[] = [];
    reflector.store.subscribe(() => {
      throw bug;
    });
    reflector.store.subscribe((key) => heard.push(key));
    await reflector.synced;
    fixture.api.put("a");
    fixture.api.put("b");
    await eventually(() => expect(heard).to.deep.equal(["team/a", "team/b"]));
    expect(errors).to.deep.equal([bug, bug]);
    expect(fixture.api.watches).to.have.length(1);
  });
});
