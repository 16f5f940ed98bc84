/** The chart and the kustomizations are one installation said twice, and an API server takes all of it. */
import { globSync } from "node:fs";
import { expect } from "chai";
import { stringify } from "yaml";
import type { ControlPlane } from "../sandbox/control-plane/start.ts";
import { type Helm, helmOn } from "../sandbox/helm.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../sandbox/shared.ts";
import { applyRights, kustomized, type Manifest } from "../sandbox/shipped-rights.ts";
import { inSubstance, manifestsOfFile, nameOf, templated, type Values, valuesOf } from "./chart.ts";

const GUARDRAIL = "PodIdentityGuardrail/default";
const EVERYTHING = { effectiveProbe: "DryRun", "serviceMonitor.enabled": "true" };

/** The Prometheus operator's, as far as it matters here. */
const SERVICE_MONITORS = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "servicemonitors.monitoring.coreos.com" },
  spec: {
    group: "monitoring.coreos.com",
    names: { kind: "ServiceMonitor", plural: "servicemonitors", singular: "servicemonitor" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      },
    ],
  },
};

describe("the chart", function () {
  this.timeout(FIRST_BUILD_MS);
  let controlPlane: ControlPlane;
  let helm: Helm;

  before(async () => {
    controlPlane = await sharedControlPlane();
    helm = await helmOn(controlPlane);
  });

  const names = async (values: Values) => (await templated(helm, values)).map(nameOf);
  const objectOf = async (name: string, values: Values) =>
    (await templated(helm, values)).find((one) => nameOf(one) === name);

  it("makes what config/example makes, object by object and field by field", async () => {
    const byHelm = inSubstance(await templated(helm, { ...EVERYTHING, "image.tag": "0.1.0" }));
    const byKustomize = inSubstance(await kustomized(controlPlane, "config/example"));
    expect(Object.keys(byHelm)).to.deep.equal(Object.keys(byKustomize));
    for (const [name, object] of Object.entries(byKustomize)) {
      expect(byHelm[name], name).to.deep.equal(object);
    }
  });

  it("has as its defaults what config/default has", async () => {
    const byKustomize = (await kustomized(controlPlane, "config/default")).map(nameOf);
    const others = byKustomize.filter((name) => !name.startsWith("Namespace/"));
    expect(await names({})).to.have.members(others);
  });

  const FEATURES: readonly (readonly [values: Values, files: readonly string[]])[] = [
    [{ "verifyPods.enabled": "false" }, ["rbac/verify-pods", "rbac/restart-pods"]],
    [{ "podRestart.enabled": "false" }, ["rbac/restart-pods"]],
    [{ "createServiceAccounts.enabled": "false" }, ["rbac/create-service-accounts"]],
    [{ "networkPolicy.enabled": "false" }, ["operator/network-policy"]],
    [{ "startGate.enabled": "false" }, ["start-gate/start-gate"]],
    [{ defaultGuardrail: "None" }, ["guardrails/default"]],
  ];
  for (const [values, files] of FEATURES) {
    it(`leaves out exactly ${files.join(" and ")} with ${JSON.stringify(values)}`, async () => {
      const all = await names({});
      const without = await names(values);
      const gone = files.flatMap((file) => manifestsOfFile(`config/${file}.yaml`).map(nameOf));
      expect(all.filter((name) => !without.includes(name))).to.have.members(gone);
    });
  }

  const GUARDRAILS: readonly (readonly [string, Values, string])[] = [
    ["Bounded", {}, "default"],
    ["Open", {}, "open"],
    ["AssociationsOnly", { profile: "associations" }, "associations-only"],
  ];
  for (const [name, values, file] of GUARDRAILS) {
    it(`has the guardrail of config/guardrails/${file}.yaml as ${name}`, async () => {
      const made = await objectOf(GUARDRAIL, { ...values, defaultGuardrail: name });
      expect(inSubstance(made ? [made] : [])).to.deep.equal(
        inSubstance(manifestsOfFile(`config/guardrails/${file}.yaml`)),
      );
    });
  }

  it("gives roles the boundary you name, and lets the roles be named that you list", async () => {
    const boundary = "arn:aws:iam::111122223333:policy/mine";
    const bounded = await objectOf(GUARDRAIL, { permissionsBoundaryArn: boundary });
    expect(bounded).to.have.nested.property("spec.managedRoles.permissionsBoundaryArn", boundary);
    const role = "arn:aws:iam::111122223333:role/shared/*";
    const only = await objectOf(GUARDRAIL, {
      defaultGuardrail: "AssociationsOnly",
      "existingRoleArns[0]": role,
    });
    expect(only).to.have.deep.nested.property("spec.existingRoles.allowedArns", [role]);
  });

  it("makes no role with the profile associations", async () => {
    const values = { profile: "associations", defaultGuardrail: "None" };
    const made = JSON.stringify(await objectOf("Deployment/pod-identity-operator", values));
    expect(made).to.include('{"name":"MANAGE_ROLES","value":"false"}');
  });

  it("adds nothing to Kubernetes' own roles with rbac.aggregate=false", async () => {
    const aggregate = async (values: Values) =>
      JSON.stringify(await templated(helm, values)).includes("aggregate-to-");
    expect(await aggregate({})).to.equal(true);
    expect(await aggregate({ "rbac.aggregate": "false" })).to.equal(false);
  });

  it("lives in any namespace, whatever its name looks like", async () => {
    const made = await templated(helm, EVERYTHING, { namespace: "12345" });
    expect(JSON.stringify(made)).to.not.include("pod-identity-system");
    const namespaces = made.map(({ metadata }) => metadata.namespace).filter((one) => one);
    expect(new Set(namespaces)).to.deep.equal(new Set(["12345"]));
  });

  it("keeps the definitions whatever becomes of the release, Argo CD's too", async () => {
    const crds = (await templated(helm, {})).filter(({ kind }) => /Definition$/.test(kind));
    expect(crds.length).to.equal(globSync("crds/podidentity.io_*.yaml").length);
    for (const { metadata } of crds) {
      expect(metadata).to.have.property("annotations").that.includes({
        "helm.sh/resource-policy": "keep",
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
      });
    }
  });

  const WRONG: readonly (readonly [string, Values, string])[] = [
    ["no image", { "image.repository": "" }, "set image.repository to where your image is"],
    ["no cluster", { clusterName: "" }, "set clusterName to the name of the EKS cluster"],
    ["no region", { region: "" }, "set region to the region of the EKS cluster"],
    ["a misspelt value", { replica: "3" }, "not allowed"],
    [
      "a variable twice",
      { "settings.LOG_LEVEL": "debug" },
      "settings.LOG_LEVEL: the chart sets it",
    ],
    ["an unknown profile", { profile: "all" }, "'associations', 'roles', 'addons'"],
    ["a guardrail of roles without roles", { profile: "associations" }, "AssociationsOnly or None"],
  ];
  for (const [what, values, sentence] of WRONG) {
    it(`refuses ${what}, and says what to do`, async () => {
      const said = await templated(helm, values).then(
        () => "",
        ({ message }: Error) => message,
      );
      expect(said).to.include(sentence);
    });
  }

  it("is clean to helm lint, with everything and with its defaults", async () => {
    for (const values of [[], valuesOf(EVERYTHING), valuesOf({ defaultGuardrail: "Open" })]) {
      const { stdout, code } = await helm("lint", "chart", ...values);
      expect(stdout).to.include("1 chart(s) linted, 0 chart(s) failed");
      expect(stdout).to.not.match(/WARNING|ERROR/);
      expect(code).to.equal(0);
    }
  });

  describe("and the kustomizations, to a genuine API server", () => {
    before(async () => {
      const kubectl = async (...args: readonly string[]) => {
        const { stderr, code } = await controlPlane.kubectl(args);
        if (code !== 0) throw new Error(stderr);
      };
      await kubectl("apply", "--server-side", "-k", "crds");
      await controlPlane.kubectl(["apply", "-f", "-"], { stdin: stringify(SERVICE_MONITORS) });
      await kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=90s");
      await applyRights(controlPlane);
    });
    after(() => controlPlane.kubectl(["delete", "crd", SERVICE_MONITORS.metadata.name]));

    /** Neither refused nor warned of. */
    const expectTaken = async (stdin: string, ...args: readonly string[]) => {
      const { stderr, code } = await controlPlane.kubectl(
        ["apply", "--server-side", "--dry-run=server", "--validate=strict", ...args],
        { stdin },
      );
      expect(stderr).to.equal("");
      expect(code).to.equal(0);
    };
    const asText = (manifests: readonly Manifest[]) =>
      manifests.map((one) => JSON.stringify(one)).join("\n");

    it("are all valid, config/example", async () => {
      await expectTaken(asText(await kustomized(controlPlane, "config/example")), "-f", "-");
    });

    it("are all valid, the chart with everything", async () => {
      const made = asText(await templated(helm, EVERYTHING));
      // Definitions and rights are there by kubectl's own hand already.
      await expectTaken(made, "--force-conflicts", "-f", "-");
    });

    it("are all valid, each file of config/ by itself", async () => {
      const files = globSync("config/{rbac,guardrails,start-gate,probe,operator,samples}/*.yaml");
      const manifests = files
        .filter((file) => !file.endsWith("kustomization.yaml"))
        .flatMap(manifestsOfFile)
        // Whose ServiceAccount comes with an association.
        .filter(({ kind }) => kind !== "Pod");
      expect(manifests.length).to.be.greaterThan(30);
      for (const one of manifests) await expectTaken(asText([one]), "--force-conflicts", "-f", "-");
    });

    it("make pods that the strictest pod security standard admits", async () => {
      const made = await templated(helm, {});
      const deployment = made.find(({ kind }) => kind === "Deployment") as Manifest & {
        readonly spec: { readonly template: object };
      };
      const { name, namespace } = deployment.metadata;
      const pod = { apiVersion: "v1", kind: "Pod", ...deployment.spec.template };
      const stdin = JSON.stringify({ ...pod, metadata: { name, namespace } });
      await expectTaken(stdin, "-f", "-");
      const { stderr } = await controlPlane.kubectl(["create", "--dry-run=server", "-f", "-"], {
        stdin: stdin.replace('"runAsNonRoot":true,', ""),
      });
      expect(stderr).to.include("violates PodSecurity");
    });
  });
});
