/** Connections break, events get lost, history is compacted: the store is right again soon, at a bearable pace. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { KubeError } from "../../src/kube/errors.ts";
import { type Seen, status, stream } from "./fake-api.ts";
import { eventually, Fixture } from "./fixture.ts";

const gaps = (requests: readonly Seen[]) =>
  requests.slice(1).map(({ at }, index) => Math.round(at - (requests[index]?.at ?? 0)));

/** Of the event loop, until it has ended. What waits for nothing takes few of them, however slow the machine is. */
async function turnsOf(task: Promise<unknown>): Promise<number> {
  let isOver = false;
  void task.finally(() => {
    isOver = true;
  });
  let turns = 0;
  for (; !isOver; turns += 1) await turn();
  return turns;
}

describe("reflector under faults", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.stop());

  it("watches on from the last version after a reset, without listing again", async () => {
    const { reflector, told, errors } = await fixture.watch();
    await reflector.synced;
    const last = fixture.api.put("a");
    await eventually(() => expect(told).to.have.length(1));
    fixture.api.reset();
    fixture.api.put("b");
    await eventually(() => expect(told).to.deep.equal(["added team/a", "added team/b"]));
    expect(fixture.api.requests).to.have.length(2);
    const { resourceVersion } = last.metadata;
    expect(fixture.api.watches[1]?.query.get("resourceVersion")).to.equal(resourceVersion);
    expect(errors[0]).to.be.instanceOf(KubeError).with.property("status", 0);
  });

  it("watches on from the last bookmark, where nothing else came", async () => {
    const { reflector } = await fixture.watch();
    await reflector.synced;
    fixture.api.compact();
    fixture.api.bookmark();
    fixture.api.end();
    await eventually(() => expect(fixture.api.watches).to.have.length(2));
    expect(fixture.api.watches[1]?.query.get("resourceVersion")).to.equal("101");
  });

  it("counts a connection as dead when nothing comes, and loses nothing of what was said meanwhile", async () => {
    const { reflector, told } = await fixture.watch({ silence: 60 });
    await reflector.synced;
    fixture.api.blackHole();
    fixture.api.put("unheard");
    await eventually(() => expect(told).to.deep.equal(["added team/unheard"]));
  });

  it("does not wait for ever for a server that accepts and says nothing", async () => {
    fixture.api.answerNext(() => {});
    const { reflector, errors } = await fixture.watch({}, { answer: 60 });
    await reflector.synced;
    // A machine that is held up may take a later answer, too, for one that does not come.
    expect(errors.length).to.be.at.least(1);
    for (const error of errors)
      expect(error).to.be.instanceOf(KubeError).with.property("status", 0);
  });

  it("begins the list anew when it breaks half-way, and is not synced before it is whole", async () => {
    const half = { metadata: { name: "half", namespace: "team", uid: "1", resourceVersion: "90" } };
    const version = { metadata: { resourceVersion: "91" } };
    fixture.api.answerNext((response) => {
      stream({ type: "ADDED", object: half }, { type: "BOOKMARK", object: version })(response);
      response.end();
    });
    fixture.api.put("a");
    const { reflector, told } = await fixture.watch();
    await reflector.synced;
    expect(told).to.deep.equal(["added team/a"]);
    expect(fixture.api.watches[1]?.query.get("sendInitialEvents")).to.equal("true");
  });

  it("does not keep what is deleted while the list is streamed", async () => {
    const gone = { metadata: { name: "a", namespace: "team", uid: "1", resourceVersion: "90" } };
    const annotations = { "k8s.io/initial-events-end": "true" };
    const end = { metadata: { resourceVersion: "91", annotations } };
    fixture.api.answerNext(
      stream(
        { type: "ADDED", object: gone },
        { type: "DELETED", object: gone },
        { type: "BOOKMARK", object: end },
      ),
    );
    const { reflector, told } = await fixture.watch();
    await reflector.synced;
    expect(told).to.deep.equal([]);
    expect(reflector.store.size).to.equal(0);
  });

  const tooOld = { kind: "Status", code: 410, message: "too old resource version" };
  for (const [form, expired] of [
    ["as an HTTP status", status(410)],
    ["as an event", stream({ type: "ERROR", object: tooOld })],
  ] as const) {
    it(`lists again after 410 ${form}, keeps the store meanwhile, and tells only what changed`, async () => {
      for (const name of ["stays", "goes"]) fixture.api.put(name);
      const { reflector, told, errors } = await fixture.watch();
      await reflector.synced;
      told.length = 0;
      fixture.api.blackHole();
      fixture.api.remove("goes");
      fixture.api.put("comes");
      let sizeBetween = 0;
      fixture.api.answerNext(expired, (response) => {
        sizeBetween = reflector.store.size;
        status(503)(response);
      });
      fixture.api.reset();
      await eventually(() => expect(told).to.deep.equal(["deleted team/goes", "added team/comes"]));
      expect(sizeBetween).to.equal(2);
      expect(fixture.api.watches.at(-1)?.query.get("sendInitialEvents")).to.equal("true");
      // What is no fault is not reported: the reset and the 503 are.
      expect(errors).to.have.length(2);
    });
  }

  it("tells delete and add of an object made anew while nobody watched", async () => {
    fixture.api.put("a");
    const { reflector, told } = await fixture.watch();
    await reflector.synced;
    fixture.api.blackHole();
    fixture.api.remove("a");
    fixture.api.put("a");
    fixture.api.compact();
    fixture.api.reset();
    await eventually(() =>
      expect(told).to.deep.equal(["added team/a", "deleted team/a", "added team/a"]),
    );
  });

  it("finds a deletion of which no event came, when the list has become old", async () => {
    fixture.api.secondMs = 20;
    for (const name of ["a", "b"]) fixture.api.put(name);
    const { reflector, told } = await fixture.watch({ relist: 40 });
    await reflector.synced;
    fixture.api.lose("a");
    await eventually(() => expect(told.at(-1)).to.equal("deleted team/a"));
    expect(reflector.store.get("team/b")).to.not.equal(undefined);
  });

  it("finds it too where every connection breaks long before that", async () => {
    const { reflector, told } = await fixture.watch({ relist: 100, backoffMax: 10 });
    fixture.api.put("a");
    await reflector.synced;
    fixture.api.lose("a");
    fixture.api.reset();
    // Each watch that goes on is cut, once. A list is let through: on a slow machine it takes longer than any fixed pace of cuts.
    let seen = 0;
    const breaking = setInterval(() => {
      const { watches } = fixture.api;
      const isNew = watches.length > seen;
      if (isNew && watches.at(-1)?.query.has("resourceVersion")) fixture.api.reset();
      seen = watches.length;
    }, 10);
    await eventually(() => expect(told.at(-1)).to.equal("deleted team/a")).finally(() =>
      clearInterval(breaking),
    );
  });

  it("asks the server to end the watch when the list becomes old", async () => {
    const { reflector } = await fixture.watch({ relist: 270_000 });
    await reflector.synced;
    expect(fixture.api.watches[0]?.query.get("timeoutSeconds")).to.equal("270");
  });

  it("calls a server that ends each watch at once ever more rarely", async () => {
    const empty = Array.from({ length: 5 }, () => (response: ServerResponse) => {
      response.writeHead(200).end();
    });
    fixture.api.answerNext(...empty);
    const { reflector } = await fixture.watch({ backoffBase: 10, backoffMax: 80 });
    await reflector.synced;
    const waited = gaps(fixture.api.requests);
    expect(waited).to.have.length(5);
    for (const [index, least] of [10, 20, 40, 80, 80].entries()) {
      expect(waited[index]).to.be.at.least(least - 1);
    }
  });

  it("waits as long as a starting API server asks", async () => {
    fixture.api.answerNext(status(429, "starting", { "retry-after": "0.15" }));
    const { reflector } = await fixture.watch({ backoffBase: 1 });
    await reflector.synced;
    expect(gaps(fixture.api.requests)[0]).to.be.at.least(149);
  });

  it("comes back after the API server was away", async () => {
    const { reflector, told, errors } = await fixture.watch();
    await reflector.synced;
    const { port } = fixture.api;
    await fixture.api.stop();
    fixture.api.put("meanwhile");
    await eventually(() => expect(errors.length).to.be.greaterThan(2));
    await fixture.api.start(port);
    await eventually(() => expect(told).to.deep.equal(["added team/meanwhile"]));
    expect(errors.every((error) => error instanceof KubeError && error.status === 0)).to.equal(
      true,
    );
  });

  for (const [when, prepare] of [
    ["watching", async () => {}],
    [
      "backing off for 30 s",
      async (fixture: Fixture) => {
        fixture.api.answerNext(status(500, "no", { "retry-after": "30" }));
        fixture.api.reset();
        await eventually(() => expect(fixture.api.requests).to.have.length(2));
      },
    ],
    [
      "waiting for an answer",
      async (fixture: Fixture) => {
        fixture.api.answerNext(() => {});
        fixture.api.reset();
        await eventually(() => expect(fixture.api.requests).to.have.length(2));
      },
    ],
  ] as const) {
    it(`ends at once when stopped while ${when}, and leaves no connection`, async () => {
      const { reflector, stop } = await fixture.watch();
      await reflector.synced;
      await prepare(fixture);
      expect(await turnsOf(stop())).to.be.lessThan(100);
      await reflector.transport.close();
      await eventually(() => expect(fixture.api.sockets.size).to.equal(0));
    });
  }

  it("keeps no process alive once it is stopped", async () => {
    const server = await fixture.server();
    const script = new URL("watch-and-stop.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [script, server], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    const [stopped] = await once(child.stdout, "data");
    expect(String(stopped)).to.equal("stopped\n");
    // The shortest of what could hold it lasts 30 s.
    const killing = setTimeout(() => child.kill(), 15_000);
    const [code] = await ended;
    clearTimeout(killing);
    expect(code).to.equal(0);
  }).timeout(60_000);
});
