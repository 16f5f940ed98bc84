/** What EKS applies for add-ons: for each of the catalogue, and for what an add-on's record says. */
import { expect } from "chai";
import type { KubeObject } from "../../../../src/kube/object.ts";
import type { InstalledAddon } from "../../aws/controls/addons.ts";
import { addonCatalogue } from "../../aws/eks/addons/catalogue.ts";
import type { PodSpec } from "../pod.ts";
import { addonObjects } from "./objects.ts";

const PLACE = { clusterName: "demo", region: "us-west-2" };

interface Workload extends KubeObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: object; readonly annotations: object };
      readonly spec: PodSpec;
    };
  };
}

describe("the objects of an add-on", () => {
  const addon = (more: Partial<InstalledAddon>): InstalledAddon => ({
    name: "vpc-cni",
    version: "v1.19.0-eksbuild.1",
    namespace: "kube-system",
    serviceAccountRoleArn: "",
    ...more,
  });
  const objects = (more: Partial<InstalledAddon> = {}) => addonObjects(addon(more), PLACE);
  const workloads = (more: Partial<InstalledAddon> = {}) =>
    objects(more).filter((one): one is Workload => one.kind !== "ServiceAccount");

  for (const { name, defaultNamespace: namespace, versions } of addonCatalogue("aws")) {
    it(`${name} runs something, with every ServiceAccount that can have an identity`, () => {
      const used = workloads({ name, namespace }).map(
        ({ spec }) => spec.template.spec.serviceAccountName,
      );
      expect(used).to.not.have.length(0);
      const identities = versions.flatMap(({ podIdentity }) => podIdentity);
      expect(used).to.include.members(identities.map(({ serviceAccount }) => serviceAccount));
    });
  }

  it("are in the add-on's namespace, and select their own Pods", () => {
    for (const { metadata, spec } of workloads({ namespace: "cni" })) {
      expect(metadata.namespace).to.equal("cni");
      expect(spec.template.metadata.labels).to.deep.equal(spec.selector.matchLabels);
    }
  });

  it("have images of the add-on's version in the region's registry", () => {
    const [daemonSet] = workloads({ version: "v1.20.4-eksbuild.1" });
    expect(daemonSet?.spec.template.spec.containers[0]?.image).to.equal(
      "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.4",
    );
  });

  it("carry an IRSA role on their ServiceAccounts, and no annotation without one", () => {
    const role = "arn:aws:iam::111122223333:role/irsa";
    const annotations = (more: Partial<InstalledAddon>) =>
      objects(more).find(({ kind }) => kind === "ServiceAccount")?.metadata.annotations;
    expect(annotations({ serviceAccountRoleArn: role })).to.deep.equal({
      "eks.amazonaws.com/role-arn": role,
    });
    expect(annotations({})).to.equal(undefined);
  });

  it("have another Pod template after the add-on's identities have changed, and only then", () => {
    const template = (more: Partial<InstalledAddon>) => workloads(more)[0]?.spec.template;
    expect(template({ identitiesChangedAt: 0 })?.metadata.annotations).to.deep.equal({
      "kubectl.kubernetes.io/restartedAt": "1970-01-01T00:00:00.000Z",
    });
    expect(template({})).to.deep.equal(template({}));
    expect(template({ identitiesChangedAt: 0 })).to.not.deep.equal(template({}));
  });

  it("are none for an add-on that brings nothing here", () => {
    expect(objects({ name: "aws-guardduty-agent" })).to.deep.equal([]);
  });
});
