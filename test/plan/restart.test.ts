/** Which workloads are restarted, and what is said of those that are not. */
import { expect } from "chai";
import { budgetInTheWay } from "../../src/plan/disruption.ts";
import type { PodFacts } from "../../src/plan/pod.ts";
import { candidates, effectiveAt } from "../../src/plan/restart.ts";
import { verification } from "../../src/plan/verification.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const timeline = { associatedAt: NOON, effectiveAt: NOON + 20_000, windowMs: 10 * MINUTE };
const DEPLOYMENT = { kind: "Deployment", name: "api" };

function pod(changes: Partial<PodFacts> = {}): PodFacts {
  return {
    injection: "missing",
    detail: "",
    workload: DEPLOYMENT,
    createdAt: NOON - 2_000,
    isReady: false,
    ...changes,
  };
}

const chosen = (pods: readonly PodFacts[], policy: "Initial" | "Never" | "Stale") =>
  candidates(pods, policy, timeline).map(({ kind, name }) => `${kind}/${name}`);

describe("podRestart", () => {
  it("comes late enough for an association made at the very end of the second that status names", () => {
    const settleMs = 20_000;
    const madeAt = NOON + 999;
    expect(effectiveAt(NOON, settleMs)).to.be.at.least(madeAt + settleMs);
  });

  type Policy = "Initial" | "Never" | "Stale";
  const table: [string, readonly PodFacts[], readonly Policy[]][] = [
    ["pods that came two seconds before the association", [pod(), pod()], ["Initial", "Stale"]],
    [
      "pods that came after it, before EKS's webhook knew of it",
      [pod({ createdAt: NOON + 5_000 })],
      ["Initial", "Stale"],
    ],
    ["pods that came long after it", [pod({ createdAt: NOON + 5 * MINUTE })], ["Stale"]],
    ["pods that are an hour old", [pod({ createdAt: NOON - 60 * MINUTE })], ["Stale"]],
    [
      "one new pod beside one of an hour",
      [pod(), pod({ createdAt: NOON - 60 * MINUTE })],
      ["Stale"],
    ],
    ["one that has the credentials", [pod({ injection: "injected" })], []],
    [
      "one that has them beside one that has not",
      [pod({ injection: "injected" }), pod()],
      ["Stale"],
    ],
    ["pods with IRSA", [pod({ injection: "irsa" })], ["Stale"]],
    ["pods with keys of their own", [pod({ injection: "shadowed" })], []],
    ["pods on Fargate", [pod({ injection: "unsupported" })], []],
    ["pods of a Job", [pod({ workload: { kind: "Job", name: "once" } })], []],
    ["bare pods", [pod({ workload: { kind: "Pod", name: "alone" } })], []],
    ["pods of an Argo Rollout", [pod({ workload: { kind: "Rollout", name: "api" } })], []],
    ["no pods", [], []],
  ];
  for (const [what, pods, policies] of table) {
    for (const policy of ["Initial", "Never", "Stale"] as const) {
      const restarts = policies.includes(policy);
      it(`${policy} ${restarts ? "restarts" : "leaves"} ${what}`, () =>
        expect(chosen(pods, policy)).to.deep.equal(restarts ? ["Deployment/api"] : []));
    }
  }

  it("judges each workload by itself", () =>
    expect(
      chosen(
        [pod(), pod({ injection: "irsa", workload: { kind: "StatefulSet", name: "db" } })],
        "Initial",
      ),
    ).to.deep.equal(["Deployment/api"]));
});

describe("a PodDisruptionBudget", () => {
  const budget = (selector: object | undefined, disruptionsAllowed: number) => ({
    metadata: { name: "keep" },
    spec: selector ? { selector } : {},
    status: { disruptionsAllowed },
  });
  const labels = { app: "api", tier: "web" };
  const table: [string, object | undefined, number, string | undefined][] = [
    ["that selects the pods and is spent", { matchLabels: { app: "api" } }, 0, "keep"],
    ["that has one disruption left", { matchLabels: { app: "api" } }, 1, undefined],
    ["for other pods", { matchLabels: { app: "db" } }, 0, undefined],
    ["for all pods", {}, 0, "keep"],
    ["for none", undefined, 0, undefined],
    ["by In", { matchExpressions: [{ key: "tier", operator: "In", values: ["web"] }] }, 0, "keep"],
    [
      "by NotIn",
      { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["web"] }] },
      0,
      undefined,
    ],
    ["by Exists", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, 0, undefined],
    [
      "by DoesNotExist",
      { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] },
      0,
      "keep",
    ],
  ];
  for (const [what, selector, allowed, expected] of table) {
    it(`${what} ${expected ? "is" : "is not"} in the way`, () =>
      expect(budgetInTheWay([budget(selector, allowed)], labels)).to.equal(expected));
  }
});

describe("status of pods", () => {
  const key = { namespace: "team", serviceAccount: "api" };
  const of = (pods: readonly PodFacts[], others?: readonly string[]) =>
    verification({ key, pods, notes: new Map(), otherAccounts: others });
  const said = (pods: readonly PodFacts[], others?: readonly string[]) => {
    const { status, reason } = of(pods, others).condition;
    return `${status} ${reason}`;
  };
  const has = pod({ injection: "injected" });

  it("counts those with the credentials of all that should have them", () =>
    expect(of([has, has, pod(), pod({ injection: "skipped" })]).pods).to.deep.equal({
      total: 4,
      injected: 2,
      stale: 1,
      unsupported: 0,
      skipped: 1,
      summary: "2/3",
    }));

  it("counts those with IRSA among the stale", () =>
    expect(of([has, pod({ injection: "irsa" })]).pods).to.include({ stale: 1, irsa: 1 }));

  it("is verified when all have them", () =>
    expect(said([has, has])).to.equal("True PodsInjected"));

  it("takes no notice of those that asked to be left out", () =>
    expect(said([has, pod({ injection: "skipped" })])).to.equal("True PodsInjected"));

  it("says the exact command for a workload that is not restarted", () => {
    const { condition } = of([pod(), pod()]);
    expect(`${condition.status} ${condition.reason}`).to.equal("False PodsWithoutCredentials");
    expect(condition.message)
      .to.include("Deployment api (2 pods)")
      .and.to.include("kubectl rollout restart deployment/api -n team");
  });

  it("says what the operator does instead, where it does something", () =>
    expect(
      verification({
        key,
        pods: [pod()],
        notes: new Map([["Deployment/api", "it is being restarted"]]),
        otherAccounts: undefined,
      }).condition.message,
    )
      .to.include("it is being restarted")
      .and.not.to.include("kubectl"));

  it("names the variable that comes first", () => {
    const { condition } = of([
      pod({ injection: "shadowed", detail: "AWS_PROFILE of container app" }),
    ]);
    expect(condition.reason).to.equal("CredentialsShadowed");
    expect(condition.message).to.include("AWS_PROFILE of container app");
  });

  it("is unknown without pods", () => expect(said([])).to.equal("Unknown NoPods"));

  it("says that the ServiceAccount is missing, with the nearest names", () => {
    const { condition } = of([], ["api-server", "apis", "default"]);
    expect(condition.reason).to.equal("ServiceAccountNotFound");
    expect(condition.message).to.include("did you mean apis");
  });

  it("names five workloads and counts the others", () => {
    const many = Array.from({ length: 8 }, (_, index) =>
      pod({ workload: { kind: "Job", name: `job-${index}` } }),
    );
    expect(of(many).condition.message).to.include("job-4").and.to.include("3 more workloads");
    expect(of(many).offenders).to.have.length(8);
  });
});
