/** The control plane is genuine: what real clusters do to workloads, owners, namespaces, roles and users happens here. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { stringify } from "yaml";
import { FIRST_BUILD_MS, sharedControlPlane } from "../shared.ts";
import type { KubectlOptions } from "./kubectl.ts";
import { type ControlPlane, startControlPlane } from "./start.ts";

/** What kubectl prints. @throws Error with what it says, if it fails */
async function kubectlOn(
  controlPlane: ControlPlane,
  args: string,
  options?: KubectlOptions,
): Promise<string> {
  const { stdout, stderr, code } = await controlPlane.kubectl(args.split(" "), options);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Command lines of running processes that mention `text`, as ps sees them. */
async function processesWith(text: string): Promise<string[]> {
  const ps = spawn("ps", ["-eo", "args"], { stdio: ["ignore", "pipe", "ignore"] });
  const found: string[] = [];
  for await (const line of createInterface(ps.stdout)) if (line.includes(text)) found.push(line);
  return found;
}

describe("the control plane", function () {
  this.timeout(240_000);
  let controlPlane: ControlPlane;
  const kubectl = (args: string, options?: KubectlOptions) =>
    kubectlOn(controlPlane, args, options);
  const create = (object: object) => kubectl("create -f -", { stdin: stringify(object) });

  before(async function () {
    this.timeout(FIRST_BUILD_MS);
    controlPlane = await sharedControlPlane();
    await kubectl("create namespace genuine");
  });

  after(() => kubectl("delete namespace genuine --wait=false"));

  it("turns a Deployment into a ReplicaSet and Pods, with the namespace's default ServiceAccount", async () => {
    await kubectl("-n genuine create deployment web --image=example.com/web --replicas=2");
    await kubectl("-n genuine wait deploy/web --for=jsonpath={.status.unavailableReplicas}=2");
    const pods = JSON.parse(await kubectl("-n genuine get pods -l app=web -o json")).items;
    expect(pods).to.have.length(2);
    for (const pod of pods) {
      expect(pod.metadata.ownerReferences[0].kind).to.equal("ReplicaSet");
      expect(pod.spec.serviceAccountName).to.equal("default");
      expect(pod.status.phase).to.equal("Pending");
    }
  });

  it("collects what belongs to an owner that is gone, and nothing else", async () => {
    const metadata = { namespace: "genuine", name: "owner" };
    await create({ apiVersion: "v1", kind: "ConfigMap", metadata });
    const uid = await kubectl("-n genuine get configmap owner -o jsonpath={.metadata.uid}");
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid }];
    const owned = { namespace: "genuine", name: "owned", ownerReferences };
    await create({ apiVersion: "v1", kind: "ConfigMap", metadata: owned });
    const free = { namespace: "genuine", name: "free" };
    await create({ apiVersion: "v1", kind: "ConfigMap", metadata: free });
    await kubectl("-n genuine delete configmap owner");
    await kubectl("-n genuine wait configmap/owned --for=delete --timeout=90s");
    expect(await kubectl("-n genuine get configmap free -o name")).to.equal("configmap/free\n");
  });

  it("empties a namespace that is deleted and lets it go", async () => {
    await kubectl("create namespace leaving");
    await kubectl("-n leaving create configmap content");
    await kubectl("delete namespace leaving --timeout=90s");
    const again = await controlPlane.kubectl(["get", "namespace", "leaving"]);
    expect(again.stderr).to.contain("NotFound");
  });

  it("gives the role `edit` its rules, and those of roles that are to be added to it", async () => {
    const labels = { "rbac.authorization.k8s.io/aggregate-to-edit": "true" };
    const rules = [{ apiGroups: ["example.com"], resources: ["widgets"], verbs: ["create"] }];
    const metadata = { name: "edit-widgets", labels };
    await create({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata,
      rules,
    });
    await kubectl("-n genuine create serviceaccount editor");
    await kubectl(
      "-n genuine create rolebinding editor --clusterrole=edit --serviceaccount=genuine:editor",
    );
    const kubeconfig = await controlPlane.kubeconfigForServiceAccount("genuine", "editor");
    const may = async (what: string) =>
      (
        await controlPlane.kubectl(["-n", "genuine", "auth", "can-i", ...what.split(" ")], {
          kubeconfig,
        })
      ).stdout;
    expect(await may("create configmaps")).to.equal("yes\n");
    expect(await may("create clusterroles")).to.equal("no\n");
    const verb = '{.rules[?(@.apiGroups[0]=="example.com")].verbs[0]}';
    await kubectl(`wait clusterrole/edit --for=jsonpath=${verb}=create`);
    await kubectl("delete clusterrole edit-widgets");
  });

  it("refuses a user without rights, and knows users, groups and ServiceAccounts by their credentials", async () => {
    const jane = await controlPlane.kubeconfigFor({ name: "jane", groups: ["payments"] });
    const refused = await controlPlane.kubectl(["get", "pods"], { kubeconfig: jane });
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.contain('User "jane" cannot list resource "pods"');
    await kubectl("-n genuine create rolebinding viewers --clusterrole=view --group=payments");
    await kubectl("-n genuine get pods", { kubeconfig: jane });
    const robot = await controlPlane.kubeconfigForServiceAccount("genuine", "default");
    const { stdout } = await controlPlane.kubectl(["auth", "whoami", "-o", "json"], {
      kubeconfig: robot,
    });
    expect(JSON.parse(stdout).status.userInfo.username).to.equal(
      "system:serviceaccount:genuine:default",
    );
  });

  it("publishes its token issuer, which looks like one of EKS", async () => {
    const document = JSON.parse(await kubectl("get --raw /.well-known/openid-configuration"));
    expect(document.issuer).to.equal(controlPlane.issuer);
    expect(document.issuer).to.match(
      /^https:\/\/oidc\.eks\.us-west-2\.amazonaws\.com\/id\/[0-9A-F]{32}$/,
    );
    const keys = JSON.parse(await kubectl("get --raw /openid/v1/jwks")).keys;
    expect(keys[0]).to.include({ kty: "RSA", alg: "RS256" });
  });
});

describe("a second control plane", function () {
  this.timeout(240_000);
  let first: ControlPlane;
  let second: ControlPlane;

  before(async function () {
    this.timeout(FIRST_BUILD_MS);
    first = await sharedControlPlane();
    const report = (line: string) => console.error(line);
    const issuer = "https://issuer.example.com";
    second = await startControlPlane({ controllerManager: false, report, issuer });
  });

  after(() => second.stop());

  it("runs beside the first and shares nothing with it", async () => {
    await kubectlOn(second, "create namespace only-here");
    const elsewhere = await first.kubectl(["get", "namespace", "only-here"]);
    expect(elsewhere.stderr).to.contain("NotFound");
    const document = await kubectlOn(second, "get --raw /.well-known/openid-configuration");
    expect(JSON.parse(document).issuer).to.equal("https://issuer.example.com");
  });

  it("keeps its data and its address when its API server is killed and started again", async () => {
    await kubectlOn(second, "-n default create configmap kept");
    await second.apiServer.kill();
    expect((await second.kubectl(["get", "namespaces"])).stderr).to.contain("refused");
    await second.apiServer.start();
    expect(await kubectlOn(second, "-n default get configmap kept -o name")).to.equal(
      "configmap/kept\n",
    );
  });

  it("leaves no process and no folder when it is stopped", async () => {
    const address = second.url.replace(/.*:/, "--secure-port=");
    expect(await processesWith(address)).to.have.length(1);
    await second.stop();
    expect(await processesWith(address)).to.deep.equal([]);
    expect(await processesWith(second.directory)).to.deep.equal([]);
    expect(existsSync(second.directory)).to.equal(false);
  });
});

describe("a control plane whose owner ends without stopping it", function () {
  this.timeout(240_000);

  before(async function () {
    this.timeout(FIRST_BUILD_MS);
    await sharedControlPlane();
  });

  /** A process that starts one and then waits, or throws; prints its folder and port. */
  const owner = (ending: string): ChildProcess => {
    const start = JSON.stringify(new URL("start.ts", import.meta.url).href);
    const script = `
      const { startControlPlane } = await import(${start});
      const { directory, url } = await startControlPlane({ controllerManager: false, report() {} });
      console.log(directory + " " + url);
      ${ending}`;
    const args = ["--input-type=module", "--eval", script];
    return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  };

  const endings: readonly [string, string, (pid: number) => void][] = [
    ["Ctrl-C", "", (pid) => process.kill(pid, "SIGINT")],
    ["kill -9", "", (pid) => process.kill(pid, "SIGKILL")],
    ["an uncaught error", "throw new Error('uncaught');", () => undefined],
  ];
  for (const [name, script, end] of endings) {
    it(`goes with it, after ${name}`, async () => {
      const child = owner(script);
      const gone = once(child, "exit");
      const lines = createInterface(child.stdout ?? process.stdin);
      const [line] = (await once(lines, "line")) as [string];
      const [directory = "", url = ""] = line.split(" ");
      end(child.pid ?? 0);
      await gone;
      for (let turn = 0; turn < 500 && existsSync(directory); turn++) await delay(20);
      expect(existsSync(directory)).to.equal(false);
      const port = url.replace(/.*:/, "--secure-port=");
      expect(await processesWith(port)).to.deep.equal([]);
    });
  }
});
