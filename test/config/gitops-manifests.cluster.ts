/** What GitOps tools do with our manifests: nothing of them ever differs from what they applied; kustomize renames in them. */
import { globSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { parse, parseAllDocuments, stringify } from "yaml";
import { type Fixture, QUICK, startFixture, until } from "../operator/fixture.ts";
import { startOperator } from "../sandbox/operator.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../sandbox/shared.ts";
import { applyRights } from "../sandbox/shipped-rights.ts";

const ANNOTATED = "config/samples/annotation.yaml";
const POLICIES = ["config/start-gate/start-gate.yaml", "config/probe/probe.yaml"];
/** What is applied together, by namespace: the annotation is about the same ServiceAccount as other samples. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  manifests: [
    ...globSync(["crds/podidentity.io_*.yaml", "config/samples/*.yaml"]),
    "config/guardrails/default.yaml",
    "config/argocd/sync-waves.yaml",
    ...POLICIES,
  ].filter((file) => file !== ANNOTATED),
  annotated: [ANNOTATED],
};
const sources = (group: string) => (GROUPS[group] ?? []).flatMap((file) => ["-f", file]);
const clientSide = (group: string) => `${group}-client-side`;
const ENV = {
  ...QUICK,
  WEBHOOK_SETTLE: "0.5",
  POD_STATUS_DELAY: "0.1",
  RESTARTS_PER_MINUTE: "600",
};
const OWN_KINDS = "pia,cpia,eksaddons,podidentityguardrails";
/** Some forty objects, and four Deployments' restarts. */
const PATIENCE_MS = 240_000;
/** As Argo CD with ServerSideApply=true. */
const ARGO = ["--server-side", "--field-manager=argocd-controller"];

interface Applied {
  readonly kind: string;
  readonly spec?: object;
  readonly status?: { readonly observedGeneration?: number };
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly generation?: number;
    readonly managedFields?: readonly { readonly manager: string }[];
  };
}

describe("a manifest that has not changed", function () {
  this.timeout(FIRST_BUILD_MS);
  let it_: Fixture;

  const kubectl = async (...args: readonly string[]) => it_.sandbox.kubectl(...args);
  const diff = (...args: readonly string[]) => it_.sandbox.controlPlane.kubectl(["diff", ...args]);
  const items = (text: string) => (JSON.parse(text) as { items: readonly Applied[] }).items;
  /** Credentials are there, and Deployments that came before them have been restarted. */
  const untilSettled = (namespace: string) => {
    let last = "";
    const ready = '-o=jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}';
    const templates = "-o=jsonpath={.items[*].spec.template.metadata}";
    return until(
      `all of ${namespace} is Ready and restarted`,
      async () => {
        const associations = await kubectl("get", "pia", "-n", namespace, ready);
        const deployments = await kubectl("get", "deployments", "-n", namespace, templates);
        last = `${associations} ${deployments}`;
        const isRestarted = deployments
          .split(" ")
          .every((template) => template === "" || template.includes("restartedAt"));
        return /^True( True)*$/.test(associations) && isRestarted;
      },
      () => last,
      PATIENCE_MS,
    );
  };
  /** The operator and the controllers have seen the last of everything, and have written what they had to. */
  const untilQuiet = async () => {
    const written = async () =>
      items(await kubectl("get", `${OWN_KINDS},deployments,replicasets`, "-A", "-o", "json"));
    const unseen = async () =>
      (await written())
        .filter(({ metadata, status }) => status?.observedGeneration !== metadata.generation)
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    let last: readonly string[] = [];
    const isSeen = async () => {
      last = await unseen();
      return last.length === 0;
    };
    await until("all has been seen", isSeen, () => last.join(), PATIENCE_MS);
    // From now on nobody counts what guardrails allow: a status that changed in the middle of a diff would be one.
    await it_.operator.stop();
    let before = "";
    await until("nobody writes any more", async () => {
      const now = (await written()).map(({ metadata }) => metadata["resourceVersion"]).join();
      const isQuiet = now === before;
      before = now;
      await delay(1_000);
      return isQuiet;
    });
  };
  const start = () => startOperator({ ...it_.sandbox.environment, ...ENV });

  before(async () => {
    it_ = await startFixture({ guardrails: [], env: ENV });
    it_.sandbox.aws.putRole({ name: "s3-reader-role" });
    it_.sandbox.aws.putRole({ name: "s3-reader", path: "/shared/" });
    for (const group of Object.keys(GROUPS)) {
      for (const namespace of [group, clientSide(group)]) {
        await kubectl("create", "namespace", namespace);
      }
      await kubectl("label", "namespace", group, "logs=shipped");
      await kubectl("apply", ...ARGO, "-n", group, ...sources(group));
      await kubectl("apply", "-n", clientSide(group), ...sources(group));
    }
    for (const group of Object.keys(GROUPS)) {
      await untilSettled(group);
      await untilSettled(clientSide(group));
    }
    await untilQuiet();
  });
  after(async () => {
    it_.operator = await start();
    await kubectl("delete", "cpia,eksaddons", "--all", "--timeout=180s");
    const policies = POLICIES.flatMap((file) => ["-f", file]);
    await kubectl("delete", ...policies, "--ignore-not-found");
    await applyRights(it_.sandbox.controlPlane);
    const namespaces = Object.keys(GROUPS).flatMap((group) => [group, clientSide(group)]);
    await kubectl("delete", "namespaces", ...namespaces, "--timeout=180s");
    await it_.stop();
  });

  const parts = (objects: readonly Applied[]) =>
    objects.map(({ status: _, metadata: { managedFields, ...metadata }, ...wanted }) => {
      const managers = managedFields?.filter(({ manager }) => manager === "argocd-controller");
      return { ...wanted, metadata: { ...metadata, resourceVersion: "", managers } };
    });

  for (const group of Object.keys(GROUPS)) {
    it(`is what there is, applied again as Argo CD does, whatever operator and defaults have added (${group})`, async () => {
      const json = ["-n", group, ...sources(group), "-o", "json", "--show-managed-fields"];
      const live = items(await kubectl("get", ...json));
      const again = items(await kubectl("apply", ...ARGO, "--dry-run=server", ...json));
      expect(parts(again)).to.deep.equal(parts(live));
    });

    it(`shows no difference to server-side apply (${group})`, async () => {
      const { stdout, stderr, code } = await diff(...ARGO, "-n", group, ...sources(group));
      expect([stdout, stderr, code]).to.deep.equal(["", "", 0]);
    });

    it(`shows no difference to client-side apply (${group})`, async () => {
      const { stdout, stderr, code } = await diff("-n", clientSide(group), ...sources(group));
      expect([stdout, stderr, code]).to.deep.equal(["", "", 0]);
    });
  }

  it("is of every kind, with the operator's finalizer, defaults and a restart beside what Argo CD owns", async () => {
    const json = [
      "-n",
      "manifests",
      ...sources("manifests"),
      "-o",
      "json",
      "--show-managed-fields",
    ];
    const live = items(await kubectl("get", ...json));
    const owned = live.filter(({ metadata }) =>
      metadata.managedFields?.some(({ manager }) => manager === "argocd-controller"),
    );
    const crds = await kubectl("get", "crds", "-o", "jsonpath={.items[*].spec.names.kind}");
    expect(owned.map(({ kind }) => kind)).to.include.members([...crds.split(" "), "Deployment"]);
    const associations = owned.filter(({ kind }) => kind === "PodIdentityAssociation");
    for (const { metadata, spec } of associations) {
      expect(metadata["finalizers"]).to.deep.equal(["podidentity.io/aws"]);
      expect(spec).to.include({ podRestart: "Initial", deletionPolicy: "Delete" });
    }
  });

  it("would show a difference, if somebody had taken away what it says", async () => {
    const object = ["s3-reader", "-n", "manifests"];
    const none = '{"spec":{"role":{"managedPolicies":["AmazonSQSFullAccess"]}}}';
    await kubectl("patch", "pia", ...object, "--type=merge", "-p", none);
    const file = ["-n", "manifests", "-f", "config/samples/s3-reader.yaml"];
    const { stdout, code } = await diff(...ARGO, "--force-conflicts", ...file);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^\+.*AmazonS3ReadOnlyAccess$/m);
  });
});

describe("Argo CD's health scripts", function () {
  this.timeout(FIRST_BUILD_MS);

  it("are added to whatever else Argo CD is told", async () => {
    const controlPlane = await sharedControlPlane();
    const file = "config/argocd/argocd-cm.yaml";
    const kubectl = async (...args: readonly string[]) => {
      const { stdout, stderr, code } = await controlPlane.kubectl(args);
      expect([stderr, code]).to.deep.equal(["", 0]);
      return stdout;
    };
    const url = "https://argocd.example.com";
    await kubectl("create", "namespace", "argocd");
    const theirs = ["argocd-cm", "-n", "argocd", `--from-literal=url=${url}`];
    await kubectl("create", "configmap", ...theirs);
    await kubectl("apply", "--server-side", "--field-manager", "podidentity", "-f", file);
    const found = await kubectl("get", "configmap", "argocd-cm", "-n", "argocd", "-o", "json");
    const { data } = parse(readFileSync(file, "utf8")) as { data: object };
    expect(JSON.parse(found).data).to.deep.equal({ url, ...data });
    await kubectl("delete", "namespace", "argocd", "--wait=false");
  });
});

describe("kustomize, told of our references", function () {
  this.timeout(FIRST_BUILD_MS);
  let it_: Fixture;
  let folder: string;

  before(async () => {
    it_ = await startFixture();
    folder = await mkdtemp(join(tmpdir(), "kustomize-"));
    const files = ["samples/least-privilege.yaml", "samples/s3-reader.yaml"];
    for (const file of [...files, "kustomize/name-reference.yaml"]) {
      await cp(join("config", file), join(folder, file.split("/")[1] ?? ""));
    }
    const everywhere = {
      apiVersion: "podidentity.io/v1alpha1",
      kind: "ClusterPodIdentityAssociation",
      metadata: { name: "everywhere" },
      spec: { serviceAccountName: "least-privilege", role: {} },
    };
    await writeFile(join(folder, "everywhere.yaml"), stringify(everywhere));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await it_.stop();
  });

  const build = async (configurations: readonly string[]) => {
    const kustomization = {
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      namePrefix: "blue-",
      resources: ["least-privilege.yaml", "s3-reader.yaml", "everywhere.yaml"],
      configurations,
    };
    await writeFile(join(folder, "kustomization.yaml"), stringify(kustomization));
    return parseAllDocuments(await it_.sandbox.kubectl("kustomize", folder)).map((one) => {
      const { kind, metadata, spec } = one.toJS();
      const account = spec?.serviceAccountName ?? spec?.template?.spec?.serviceAccountName;
      return `${kind} ${metadata.name}: ${account}`;
    });
  };

  it("gives the ServiceAccount's new name to whatever names it, and leaves one that is not in the build", async () => {
    expect(await build(["name-reference.yaml"])).to.have.members([
      "ServiceAccount blue-least-privilege: undefined",
      "Deployment blue-least-privilege: blue-least-privilege",
      "PodIdentityAssociation blue-least-privilege: blue-least-privilege",
      "ClusterPodIdentityAssociation blue-everywhere: blue-least-privilege",
      "PodIdentityAssociation blue-s3-reader: s3-reader",
    ]);
  });

  it("would leave our objects with a ServiceAccount that is no more, if it were not told", async () => {
    expect(await build([])).to.include(
      "PodIdentityAssociation blue-least-privilege: least-privilege",
    );
  });
});
