/** What an admitted pod says about its credentials; the values are those of EKS's webhook and user guide. */
import { expect } from "chai";
import { type Pod, podFacts } from "../../src/plan/pod.ts";

const URI = {
  name: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  value: "http://169.254.170.23/v1/credentials",
};
const TOKEN_FILE = {
  name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  value: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
};
const WEB_IDENTITY = [
  { name: "AWS_ROLE_ARN", value: "arn:aws:iam::111122223333:role/irsa" },
  {
    name: "AWS_WEB_IDENTITY_TOKEN_FILE",
    value: "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
  },
];
const tokenVolume = (name: string, audience: string) => ({
  name,
  projected: { sources: [{ serviceAccountToken: { audience } }] },
});
const POD_IDENTITY_VOLUME = tokenVolume("eks-pod-identity-token", "pods.eks.amazonaws.com");
const IRSA_VOLUME = tokenVolume("aws-iam-token", "sts.amazonaws.com");

type Changes = {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumes?: NonNullable<Pod["spec"]>["volumes"];
  readonly spec?: Pod["spec"];
  readonly metadata?: Partial<Pod["metadata"]>;
  readonly status?: Pod["status"];
};

function pod({ env = [], volumes = [], spec = {}, metadata = {}, status = {} }: Changes): Pod {
  return {
    metadata: { name: "api-1", creationTimestamp: "2026-11-22T10:00:00Z", ...metadata },
    spec: { containers: [{ name: "app", env }], volumes, ...spec },
    status,
  };
}

const injected = { env: [URI, TOKEN_FILE], volumes: [POD_IDENTITY_VOLUME] };

describe("a pod", () => {
  const table: [string, Changes, string][] = [
    ["that the webhook has given the credentials", injected, "injected"],
    [
      "of an IPv6 cluster",
      { ...injected, env: [{ ...URI, value: "http://[fd00:ec2::23]/v1/credentials" }] },
      "injected",
    ],
    [
      "with its own label but nothing else",
      { metadata: { labels: { "eks.amazonaws.com/pod-identity": "enabled" } } },
      "missing",
    ],
    ["without any AWS environment", {}, "missing"],
    ["with the variable but no token to show", { env: [URI, TOKEN_FILE] }, "missing"],
    ["with the token but no variable", { volumes: [POD_IDENTITY_VOLUME] }, "missing"],
    ["that raced and got IRSA", { env: WEB_IDENTITY, volumes: [IRSA_VOLUME] }, "irsa"],
    [
      "whose webhook skips it by label",
      { metadata: { labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "true" } } },
      "skipped",
    ],
    [
      "all of whose containers are skipped",
      { metadata: { annotations: { "eks.amazonaws.com/skip-containers": "proxy, app" } } },
      "skipped",
    ],
    [
      "one of whose containers is skipped",
      { ...injected, metadata: { annotations: { "eks.amazonaws.com/skip-containers": "proxy" } } },
      "injected",
    ],
    [
      "on Fargate",
      { metadata: { labels: { "eks.amazonaws.com/fargate-profile": "default" } } },
      "unsupported Fargate",
    ],
    [
      "that Fargate's scheduler is to place",
      { spec: { schedulerName: "fargate-scheduler" } },
      "unsupported Fargate",
    ],
    [
      "with Windows",
      { spec: { nodeSelector: { "kubernetes.io/os": "windows" } } },
      "unsupported Windows",
    ],
    ["with Windows by its OS field", { spec: { os: { name: "windows" } } }, "unsupported Windows"],
    [
      "with an access key of its own",
      { ...injected, env: [{ name: "AWS_ACCESS_KEY_ID" }, ...injected.env] },
      "shadowed AWS_ACCESS_KEY_ID of container app",
    ],
    [
      "that brings IRSA's variables beside those of the webhook",
      { ...injected, env: [...WEB_IDENTITY, ...injected.env] },
      "shadowed AWS_WEB_IDENTITY_TOKEN_FILE of container app",
    ],
    [
      "that sets the webhook's variable to something else",
      { env: [{ ...URI, value: "http://localhost:9911/creds" }], volumes: [POD_IDENTITY_VOLUME] },
      "shadowed AWS_CONTAINER_CREDENTIALS_FULL_URI of container app",
    ],
  ];
  for (const [what, changes, expected] of table) {
    it(`${what} is ${expected}`, () => {
      const { injection, detail } = podFacts(pod(changes)) ?? { injection: "none", detail: "" };
      expect(`${injection} ${detail}`.trim()).to.equal(expected);
    });
  }

  for (const phase of ["Succeeded", "Failed"]) {
    it(`that has ${phase.toLowerCase()} does not count`, () =>
      expect(podFacts(pod({ status: { phase } }))).to.equal(undefined));
  }

  it("that is terminating does not count", () =>
    expect(podFacts(pod({ metadata: { deletionTimestamp: "2026-11-22T10:00:01Z" } }))).to.equal(
      undefined,
    ));
});

describe("what made a pod", () => {
  const owned = (kind: string, name: string, labels = {}) =>
    podFacts(pod({ metadata: { labels, ownerReferences: [{ kind, name, controller: true }] } }))
      ?.workload;

  it("is the Deployment of its ReplicaSet", () =>
    expect(owned("ReplicaSet", "api-7d9f5", { "pod-template-hash": "7d9f5" })).to.deep.equal({
      kind: "Deployment",
      name: "api",
    }));

  it("is the Argo Rollout of its ReplicaSet", () =>
    expect(
      owned("ReplicaSet", "api-7d9f5", { "rollouts-pod-template-hash": "7d9f5" }),
    ).to.deep.equal({ kind: "Rollout", name: "api" }));

  it("is a ReplicaSet that stands alone", () =>
    expect(owned("ReplicaSet", "api")).to.deep.equal({ kind: "ReplicaSet", name: "api" }));

  it("is its Job, StatefulSet or DaemonSet", () =>
    expect(owned("DaemonSet", "logs")).to.deep.equal({ kind: "DaemonSet", name: "logs" }));

  it("is the pod itself where nobody did", () =>
    expect(podFacts(pod({}))?.workload).to.deep.equal({ kind: "Pod", name: "api-1" }));
});
