/** Which waits of users are measured, and from when. */
import { expect } from "chai";
import type { PodIdentityAssociationStatus } from "../../src/api/pod-identity-association.ts";
import { Milestones } from "../../src/plan/milestones.ts";

const CREATED = Date.parse("2026-03-01T12:00:00Z");
const at = (seconds: number) => `${new Date(CREATED + seconds * 1000).toISOString().slice(0, 19)}Z`;

const ready = (status: "True" | "False") =>
  ({ type: "Ready", status, reason: "Any", message: "", lastTransitionTime: at(0) }) as const;
const pods = (injected: number) => ({
  total: 1,
  injected,
  stale: 1 - injected,
  unsupported: 0,
  summary: `${injected}/1`,
});
const NEW: PodIdentityAssociationStatus = { conditions: [ready("False")] };
const DONE: PodIdentityAssociationStatus = { conditions: [ready("True")], associatedAt: at(5) };

/** Each step: seconds since the creation, what the object's status then is, and its generation. */
type Step = readonly [number, PodIdentityAssociationStatus, number?];

function seen(steps: readonly Step[]): { ready: number[]; injected: number[] } {
  const reached = { ready: [] as number[], injected: [] as number[] };
  const milestones = new Milestones({
    ready: (seconds) => reached.ready.push(seconds),
    injected: (seconds) => reached.injected.push(seconds),
  });
  let previous: Parameters<Milestones["note"]>[1];
  for (const [seconds, status, generation = 1] of steps) {
    const metadata = { name: "reader", uid: "u", generation, creationTimestamp: at(0) };
    const object = { metadata, status };
    milestones.note(object, previous, CREATED + seconds * 1000);
    previous = object;
  }
  return reached;
}

describe("the time to Ready is", () => {
  const cases: [string, Step[], number[]][] = [
    [
      "that since the object was created",
      [
        [1, NEW],
        [7, DONE],
      ],
      [7],
    ],
    [
      "counted once, however often Ready goes and comes back",
      [
        [1, NEW],
        [7, DONE],
        [50, { ...DONE, conditions: [ready("False")] }],
        [90, DONE],
      ],
      [7],
    ],
    ["not known of an object that was Ready when the operator began", [[500, DONE]], []],
    [
      "not known of an object that had its association and lost Ready before the operator began",
      [
        [500, { ...DONE, conditions: [ready("False")] }],
        [600, DONE],
      ],
      [],
    ],
    [
      "not that of an object that was edited meanwhile",
      [
        [1, NEW],
        [60, NEW, 2],
        [66, DONE, 2],
      ],
      [],
    ],
    [
      "0 where the API server's clock is ahead",
      [
        [-3, NEW],
        [-1, DONE],
      ],
      [0],
    ],
  ];
  for (const [what, steps, expected] of cases) {
    it(what, () => expect(seen(steps).ready).to.deep.equal(expected));
  }

  it("forgotten with the object", () => {
    const times: number[] = [];
    const milestones = new Milestones({ ready: (s) => times.push(s), injected: () => {} });
    const metadata = { name: "reader", uid: "u", generation: 1, creationTimestamp: at(0) };
    milestones.note({ metadata, status: NEW }, undefined, CREATED);
    milestones.forget({ metadata });
    milestones.note({ metadata, status: DONE }, { metadata, status: NEW }, CREATED);
    expect(times).to.deep.equal([]);
  });
});

describe("the time to the first pod with credentials is", () => {
  const cases: [string, Step[], number[]][] = [
    [
      "that since the association was seen",
      [
        [1, NEW],
        [6, { ...DONE, pods: pods(0) }],
        [40, { ...DONE, pods: pods(1) }],
      ],
      [35],
    ],
    [
      "counted once, however often pods come and go",
      [
        [1, NEW],
        [6, DONE],
        [8, { ...DONE, pods: pods(1) }],
        [50, DONE],
        [90, { ...DONE, pods: pods(1) }],
      ],
      [3],
    ],
    [
      "not known where pods had credentials before: the association is older than we thought",
      [
        [1, NEW],
        [6, { ...DONE, pods: pods(1) }],
        [8, DONE],
        [9, { ...DONE, pods: pods(1) }],
      ],
      [],
    ],
    [
      "not known of an association that was there when the operator began",
      [
        [500, { ...DONE, pods: pods(0) }],
        [900, { ...DONE, pods: pods(1) }],
      ],
      [],
    ],
  ];
  for (const [what, steps, expected] of cases) {
    it(what, () => expect(seen(steps).injected).to.deep.equal(expected));
  }
});
