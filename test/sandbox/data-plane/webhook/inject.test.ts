/** What the webhook adds to a Pod: expected values from AWS's documentation and the genuine webhook's own examples. */
import { expect } from "chai";
import type { Container, Pod, PodSpec } from "../pod.ts";
import { webhookConfiguration } from "./configuration.ts";
import { inject, type PatchOperation, type Surroundings } from "./inject.ts";

const URI = "http://169.254.170.23/v1/credentials";
const FOLDER = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
const ROLE = "arn:aws:iam::111122223333:role/s3-reader";

const AROUND = [
  { name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional" },
  { name: "AWS_DEFAULT_REGION", value: "us-west-2" },
  { name: "AWS_REGION", value: "us-west-2" },
];
const OURS = [
  { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: URI },
  { name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", value: `${FOLDER}/eks-pod-identity-token` },
];
const MOUNT = { name: "eks-pod-identity-token", readOnly: true, mountPath: FOLDER };

const SURROUNDINGS: Surroundings = {
  identities: [{ namespace: "team", serviceAccount: "app" }],
  annotations: {},
  settings: { region: "us-west-2", irsa: true, label: true, regionalSts: true },
  expirationSeconds: 80_000,
};

const pod = (spec: Partial<PodSpec> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod => ({
  metadata: { name: "p", namespace: "team", ...metadata },
  spec: { serviceAccountName: "app", containers: [{ name: "main" }], ...spec },
});

const without = (one: Pod, more: Partial<Surroundings> = {}) =>
  inject(one, { ...SURROUNDINGS, identities: [], ...more });

function valueAt(patch: readonly PatchOperation[] | undefined, path: string): unknown {
  return patch?.find((operation) => operation.path === path)?.value;
}

const containersOf = (patch: readonly PatchOperation[] | undefined, path = "/spec/containers") =>
  (valueAt(patch, path) ?? []) as readonly Container[];

const envOf = (patch: readonly PatchOperation[] | undefined) => containersOf(patch)[0]?.env ?? [];

const expirationOf = (one: Pod, more: Partial<Surroundings> = {}) => {
  const volumes = valueAt(inject(one, { ...SURROUNDINGS, ...more }), "/spec/volumes");
  const [volume] = volumes as NonNullable<PodSpec["volumes"]>;
  return volume?.projected?.sources?.[0]?.serviceAccountToken?.expirationSeconds;
};

describe("what the pod webhook injects", () => {
  it("is the whole patch, in the genuine webhook's order", () => {
    const serviceAccountToken = {
      audience: "pods.eks.amazonaws.com",
      expirationSeconds: 80_000,
      path: "eks-pod-identity-token",
    };
    expect(inject(pod(), SURROUNDINGS)).to.deep.equal([
      {
        op: "add",
        path: "/metadata/labels",
        value: { "eks.amazonaws.com/pod-identity": "enabled" },
      },
      {
        op: "add",
        path: "/spec/volumes",
        value: [
          { name: "eks-pod-identity-token", projected: { sources: [{ serviceAccountToken }] } },
        ],
      },
      {
        op: "add",
        path: "/spec/containers",
        value: [{ name: "main", env: [...AROUND, ...OURS], volumeMounts: [MOUNT] }],
      },
    ]);
  });

  it("comes beside the labels and before the volumes that are there", () => {
    const patch = inject(
      pod({ volumes: [{ name: "data" }] }, { labels: { app: "x" } }),
      SURROUNDINGS,
    );
    expect(valueAt(patch, "/metadata/labels/eks.amazonaws.com~1pod-identity")).to.equal("enabled");
    expect(valueAt(patch, "/spec/volumes/0")).to.have.property("name", "eks-pod-identity-token");
  });

  it("is for init containers, too", () => {
    const patch = inject(pod({ initContainers: [{ name: "first" }] }), SURROUNDINGS);
    expect(containersOf(patch, "/spec/initContainers")).to.deep.equal([
      { name: "first", env: [...AROUND, ...OURS], volumeMounts: [MOUNT] },
    ]);
  });

  it("is not for containers that the Pod lists", () => {
    const annotations = { "eks.amazonaws.com/skip-containers": "sidecar,first" };
    const containers = [{ name: "sidecar" }, { name: "main" }];
    const spec = { containers, initContainers: [{ name: "first" }] };
    const patch = inject(pod(spec, { annotations }), SURROUNDINGS);
    expect(containersOf(patch)[0]).to.deep.equal({ name: "sidecar" });
    expect(containersOf(patch)[1]?.volumeMounts).to.deep.equal([MOUNT]);
    expect(containersOf(patch, "/spec/initContainers")).to.deep.equal([{ name: "first" }]);
  });

  const OWN: readonly [string, readonly string[]][] = [
    ["AWS_REGION", ["AWS_STS_REGIONAL_ENDPOINTS", ...OURS.map(({ name }) => name)]],
    ["AWS_DEFAULT_REGION", ["AWS_STS_REGIONAL_ENDPOINTS", ...OURS.map(({ name }) => name)]],
    [
      "AWS_STS_REGIONAL_ENDPOINTS",
      ["AWS_DEFAULT_REGION", "AWS_REGION", ...OURS.map(({ name }) => name)],
    ],
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", AROUND.map(({ name }) => name)],
    ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AROUND.map(({ name }) => name)],
  ];
  for (const [name, added] of OWN) {
    it(`leaves a Pod's own ${name} as it is`, () => {
      const own = { name, value: "mine" };
      const patch = inject(pod({ containers: [{ name: "main", env: [own] }] }), SURROUNDINGS);
      const [first, ...rest] = envOf(patch);
      expect(first).to.deep.equal(own);
      expect(rest.map((one) => one.name)).to.deep.equal(added);
    });
  }

  it("adds nothing twice when it is asked again", () => {
    const patch = inject(pod(), SURROUNDINGS);
    const volumes = valueAt(patch, "/spec/volumes") as NonNullable<PodSpec["volumes"]>;
    const again = inject(pod({ volumes, containers: containersOf(patch) }), SURROUNDINGS);
    expect(containersOf(again)).to.deep.equal(containersOf(patch));
    expect(again?.map(({ path }) => path)).to.deep.equal(["/metadata/labels", "/spec/containers"]);
  });

  it("is nothing where the Pod has another volume by that name", () => {
    const foreign = [{ name: "eks-pod-identity-token" }];
    expect(inject(pod({ volumes: foreign }), SURROUNDINGS)).to.equal(undefined);
    const serviceAccountToken = { audience: "vault", path: "eks-pod-identity-token" };
    const vault = [
      { name: "eks-pod-identity-token", projected: { sources: [{ serviceAccountToken }] } },
    ];
    expect(inject(pod({ volumes: vault }), SURROUNDINGS)).to.equal(undefined);
  });

  it("has a Windows path for Windows nodes", () => {
    for (const key of ["kubernetes.io/os", "beta.kubernetes.io/os"]) {
      const patch = inject(pod({ nodeSelector: { [key]: "windows" } }), SURROUNDINGS);
      expect(envOf(patch).at(-1)?.value).to.equal(
        "C:\\var\\run\\secrets\\pods.eks.amazonaws.com\\serviceaccount\\eks-pod-identity-token",
      );
    }
  });

  it("has no label from an older webhook", () => {
    const settings = { ...SURROUNDINGS.settings, label: false };
    const patch = inject(pod(), { ...SURROUNDINGS, settings });
    expect(patch?.map(({ path }) => path)).to.deep.equal(["/spec/volumes", "/spec/containers"]);
  });

  it("takes a Pod without a ServiceAccount for one of the namespace's default", () => {
    const identities = [{ namespace: "team", serviceAccount: "default" }];
    const { serviceAccountName: _, ...spec } = pod().spec;
    const patch = inject({ ...pod(), spec }, { ...SURROUNDINGS, identities });
    expect(envOf(patch)).to.deep.equal([...AROUND, ...OURS]);
  });

  it("knows a ServiceAccount in its own namespace only", () => {
    expect(inject(pod({}, { namespace: "other" }), SURROUNDINGS)).to.equal(undefined);
    expect(inject(pod({ serviceAccountName: "other" }), SURROUNDINGS)).to.equal(undefined);
  });

  it("sets AWS_STS_REGIONAL_ENDPOINTS as the ServiceAccount says", () => {
    const key = "eks.amazonaws.com/sts-regional-endpoints";
    const off = inject(pod(), { ...SURROUNDINGS, annotations: { [key]: "false" } });
    expect(envOf(off)[0]?.name).to.equal("AWS_DEFAULT_REGION");
    const settings = { ...SURROUNDINGS.settings, regionalSts: false };
    const on = inject(pod(), { ...SURROUNDINGS, settings, annotations: { [key]: "true" } });
    expect(envOf(on)[0]?.name).to.equal("AWS_STS_REGIONAL_ENDPOINTS");
  });

  const KEY = "eks.amazonaws.com/token-expiration";
  const EXPIRATIONS: readonly [string, Record<string, string>, Record<string, string>, number][] = [
    ["by default", {}, {}, 80_000],
    ["the ServiceAccount's", {}, { [KEY]: "7200" }, 7200],
    ["the Pod's before the ServiceAccount's", { [KEY]: "3600" }, { [KEY]: "7200" }, 3600],
    ["no shorter than ten minutes", { [KEY]: "60" }, {}, 600],
    ["the ServiceAccount's where the Pod's is no number", { [KEY]: "1h" }, { [KEY]: "7200" }, 7200],
  ];
  for (const [name, ofPod, annotations, expected] of EXPIRATIONS) {
    it(`gives tokens a lifetime: ${name}`, () => {
      expect(expirationOf(pod({}, { annotations: ofPod }), { annotations })).to.equal(expected);
    });
  }

  describe("for the role annotation (IRSA)", () => {
    const annotations = { "eks.amazonaws.com/role-arn": ROLE };

    it("is role and token for STS, and no label", () => {
      const patch = without(pod(), { annotations });
      const mountPath = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
      const serviceAccountToken = {
        audience: "sts.amazonaws.com",
        expirationSeconds: 80_000,
        path: "token",
      };
      expect(patch?.map(({ path }) => path)).to.deep.equal(["/spec/volumes", "/spec/containers"]);
      expect(valueAt(patch, "/spec/volumes")).to.deep.equal([
        { name: "aws-iam-token", projected: { sources: [{ serviceAccountToken }] } },
      ]);
      expect(containersOf(patch)[0]).to.deep.equal({
        name: "main",
        env: [
          ...AROUND,
          { name: "AWS_ROLE_ARN", value: ROLE },
          { name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: `${mountPath}/token` },
        ],
        volumeMounts: [{ name: "aws-iam-token", readOnly: true, mountPath }],
      });
    });

    it("is nothing where there is an association, too", () => {
      const patch = inject(pod(), { ...SURROUNDINGS, annotations });
      expect(envOf(patch)).to.deep.equal([...AROUND, ...OURS]);
    });

    it("is nothing where it is switched off, or there is no annotation", () => {
      const settings = { ...SURROUNDINGS.settings, irsa: false };
      expect(without(pod(), { annotations, settings })).to.equal(undefined);
      expect(without(pod())).to.equal(undefined);
    });

    it("has the audience that the ServiceAccount asks for", () => {
      const own = { ...annotations, "eks.amazonaws.com/audience": "mine" };
      expect(
        valueAt(without(pod(), { annotations: own }), "/spec/volumes"),
      ).to.have.nested.property("[0].projected.sources[0].serviceAccountToken.audience", "mine");
    });
  });
});

describe("the pod webhook's configuration", () => {
  const options = { name: "w", port: 23443, ca: "PEM" };

  it("is that of EKS: Pods that are made, failing open, without side effects", () => {
    const configuration = webhookConfiguration(options);
    expect(configuration).to.have.nested.include({
      "webhooks[0].clientConfig.url": "https://127.0.0.1:23443/mutate",
      "webhooks[0].clientConfig.caBundle": "UEVN",
      "webhooks[0].failurePolicy": "Ignore",
      "webhooks[0].sideEffects": "None",
      "webhooks[0].reinvocationPolicy": "IfNeeded",
      "webhooks[0].timeoutSeconds": 10,
      "webhooks[0].rules[0].operations[0]": "CREATE",
      "webhooks[0].objectSelector.matchExpressions[0].key":
        "eks.amazonaws.com/skip-pod-identity-webhook",
    });
    expect(configuration).to.have.nested.property("webhooks[0].namespaceSelector").that.is.empty;
  });

  it("can be for some namespaces only", () => {
    const configuration = webhookConfiguration({ ...options, namespaces: ["a"] });
    expect(configuration)
      .to.have.nested.property("webhooks[0].namespaceSelector.matchExpressions[0]")
      .that.deep.equals({ key: "kubernetes.io/metadata.name", operator: "In", values: ["a"] });
  });
});
