/** What is counted over all objects for metrics. */
import { expect } from "chai";
import {
  type Counted,
  conditionCounts,
  longestNotReady,
  podCounts,
} from "../../src/plan/census.ts";

const NOON = "2026-03-01T12:00:00Z";
const atTen = "2026-03-01T10:00:00Z";
const now = Date.parse(NOON);
const HOUR = 3_600_000;

const condition = (type: string, status: string, reason: string, lastTransitionTime = atTen) => ({
  type,
  status,
  reason,
  lastTransitionTime,
});
const object = (...conditions: ReturnType<typeof condition>[]): Counted => ({
  metadata: { creationTimestamp: "2026-03-01T09:00:00Z" },
  status: { conditions },
});

describe("objects are counted", () => {
  it("by condition, status and reason", () => {
    const frozen = object(
      condition("Ready", "True", "Reconciled"),
      condition("Authorized", "False", "Frozen"),
    );
    const all = [frozen, frozen, object(condition("Ready", "False", "NoGuardrail")), object()];
    expect(conditionCounts(all)).to.have.deep.members([
      { condition: "Ready", status: "True", reason: "Reconciled", count: 2 },
      { condition: "Authorized", status: "False", reason: "Frozen", count: 2 },
      { condition: "Ready", status: "False", reason: "NoGuardrail", count: 1 },
    ]);
  });

  it("under one name for all words that are not ours, so that series cannot be made up", () => {
    const forged = ["a", "b", "c"].map((word) => object(condition("Ready", "False", word)));
    expect(conditionCounts([...forged, object(condition("Made-up", "True", "Reconciled"))]))
      .to //
      .deep.equal([{ condition: "Ready", status: "False", reason: "Other", count: 3 }]);
  });
});

describe("the longest that an object is not Ready", () => {
  const cases: [string, Counted[], Record<string, number>][] = [
    ["is nothing if all are", [object(condition("Ready", "True", "Reconciled"))], {}],
    [
      "is that of the one that has waited longest, for each reason",
      [
        object(condition("Ready", "False", "NoGuardrail", "2026-03-01T11:00:00Z")),
        object(condition("Ready", "False", "NoGuardrail", atTen)),
        object(condition("Ready", "False", "Throttled", "2026-03-01T11:59:30Z")),
      ],
      { NoGuardrail: 2 * HOUR, Throttled: 30_000 },
    ],
    [
      "begins with the object where nobody has looked at it yet: its default says 1970",
      [object(condition("Ready", "Unknown", "Pending", "1970-01-01T00:00:00Z"))],
      { Pending: 3 * HOUR },
    ],
    [
      "leaves out those whose changes are only planned",
      [object(condition("Ready", "Unknown", "Planned"))],
      {},
    ],
    [
      "leaves out those that are suspended",
      [
        object(
          condition("Ready", "False", "NoGuardrail"),
          condition("Suspended", "True", "Suspended"),
        ),
      ],
      {},
    ],
    [
      "is never negative, even if the API server's clock is ahead",
      [object(condition("Ready", "False", "Throttled", "2026-03-01T12:00:05Z"))],
      { Throttled: 0 },
    ],
  ];
  for (const [what, objects, expected] of cases) {
    it(what, () => {
      expect(Object.fromEntries(longestNotReady(objects, now))).to.deep.equal(expected);
    });
  }
});

describe("pods are counted", () => {
  it("by what they have, each once: those with IRSA are no longer among those with nothing", () => {
    const pods = { total: 9, injected: 3, stale: 3, irsa: 2, unsupported: 1, shadowed: 1 };
    const all = [
      { status: { pods: { ...pods, skipped: 1, summary: "3/8" } } },
      { status: { pods: { total: 2, injected: 0, stale: 2, unsupported: 0, summary: "0/2" } } },
      { status: {} },
      {},
    ];
    expect(podCounts(all)).to.deep.equal({
      injected: 3,
      missing: 3,
      irsa: 2,
      shadowed: 1,
      unsupported: 1,
      skipped: 1,
    });
  });
});
