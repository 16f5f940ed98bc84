/** The store under lag, against a model that keeps every state it ever had. */
import { expect } from "chai";
import fc from "fast-check";
import { LaggedMap } from "./lagged-map.ts";

interface Entry {
  readonly key: string;
  readonly group: string;
  readonly content: number;
}

const LAG = 10;
const KEYS = ["a", "b", "c", "d"];
const GROUPS = ["x", "y"];

/** A value is written, or with `null` deleted, some milliseconds after the step before. */
const write = fc.record({
  afterMs: fc.nat(6),
  key: fc.constantFrom(...KEYS),
  value: fc.option(fc.record({ group: fc.constantFrom(...GROUPS), content: fc.nat(2) })),
});

/** Keeps every state there ever was. */
class Model {
  readonly #states = [{ at: -Infinity, entries: new Map<string, Entry>() }];

  write(at: number, key: string, value: Omit<Entry, "key"> | null): void {
    const entries = new Map(this.#states.at(-1)?.entries);
    if (value) entries.set(key, { key, ...value });
    else entries.delete(key);
    this.#states.push({ at, entries });
  }

  asOf(time: number): readonly Entry[] {
    const entries = this.#states.findLast(({ at }) => at <= time)?.entries ?? new Map();
    return [...entries.values()].sort((a, b) => a.key.localeCompare(b.key));
  }
}

function written(writes: readonly (typeof write extends fc.Arbitrary<infer T> ? T : never)[]) {
  const clock = { now: 0 };
  const model = new Model();
  const store = new LaggedMap<Entry>({
    ledger: { revision: 0 },
    now: () => clock.now,
    horizonMs: () => LAG,
    groupsOf: ({ group }) => [group],
  });
  for (const { afterMs, key, value } of writes) {
    clock.now += afterMs;
    model.write(clock.now, key, value);
    if (value) store.set(key, { key, ...value });
    else store.delete(key);
  }
  return { store, model, now: clock.now };
}

describe("the emulator's store", () => {
  it("shows readers the state of a given time ago, in full lists, in groups, and by key", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), fc.nat(LAG), (writes, lagMs) => {
        const { store, model, now } = written(writes);
        const past = model.asOf(now - lagMs);
        expect(store.page({ limit: 10, lagMs }).items).to.deep.equal(past);
        for (const name of GROUPS) {
          const members = past.filter(({ group }) => group === name);
          expect(store.page({ group: name, limit: 10, lagMs }).items).to.deep.equal(members);
        }
        for (const name of KEYS) {
          expect(store.get(name, lagMs)).to.deep.equal(past.find(({ key }) => key === name));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("goes on after the key where a page ended, whatever was added or deleted in between", () => {
    const store = new LaggedMap<string>({
      ledger: { revision: 0 },
      now: () => 0,
      horizonMs: () => 0,
    });
    for (const name of ["a", "c", "e", "g"]) store.set(name, name);
    const first = store.page({ limit: 2 });
    store.delete("c");
    store.set("d", "d");
    store.set("b", "b");
    expect([first.items, store.page({ limit: 9, after: first.next }).items]).to.deep.equal([
      ["a", "c"],
      ["d", "e", "g"],
    ]);
  });
});
