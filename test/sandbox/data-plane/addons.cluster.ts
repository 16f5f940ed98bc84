/** What EKS installs for add-ons, on a genuine control plane: workloads that come, restart and go with their add-on. */
import { expect } from "chai";
import { until } from "../../operator/fixture.ts";
import { type Clients, clientsOf } from "../aws/clients.ts";
import { roleArn } from "../aws/testing.ts";
import { CLUSTER_NAME, joinSandbox, type Sandbox } from "../sandbox.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../shared.ts";
import type { Container, Pod } from "./pod.ts";

const ROLES = ["cni", "ebs", "cloudwatch"];
const CREDENTIALS = [
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

describe("the add-ons of the sandbox", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(10_000);
  let sandbox: Sandbox;
  let clients: Clients;

  before(async () => {
    sandbox = await joinSandbox(await sharedControlPlane(), {
      aws: { settings: { addonLagMs: 300 } },
      dataPlane: { namespaces: ["kube-system", "amazon-cloudwatch"] },
    });
    clients = clientsOf(sandbox.aws);
    for (const name of ROLES) sandbox.aws.putRole({ name });
  });
  after(async () => {
    clients.destroy();
    await sandbox.stop();
  });

  const pods = async (selector: string, namespace = "kube-system"): Promise<readonly Pod[]> => {
    const text = await sandbox.kubectl(
      "get",
      "pods",
      "-n",
      namespace,
      "-l",
      selector,
      "-o",
      "json",
    );
    return (JSON.parse(text) as { items: Pod[] }).items;
  };
  const running = async (selector: string, count: number, namespace?: string) => {
    let seen: readonly Pod[] = [];
    await until(
      `${count} pods ${selector} run`,
      async () => {
        seen = await pods(selector, namespace);
        return seen.length === count && seen.every(({ status }) => status?.phase === "Running");
      },
      () => JSON.stringify(seen.map(({ metadata, status }) => [metadata.name, status?.phase])),
    );
    return seen;
  };
  const create = (addonName: string, identities: Readonly<Record<string, string>> = {}) =>
    clients.eks.createAddon({
      clusterName: CLUSTER_NAME,
      addonName,
      podIdentityAssociations: associations(identities),
    });
  const associations = (identities: Readonly<Record<string, string>>) =>
    Object.entries(identities).map(([serviceAccount, role]) => ({
      serviceAccount,
      roleArn: roleArn(role),
    }));
  const update = async (addonName: string, identities: Readonly<Record<string, string>>) => {
    const podIdentityAssociations = associations(identities);
    await clients.eks.updateAddon({
      clusterName: CLUSTER_NAME,
      addonName,
      podIdentityAssociations,
    });
  };
  const remove = (addonName: string, preserve = false) =>
    clients.eks.deleteAddon({ clusterName: CLUSTER_NAME, addonName, preserve });
  const has = ({ env = [] }: Container) =>
    CREDENTIALS.every((name) => env.some((one) => one.name === name));
  const uids = (found: readonly Pod[]) => found.map(({ metadata }) => metadata.uid);

  it("the agent has a Pod on each node, with the label that guides look for", async () => {
    await create("eks-pod-identity-agent");
    const found = await running("app.kubernetes.io/instance=eks-pod-identity-agent", 2);
    expect(found.map(({ spec }) => spec.nodeName)).to.have.members([
      ...(sandbox.dataPlane?.nodes.names ?? []),
    ]);
    expect(found[0]?.spec.containers[0]?.image).to.match(
      /\/eks\/eks-pod-identity-agent:v1\.3\.10$/,
    );
  });

  it("vpc-cni made with identities has credentials in all its containers, init containers too", async () => {
    await create("vpc-cni", { "aws-node": "cni" });
    for (const { spec } of await running("k8s-app=aws-node", 2)) {
      const containers = [...(spec.initContainers ?? []), ...spec.containers];
      expect(containers.map((one) => `${one.name} ${has(one)}`)).to.deep.equal([
        "aws-vpc-cni-init true",
        "aws-node true",
        "aws-eks-nodeagent true",
      ]);
      expect(spec.serviceAccountName).to.equal("aws-node");
    }
  });

  it("identities that come later restart the Pods, which have them then", async () => {
    await create("aws-ebs-csi-driver");
    const before = await running("app=ebs-csi-controller", 2);
    expect(before.some(({ spec }) => spec.containers.some(has))).to.equal(false);
    await update("aws-ebs-csi-driver", { "ebs-csi-controller-sa": "ebs" });
    await until("new Pods have replaced the old ones", async () => {
      const now = uids(await pods("app=ebs-csi-controller"));
      return now.length === 2 && !now.some((uid) => uids(before).includes(uid));
    });
    const after = await running("app=ebs-csi-controller", 2);
    expect(after.every(({ spec }) => spec.containers.every(has))).to.equal(true);
  });

  it("an add-on with a namespace of its own brings it along", async () => {
    await create("amazon-cloudwatch-observability", { "cloudwatch-agent": "cloudwatch" });
    const found = await running("k8s-app=fluent-bit", 2, "amazon-cloudwatch");
    expect(found.every(({ spec }) => spec.containers.every(has))).to.equal(true);
  });

  it("a deleted add-on takes its workloads and ServiceAccounts along", async () => {
    await remove("vpc-cni");
    await until("its Pods are gone", async () => (await pods("k8s-app=aws-node")).length === 0);
    const left = async () =>
      sandbox.kubectl("get", "ds,sa", "-n", "kube-system", "-o", "name", "--ignore-not-found");
    await until("its objects are gone", async () => !(await left()).includes("/aws-node"));
  });

  it("one that is deleted with preserve stays as it is", async () => {
    const before = uids(await running("app=ebs-csi-controller", 2));
    await remove("aws-ebs-csi-driver", true);
    await until(
      "EKS does not list it",
      () => !sandbox.aws.state().addons.some(({ name }) => name === "aws-ebs-csi-driver"),
    );
    await remove("amazon-cloudwatch-observability");
    // What is removed in a later round shows that the rounds before have let it be.
    await until(
      "another one is removed",
      async () => (await pods("k8s-app=fluent-bit", "amazon-cloudwatch")).length === 0,
    );
    expect(uids(await pods("app=ebs-csi-controller"))).to.have.members(before);
  });
});
