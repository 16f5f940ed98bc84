/** What scheduler and kubelet of the sandbox decide; what they do is tested on a genuine control plane. */
import { expect } from "chai";
import type { Pod, PodSpec, PodStatus } from "../pod.ts";
import { nodeFor, nodePlaces } from "./placement.ts";
import { reportOf } from "./pod-status.ts";

const NOW = "2026-11-23T00:00:00Z";

const pod = (spec: Partial<PodSpec> = {}, status: PodStatus = {}): Pod => ({
  metadata: { name: "p", namespace: "team" },
  spec: { containers: [{ name: "main", image: "app" }], ...spec },
  status,
});

describe("the scheduler of the sandbox", () => {
  const places = nodePlaces("us-west-2");
  const [first, second] = places.map(({ name }) => name);

  it("has two nodes, named as EC2 names them", () => {
    expect([first, second]).to.deep.equal([
      "ip-10-0-1-11.us-west-2.compute.internal",
      "ip-10-0-2-22.us-west-2.compute.internal",
    ]);
  });

  it("takes them in turn", () => {
    expect([0, 1, 2].map((turn) => nodeFor(pod(), places, turn))).to.deep.equal([
      first,
      second,
      first,
    ]);
  });

  it("puts a DaemonSet's Pod where its affinity says", () => {
    const matchFields = [{ key: "metadata.name", operator: "In", values: ["elsewhere"] }];
    const required = { nodeSelectorTerms: [{ matchFields }] };
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: required };
    expect(nodeFor(pod({ affinity: { nodeAffinity } }), places, 0)).to.equal("elsewhere");
  });

  it("puts a Pod that asks for a zone there", () => {
    const nodeSelector = { "topology.kubernetes.io/zone": "us-west-2b" };
    expect(nodeFor(pod({ nodeSelector }), places, 0)).to.equal(second);
  });

  const WAITING: readonly [string, Partial<PodSpec>][] = [
    ["has one", { nodeName: "x" }],
    ["is held back by a gate", { schedulingGates: [{ name: "g" }] }],
    ["is for Fargate", { schedulerName: "fargate-scheduler" }],
    ["needs Windows", { nodeSelector: { "kubernetes.io/os": "windows" } }],
  ];
  for (const [name, spec] of WAITING) {
    it(`gives no node to a Pod that ${name}`, () => {
      expect(nodeFor(pod(spec), places, 0)).to.equal(undefined);
    });
  }
});

describe("the kubelet of the sandbox", () => {
  const TRUE = { status: "True", lastTransitionTime: NOW };

  it("reports a bound Pod as running and ready, and leaves others' conditions", () => {
    const scheduled = { type: "PodScheduled", status: "True" };
    expect(reportOf(pod({}, { conditions: [scheduled] }), "Ready", NOW)).to.deep.equal({
      phase: "Running",
      startTime: NOW,
      conditions: [
        scheduled,
        { type: "Initialized", ...TRUE },
        { type: "Ready", ...TRUE },
        { type: "ContainersReady", ...TRUE },
      ],
      containerStatuses: [
        {
          name: "main",
          image: "app",
          imageID: "",
          restartCount: 0,
          started: true,
          ready: true,
          state: { running: { startedAt: NOW } },
        },
      ],
      initContainerStatuses: [],
    });
  });

  it("reports init containers as done, and sidecars as running", () => {
    const initContainers = [{ name: "first" }, { name: "sidecar", restartPolicy: "Always" }];
    const report = reportOf(pod({ initContainers }), "Ready", NOW);
    expect(report).to.have.nested.include({
      "initContainerStatuses[0].state.terminated.exitCode": 0,
      "initContainerStatuses[1].state.running.startedAt": NOW,
    });
  });

  it("reports one that is to be unready as running all the same", () => {
    expect(reportOf(pod(), "NotReady", NOW)).to.have.nested.include({
      phase: "Running",
      "conditions[1].status": "False",
      "conditions[1].reason": "ContainersNotReady",
      "containerStatuses[0].ready": false,
    });
  });

  it("reports one that is done with exit code 0, with the time it started", () => {
    const started = "2026-11-22T00:00:00Z";
    const running = pod({}, { phase: "Running", startTime: started });
    expect(reportOf(running, "Succeeded", NOW)).to.have.nested.include({
      phase: "Succeeded",
      startTime: started,
      "containerStatuses[0].state.terminated.exitCode": 0,
      "containerStatuses[0].state.terminated.startedAt": started,
      "containerStatuses[0].state.terminated.finishedAt": NOW,
    });
  });

  it("says nothing twice, and nothing more of what has ended", () => {
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    expect(reportOf(pod({}, status), "Ready", NOW)).to.equal(undefined);
    expect(reportOf(pod({}, status), "NotReady", NOW)).to.have.property("phase", "Running");
    expect(reportOf(pod({}, { phase: "Succeeded" }), "Ready", NOW)).to.equal(undefined);
  });
});
