/** The CRD on a genuine API server: every rule with objects that pass and objects that do not. */
import { globSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { sharedControlPlane } from "../sandbox/shared.ts";
import type { Example } from "./objects.ts";
import { refused } from "./refused.ts";
import { taken } from "./taken.ts";

type Kubectl = Awaited<ReturnType<typeof sharedControlPlane>>["kubectl"];

const NAMESPACE = "api-rules";
const CRDS = globSync("crds/podidentity.io_*.yaml");
const CLUSTER_SCOPED = ["EKSAddon", "PodIdentityGuardrail"];

const manifest = (name: string, spec: unknown, kind = "PodIdentityAssociation"): string =>
  JSON.stringify({
    apiVersion: "podidentity.io/v1alpha1",
    kind,
    metadata: CLUSTER_SCOPED.includes(kind) ? { name } : { name, namespace: NAMESPACE },
    spec,
  });

/** "created", or what kubectl says instead, by name. One kubectl for all: starting it is what takes time. */
async function offer(kubectl: Kubectl, named: readonly (Example & { name: string })[]) {
  const stdin = named.map(({ name, spec, kind }) => manifest(name, spec, kind)).join("\n");
  const { stdout, stderr } = await kubectl(["create", "--dry-run=server", "-f", "-"], { stdin });
  const answers = new Map<string, string>();
  for (const [, name = ""] of stdout.matchAll(/podidentity\.io\/(\S+) created/g)) {
    answers.set(name, "created");
  }
  for (const part of stderr.split(/^Error from server .*?\w+\.podidentity\.io (?=")/m)) {
    answers.set(/^"([^"]+)"/.exec(part)?.[1] ?? "", part);
  }
  return answers;
}

const named = <T extends Example>(examples: readonly T[], prefix: string) =>
  examples.map((example, index) => ({ ...example, name: example.name ?? `${prefix}${index}` }));

/** All messages of rules, wherever in the schema they stand. */
function messagesIn(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  const { "x-kubernetes-validations": rules = [], ...rest } = node as Record<string, unknown>;
  const own = (rules as { message: string }[]).map(({ message }) => message);
  return [...own, ...Object.values(rest).flatMap(messagesIn)];
}

describe("PodIdentityAssociation on an API server", () => {
  let kubectl: Kubectl;
  const run = async (args: string[], stdin?: string) => {
    const { stdout, stderr, code } = await kubectl(args, stdin === undefined ? {} : { stdin });
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const inNamespace = (...args: string[]) => run([...args, "-n", NAMESPACE]);

  before(async function () {
    this.timeout(20 * 60_000);
    ({ kubectl } = await sharedControlPlane());
    await run(["apply", "--server-side", "-k", "crds"]);
    await run(["wait", "--for=condition=Established", "crd", "--all", "--timeout=90s"]);
    await run(["create", "namespace", NAMESPACE]);
  });

  after(async function () {
    this.timeout(240_000);
    await inNamespace("delete", "pia", "--all");
    await run(["delete", "namespace", NAMESPACE, "--wait=false"]);
  });

  describe("at admission", () => {
    const good = named(taken, "good-");
    const bad = named(refused, "bad-");
    let answers: Map<string, string>;

    before(async function () {
      this.timeout(240_000);
      answers = await offer(kubectl, [...good, ...bad]);
    });

    for (const { what, name } of good) {
      it(`takes ${what}`, () => expect(answers.get(name)).to.equal("created"));
    }

    for (const { what, name, says } of bad) {
      it(`refuses ${what}`, () => expect(answers.get(name)).to.include(says));
    }

    it("has an object here that breaks each rule of the CRD", () => {
      const said = [...answers.values()].join("\n");
      const rules = CRDS.flatMap((path) => messagesIn(parse(readFileSync(path, "utf8"))));
      const unheard = rules.filter(
        (message) => !said.includes(message) && !/^(namespace )?cannot be changed/.test(message),
      );
      expect(unheard).to.deep.equal([]);
    });

    it("refuses a field that it does not know, by name", async () => {
      const spec = { serviceAccountName: "app", role: {}, clusterName: "demo" };
      const { stderr } = await kubectl(["create", "--dry-run=server", "-f", "-"], {
        stdin: manifest("unknown-field", spec),
      });
      expect(stderr).to.include('unknown field "spec.clusterName"');
    });
  });

  describe("in the cluster", function () {
    this.timeout(120_000);

    before(async () => {
      await run(["apply", "-f", "-"], manifest("fresh", { serviceAccountName: "app", role: {} }));
    });

    it("is Ready Unknown with reason Pending before any operator saw it", async () => {
      const [head = "", row = ""] = (await inNamespace("get", "pia")).split("\n");
      expect(head.split(/\s+/)).to.include.members(
        ["NAME", "SERVICEACCOUNT", "ROLE", "READY", "REASON", "AGE"], // in this order, too
      );
      expect(row).to.match(/^fresh\s+app\s+Unknown\s+Pending\s+\d+s/);
    });

    it("shows association, cluster and role ARN with -o wide", async () => {
      const [head = ""] = (await inNamespace("get", "podidentity", "-o", "wide")).split("\n");
      expect(head).to.match(/AGE\s+ASSOCIATION\s+CLUSTER\s+ROLE ARN/);
    });

    it("gets the defaults that its documentation promises", async () => {
      const { spec, status } = JSON.parse(await inNamespace("get", "pia", "fresh", "-o", "json"));
      expect(spec).to.include({ deletionPolicy: "Delete", suspend: false });
      expect(status.conditions[0]).to.include({ lastTransitionTime: "1970-01-01T00:00:00Z" });
    });

    it("explains its fields", async () => {
      expect(await run(["explain", "pia.spec.role.trustScope"])).to.include("Whom the role trusts");
    });

    it("lets everything but the ServiceAccount be changed", async () => {
      const spec = { serviceAccountName: "app", roleArn: "arn:aws:iam::111122223333:role/r" };
      await run(["replace", "-f", "-"], manifest("fresh", spec));
      const other = manifest("fresh", { ...spec, serviceAccountName: "other" });
      const { stderr } = await kubectl(["replace", "-f", "-"], { stdin: other });
      expect(stderr)
        .to.include("spec.serviceAccountName")
        .and.include("EKS cannot move an association");
    });

    it("lets neither name nor namespace of an add-on be changed", async () => {
      const addon = (spec: object) => manifest("cni", spec, "EKSAddon");
      await run(["apply", "-f", "-"], addon({ addonName: "vpc-cni", namespace: "networking" }));
      const changes: [object, string][] = [
        [{ addonName: "coredns", namespace: "networking" }, "spec.addonName"],
        [{ addonName: "vpc-cni", namespace: "other" }, "EKS takes it only when it installs"],
        [{ addonName: "vpc-cni" }, "EKS takes it only when it installs"],
      ];
      for (const [spec, says] of changes) {
        const { stderr } = await kubectl(["replace", "-f", "-"], { stdin: addon(spec) });
        expect(stderr).to.include(says);
      }
      const [head = "", row = ""] = (await run(["get", "eksaddons"])).split("\n");
      expect(head).to.match(/NAME\s+ADDON\s+VERSION\s+STATUS\s+READY\s+IDENTITIES\s+AGE/);
      expect(row).to.match(/^cni\s+vpc-cni\s+Unknown\s+\d+s/);
      await run(["delete", "eksaddon", "cni"]);
    });

    it("keeps a pasted IAM document as it is, though its Version is not quoted", async () => {
      const pasted = `
apiVersion: podidentity.io/v1alpha1
kind: PodIdentityAssociation
metadata: {name: pasted, namespace: ${NAMESPACE}}
spec:
  serviceAccountName: pasted
  role:
    inlinePolicies:
      - name: p
        document:
          Version: 2012-10-17
          Statement:
            - Effect: Allow
              Action: s3:*
              Resource: "*"
              Condition: {Bool: {"aws:SecureTransport": "true"}, StringLike: {"s3:prefix": ["", "home/\${aws:username}/*"]}}
`;
      await run(["apply", "-f", "-"], pasted);
      const { spec } = JSON.parse(await inNamespace("get", "pia", "pasted", "-o", "json"));
      expect(spec.role.inlinePolicies[0].document).to.deep.equal({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: "s3:*",
            Resource: "*",
            Condition: {
              Bool: { "aws:SecureTransport": "true" },
              StringLike: { "s3:prefix": ["", "home/${aws:username}/*"] },
            },
          },
        ],
      });
    });

    it("lets the finalizer of any object be removed, its documents notwithstanding", async () => {
      const finalizers = (list: string) =>
        inNamespace(
          "patch",
          "pia",
          "pasted",
          "--type=merge",
          "-p",
          `{"metadata":{"finalizers":${list}}}`,
        );
      await finalizers('["podidentity.io/aws"]');
      await finalizers("[]");
      expect(
        await inNamespace("get", "pia", "pasted", "-o", "jsonpath={.metadata.finalizers}"),
      ).to.equal("");
    });

    it("takes the samples", async () => {
      const objects = globSync("config/samples/*.yaml")
        .flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")))
        .filter((one) => String(one.get("apiVersion")).startsWith("podidentity.io/"));
      const manifests = objects.map(String).join("---\n");
      const names = await run(
        ["create", "--dry-run=server", "-n", NAMESPACE, "-f", "-"],
        manifests,
      );
      expect(objects.length).to.be.greaterThan(5);
      expect(names.trim().split("\n")).to.have.length(objects.length);
    });
  });
});
