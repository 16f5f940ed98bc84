/** The operator's rights are neither too few nor too many: what it asks for while it does all it can, by the API server's audit log. */
import { expect } from "chai";
import { stringify } from "yaml";
import { deploymentManifest } from "../operator/deployments.ts";
import {
  type Fixture,
  manifest,
  openGuardrail,
  QUICK,
  startFixture,
  until,
} from "../operator/fixture.ts";
import type { Request, Requests } from "../sandbox/control-plane/audit.ts";
import { type ControlPlane, startControlPlane } from "../sandbox/control-plane/start.ts";
import { startOperator } from "../sandbox/operator.ts";
import { joinSandbox } from "../sandbox/sandbox.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../sandbox/shared.ts";
import { OPERATOR, operatorKubeconfig, shippedRights } from "../sandbox/shipped-rights.ts";
import { PROFILES } from "./aws-documents.ts";
import {
  type Atom,
  answers,
  atomsOfOperator,
  isAbout,
  mutant,
  mutants,
  nameOf,
  resourceOf,
} from "./rights.ts";

const POLICY = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };
const ROLE_ARN = "arn:aws:iam::111122223333:role/given";

describe("the operator's rights", function () {
  this.timeout(FIRST_BUILD_MS);
  let controlPlane: ControlPlane;
  let atoms: readonly Atom[];
  let since: Date;

  before(async () => {
    controlPlane = await sharedControlPlane();
    await operatorKubeconfig(controlPlane);
    atoms = atomsOfOperator(await shippedRights(controlPlane));
    since = new Date();
  });

  const requests = () => controlPlane.requestsOf({ ...OPERATOR, since });
  /** On an older server. */
  let lists: Requests;

  describe("while it does all it can", () => {
    let fixture: Fixture;
    before(async () => {
      fixture = await startFixture({
        env: {
          EFFECTIVE_PROBE: "DryRun",
          PROBE_INTERVAL: "0.1",
          WEBHOOK_SETTLE: "0.3",
          POD_STATUS_DELAY: "0.1",
          ADDON_POLL: "0.5",
          ADDON_SWEEP: "0.5",
          LEADER_ELECTION: "true",
          OPERATOR_NAMESPACE: OPERATOR.namespace,
        },
        dataPlane: [],
        policies: PROFILES.addons,
        aws: { settings: { webhookLagMs: 1_000 } },
      });
    });
    after(async () => {
      await fixture.stop();
      await kubectl("delete", "leases", "--all", "-n", OPERATOR.namespace);
    });

    const kubectl = (...args: readonly string[]) => fixture.sandbox.kubectl(...args);
    const here = (...args: readonly string[]) => kubectl("-n", fixture.namespace, ...args);
    const apply = (...objects: readonly object[]) =>
      fixture.sandbox.apply(objects.map((one) => stringify(one)).join("---\n"));
    const seen = (what: Partial<Request>) =>
      until(`the operator does ${JSON.stringify(what)}`, async () =>
        (await requests()).allowed.some((request) =>
          Object.entries(what).every(([key, value]) => request[key as keyof Request] === value),
        ),
      );

    it("ServiceAccounts are made, given labels, and deleted", async () => {
      const made = { ...POLICY, createServiceAccount: true };
      await fixture.apply("made", { ...made, serviceAccountMetadata: { labels: { a: "b" } } });
      await fixture.untilReady("made", "True Reconciled");
      await here("delete", "pia", "made", "--timeout=90s");
      expect(await here("get", "serviceaccount", "made", "--ignore-not-found")).to.equal("");
    });

    it("workloads of every kind are restarted", async () => {
      const { namespace } = fixture;
      const template = (name: string) => ({
        metadata: { labels: { app: name } },
        spec: {
          serviceAccountName: name,
          tolerations: [{ operator: "Exists" }],
          containers: [{ name: "app", image: "registry.k8s.io/pause:3.10" }],
        },
      });
      const workload = (kind: string, name: string) => ({
        apiVersion: "apps/v1",
        kind,
        metadata: { namespace, name },
        spec: { selector: { matchLabels: { app: name } }, template: template(name) },
      });
      await here("create", "serviceaccount", "ordered");
      await here("create", "serviceaccount", "everywhere");
      await fixture.sandbox.apply(deploymentManifest({ namespace, name: "app", replicas: 1 }));
      await apply(workload("StatefulSet", "ordered"), workload("DaemonSet", "everywhere"));
      const names = ["app", "ordered", "everywhere"];
      await until("all pods are there", async () => {
        const pods = await here("get", "pods", "-o", "jsonpath={.items[*].metadata.labels.app}");
        return names.every((name) => pods.includes(name));
      });
      await apply(...names.map((name) => manifest(namespace, name, POLICY)));
      for (const resource of ["deployments", "statefulsets", "daemonsets"]) {
        await seen({ verb: "patch", resource });
      }
      for (const name of names) await fixture.untilReady(name, "True Reconciled");
    });

    it("annotations and templates become associations, which go with them", async () => {
      const { namespace } = fixture;
      fixture.sandbox.aws.putRole({ name: "given" });
      await apply(openGuardrail(`open-${namespace}`, namespace, { annotations: ["PodIdentity"] }), {
        apiVersion: "podidentity.io/v1alpha1",
        kind: "ClusterPodIdentityAssociation",
        metadata: { name: "template" },
        spec: {
          namespaceSelector: { matchNames: [namespace] },
          serviceAccountName: "b",
          roleArn: ROLE_ARN,
        },
      });
      await here("create", "serviceaccount", "a");
      await here("annotate", "serviceaccount", "a", `podidentity.io/role=${ROLE_ARN}`);
      const accounts = () =>
        fixture.sandbox.aws.state().associations.map(({ serviceAccount }) => serviceAccount);
      const has = (name: string) => () => accounts().includes(name);
      await until("the annotation's is there", has("a"));
      await until("the template's is there", has("b"));
      await here("annotate", "serviceaccount", "a", "podidentity.io/role-");
      await kubectl("delete", "cpia", "template", "--timeout=90s");
      await until("both are gone", () => !has("a")() && !has("b")());
    });

    it("add-ons are made, and deleted", async () => {
      await kubectl("apply", "-f", "config/samples/agent.yaml");
      await seen({ verb: "patch", resource: "eksaddons", subresource: "status" });
      await until("EKS has it", () => fixture.sandbox.aws.state().addons.length > 0);
      await kubectl("delete", "-f", "config/samples/agent.yaml", "--timeout=90s");
    });

    it("guardrails and leadership are written down", async () => {
      await seen({ verb: "patch", resource: "podidentityguardrails", subresource: "status" });
      await seen({ verb: "patch", resource: "leases" });
    });

    it("all is listed page by page, where the API server is of an older kind", async () => {
      const older = await startControlPlane({
        controllerManager: false,
        streamingLists: false,
        report: console.error,
      });
      const sandbox = await joinSandbox(older, {});
      try {
        const KUBECONFIG = await operatorKubeconfig(older);
        const operator = await startOperator({ ...sandbox.environment, ...QUICK, KUBECONFIG });
        await operator.stop();
        lists = await older.requestsOf(OPERATOR);
      } finally {
        await sandbox.stop();
        await older.stop();
      }
      expect(lists.allowed.map(({ verb }) => verb)).to.include("list");
      expect(lists.forbidden).to.deep.equal([]);
    });
  });

  describe("by the API server's audit log", () => {
    let used: Requests;
    before(async () => {
      const { allowed, forbidden } = await requests();
      used = { allowed: [...allowed, ...lists.allowed], forbidden };
      const stdin = mutants(atoms)
        .map((one) => JSON.stringify(one))
        .join("\n");
      const { stderr } = await controlPlane.kubectl(["create", "-f", "-"], { stdin });
      expect(stderr).to.equal("");
      // Roles and ClusterRoles reach the authorizer each in their order, and neither after the other: one question for each.
      const user = mutant(atoms.length - 1);
      const others = atoms.slice(0, -1);
      const questions = [...new Set(atoms.map(({ namespace }) => namespace))].map((namespace) => {
        const request = used.allowed.find((one) =>
          others.some((atom) => atom.namespace === namespace && isAbout(atom, one)),
        );
        if (!request)
          throw new Error(`the operator has asked for nothing of ${namespace ?? "all"}`);
        return { user, request };
      });
      await until("the API server knows of them", async () =>
        (await answers(controlPlane, questions)).every((isAllowed) => isAllowed),
      );
    });
    after(async () => {
      const kinds = "clusterroles,clusterrolebindings,roles,rolebindings";
      await controlPlane.kubectl(["delete", kinds, "-A", "-l", "mutant=yes", "--wait=false"]);
    });

    it("are not too few: nothing was refused", () => {
      expect(used.forbidden).to.deep.equal([]);
    });

    it("are all that it asked by: with these alone every request is allowed", async () => {
      const user = mutant("everything");
      const all = used.allowed.map((request) => ({ user, request }));
      const given = await answers(controlPlane, all);
      const refused = used.allowed.filter((_, index) => !given[index]);
      expect(refused.map((one) => `${one.verb} ${resourceOf(one)}`)).to.deep.equal([]);
    });

    it("are not too many: with any one of them gone, a request that was made is refused", async () => {
      const questions = atoms.flatMap((atom, index) =>
        used.allowed
          .filter((request) => isAbout(atom, request))
          .map((request) => ({ user: mutant(index), request, atom })),
      );
      const given = await answers(controlPlane, questions);
      const needed = new Set(questions.filter((_, n) => !given[n]).map(({ atom }) => atom));
      expect(atoms.filter((atom) => !needed.has(atom)).map(nameOf)).to.deep.equal([]);
      console.log(`      rights: ${atoms.length} single rights, each of them needed`);
    });

    it("are the only thing that a user lacks who is refused: something else it may", async () => {
      const questions = atoms.flatMap((atom, index) => {
        const other = used.allowed.find((request) => !isAbout(atom, request));
        return other ? [{ user: mutant(index), request: other }] : [];
      });
      expect(questions).to.have.length(atoms.length);
      expect(await answers(controlPlane, questions)).to.not.include(false);
    });

    it("include no secret and no wildcard", () => {
      expect(atoms.length).to.be.greaterThan(20);
      const words = atoms.flatMap(({ verb, group, resource }) => [verb, group, resource]);
      expect(words.filter((word) => word.includes("*") || word === "secrets")).to.deep.equal([]);
    });
  });
});
