/** Who is looked at again because an object changed. */
import { expect } from "chai";
import type { PodIdentityAssociation } from "../src/api/pod-identity-association.ts";
import { type KubeObject, keyOf } from "../src/kube/object.ts";
import { Store } from "../src/kube/store.ts";
import { wakeOnChanges } from "../src/wakes.ts";
import type { Watches } from "../src/watches.ts";

const object = (name: string, serviceAccountName: string) =>
  ({
    metadata: { namespace: "team", name, uid: name, resourceVersion: "1" },
    spec: { serviceAccountName, role: {} },
  }) as PodIdentityAssociation;

describe("a new object", () => {
  let objects: Store<PodIdentityAssociation>;
  let woken: string[];

  beforeEach(() => {
    const store = <T extends KubeObject>() =>
      new Store<T>((thrown) => {
        throw thrown;
      });
    objects = store();
    objects.put(object("first", "app"));
    const others = { guardrails: store(), namespaces: store(), serviceAccounts: store() };
    const watches = Object.fromEntries(
      Object.entries({ associations: objects, ...others }).map(([kind, one]) => [
        kind,
        { store: one },
      ]),
    );
    woken = [];
    wakeOnChanges(
      watches as unknown as Watches,
      { subscribe: () => {} },
      {
        enqueue: (key) => woken.push(key),
        touch: () => {},
        forget: () => {},
      },
    );
  });

  it("is looked at once: a second look would cut short what the first one waits for", () => {
    const added = object("alone", "other");
    objects.put(added);
    expect(woken).to.deep.equal([keyOf(added)]);
  });

  it("wakes the one that has its ServiceAccount, which may have to give it up", () => {
    objects.put(object("second", "app"));
    expect(woken).to.have.members(["team/first", "team/second"]);
  });
});
