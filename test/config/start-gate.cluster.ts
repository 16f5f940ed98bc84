/** The start gate on the genuine API server: pods with its label are admitted with credentials, or not at all. */
import { expect } from "chai";
import { stringify } from "yaml";
import { until } from "../operator/fixture.ts";
import type { ControlPlane } from "../sandbox/control-plane/start.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../sandbox/shared.ts";

const FILE = "config/start-gate/start-gate.yaml";
const NAMESPACE = "start-gate";
const INJECTED = {
  env: [
    {
      name: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      value: "http://169.254.170.23/v1/credentials",
    },
  ],
  volumes: [
    {
      name: "eks-pod-identity-token",
      projected: {
        sources: [{ serviceAccountToken: { audience: "pods.eks.amazonaws.com", path: "token" } }],
      },
    },
  ],
};

interface PodLike {
  readonly env?: readonly object[];
  readonly volumes?: readonly object[];
}

describe("the start gate", function () {
  this.timeout(FIRST_BUILD_MS);
  let controlPlane: ControlPlane;

  const kubectl = async (...args: readonly string[]) => {
    const { stdout, stderr, code } = await controlPlane.kubectl(args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const create = (object: object) =>
    controlPlane.kubectl(["create", "-f", "-"], { stdin: stringify(object) });
  const podSpec = ({ env = [], volumes = [] }: PodLike) => ({
    containers: [{ name: "app", image: "registry.k8s.io/pause:3.10", env }],
    volumes,
  });
  const pod = (
    name: string,
    gate: string | undefined,
    like: PodLike = {},
    namespace = NAMESPACE,
  ) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: gate === undefined ? {} : { "podidentity.io/start-gate": gate },
    },
    spec: podSpec(like),
  });

  before(async () => {
    controlPlane = await sharedControlPlane();
    await kubectl("create", "namespace", NAMESPACE);
    await until("the namespace has its ServiceAccount", async () =>
      (await kubectl("get", "serviceaccounts", "-n", NAMESPACE, "-o", "name")).includes("default"),
    );
    await kubectl("apply", "-f", FILE);
    await until("it is enforced", async () => {
      const { stderr } = await controlPlane.kubectl(["create", "--dry-run=server", "-f", "-"], {
        stdin: stringify(pod("tried", "enforce")),
      });
      return stderr.includes("waiting for AWS credentials");
    });
  });
  after(async () => {
    await kubectl("delete", "-f", FILE);
    await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
  });

  it("refuses a pod that has no credentials, and says where to look and how to do without", async () => {
    const { stderr, code } = await create(pod("early", "enforce"));
    expect(code).to.not.equal(0);
    expect(stderr)
      .to.include("ServiceAccount default")
      .and.to.include("kubectl get pia -n start-gate")
      .and.to.include("kubectl label namespace start-gate podidentity.io/start-gate=skip");
  });

  it("admits one that has them", async () =>
    expect((await create(pod("ready", "enforce", INJECTED))).stderr).to.equal(""));

  for (const half of ["env", "volumes"] as const) {
    it(`refuses one that has only their ${half}`, async () => {
      const { stderr } = await create(pod(`half-${half}`, "enforce", { [half]: INJECTED[half] }));
      expect(stderr).to.include("waiting for AWS credentials");
    });
  }

  it("does not look at pods without its label, or with skip", async () => {
    expect((await create(pod("free", undefined))).stderr).to.equal("");
    expect((await create(pod("skipped", "skip"))).stderr).to.equal("");
  });

  it("keeps a Deployment's ReplicaSet trying, and tells why in its condition", async () => {
    await create({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "gated", namespace: NAMESPACE },
      spec: {
        selector: { matchLabels: { app: "gated" } },
        template: {
          metadata: { labels: { app: "gated", "podidentity.io/start-gate": "enforce" } },
          spec: podSpec({}),
        },
      },
    });
    await until("the ReplicaSet says so", async () =>
      (
        await kubectl(
          "get",
          "replicasets",
          "-n",
          NAMESPACE,
          "-l",
          "app=gated",
          "-o",
          "jsonpath={.items[*].status.conditions}",
        )
      ).includes("waiting for AWS credentials"),
    );
    expect(await kubectl("get", "pods", "-n", NAMESPACE, "-l", "app=gated", "-o", "name")).to.equal(
      "",
    );
  });

  it("lets everything through in a namespace with the break-glass label", async () => {
    await kubectl("label", "namespace", NAMESPACE, "podidentity.io/start-gate=skip");
    await until("the pod is made", async () => {
      const { code } = await create(pod("emergency", "enforce"));
      return code === 0;
    });
    await kubectl("label", "namespace", NAMESPACE, "podidentity.io/start-gate-");
  });

  it("never holds up kube-system", async () => {
    const { stderr } = await controlPlane.kubectl(["create", "--dry-run=server", "-f", "-"], {
      stdin: stringify(pod("system", "enforce", {}, "kube-system")),
    });
    expect(stderr).to.equal("");
  });

  it("lets an admitted pod be changed and deleted", async () => {
    await kubectl("label", "pod", "ready", "-n", NAMESPACE, "app=x");
    await kubectl("delete", "pod", "ready", "-n", NAMESPACE, "--now");
  });
});
