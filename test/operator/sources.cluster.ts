/** Other ways to say the same: annotations of ServiceAccounts, one template for many namespaces, and who comes first. */
import { expect } from "chai";
import { stringify } from "yaml";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import {
  type Fixture,
  guardrail,
  OPEN_ROLES,
  openGuardrail,
  startFixture,
  sweeps,
  until,
} from "./fixture.ts";

const ROLE_ANNOTATION = "pod-identity.eks.amazonaws.com/role";
const IRSA_ANNOTATION = "eks.amazonaws.com/role-arn";
const arn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

let fixture: Fixture;

const apply = (object: object) => fixture.sandbox.apply(stringify(object));
const kubectl = (...args: readonly string[]) => fixture.sandbox.kubectl(...args);
const account = (name: string, annotations: object = {}, namespace = fixture.namespace) =>
  apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, annotations } });
const eventsOf = (name: string, namespace = fixture.namespace) =>
  kubectl("events", "-n", namespace, "--for", `serviceaccount/${name}`);
const associationOf = (serviceAccount: string) =>
  fixture.sandbox.aws.state().associations.find((one) => one.serviceAccount === serviceAccount);
const until_ = (name: string, role: string) =>
  until(
    `ServiceAccount ${name} has role ${role}`,
    () => associationOf(name)?.roleArn === arn(role),
  );
const objects = async (namespace = fixture.namespace) =>
  (await kubectl("get", "pia", "-n", namespace, "-o", "name")).split("\n").filter(Boolean);

describe("an annotation of a ServiceAccount", function () {
  this.timeout(FIRST_BUILD_MS);

  before(async () => {
    fixture = await startFixture({ guardrails: [], env: { POD_STATUS_DELAY: "0.1" } });
    const { namespace, sandbox } = fixture;
    for (const name of ["one", "two", "three"]) sandbox.aws.putRole({ name });
    await apply(openGuardrail("annotated", namespace, { annotations: ["PodIdentity"] }));
    await kubectl("create", "namespace", "unannotated");
    await apply(openGuardrail("unannotated", "unannotated"));
  });
  after(async () => {
    await kubectl("delete", "namespace", "unannotated", "--wait=false");
    await fixture.stop();
  });

  it("makes an association, by an object that the ServiceAccount owns", async () => {
    await account("app", { [ROLE_ANNOTATION]: arn("one") });
    await until_("app", "one");
    const child = await fixture.get("sa-app");
    expect(
      child?.metadata.ownerReferences?.map(({ kind, name }) => `${kind}/${name}`),
    ).to.deep.equal(["ServiceAccount/app"]);
    expect(child?.metadata.labels).to.equal(undefined);
    await fixture.untilReady("sa-app", "True Reconciled");
  });

  it("takes placeholders, and our own name for it", async () => {
    await account("own", {
      "podidentity.io/role": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/two",
    });
    await until_("own", "two");
  });

  it("is done once: looking again writes nothing", async () => {
    await sweeps(fixture);
    const version = async () => (await fixture.get("sa-app"))?.metadata.resourceVersion;
    const before = await version();
    fixture.sandbox.aws.resetCalls();
    await kubectl("label", "serviceaccount", "app", "looked=again", "-n", fixture.namespace);
    await sweeps(fixture);
    expect(await version()).to.equal(before);
    expect(fixture.effects()).to.deep.equal({});
  });

  it("changes the association in place when it changes", async () => {
    const before = associationOf("app")?.associationId;
    await account("app", { [ROLE_ANNOTATION]: arn("two") });
    await until_("app", "two");
    expect(associationOf("app")?.associationId).to.equal(before);
  });

  it("has the object put right when somebody edits that", async () => {
    for (const edit of [{ roleArn: arn("three") }, { suspend: true }, { tags: { a: "b" } }]) {
      const patch = JSON.stringify({ spec: edit });
      await kubectl("patch", "pia", "sa-app", "-n", fixture.namespace, "--type=merge", "-p", patch);
      await until("it is put right", async () => {
        const { roleArn, suspend, tags } = (await fixture.get("sa-app"))?.spec ?? {};
        return roleArn === arn("two") && !suspend && tags === undefined;
      });
    }
  });

  it("wins over IRSA's, which no guardrail here allows anyhow", async () => {
    await account("both", { [ROLE_ANNOTATION]: arn("one"), [IRSA_ANNOTATION]: arn("two") });
    await until_("both", "one");
  });

  it("of IRSA alone is EKS's business: no object, no Event", async () => {
    await account("irsa", { [IRSA_ANNOTATION]: arn("two") });
    await sweeps(fixture);
    expect(await fixture.get("sa-irsa")).to.equal(undefined);
    expect(await eventsOf("irsa")).to.not.include("AnnotationIgnored");
  });

  it("of IRSA makes an association where a guardrail says so; the other one still wins, with an Event", async () => {
    await apply(
      openGuardrail("annotated", fixture.namespace, { annotations: ["PodIdentity", "IRSA"] }),
    );
    await until_("irsa", "two");
    expect(associationOf("both")?.roleArn).to.equal(arn("one"));
    await until("an Event says so", async () => (await eventsOf("both")).includes(IRSA_ANNOTATION));
  });

  it("that was allowed and is no more leaves its association frozen, not gone", async () => {
    await apply(openGuardrail("annotated", fixture.namespace, { annotations: ["PodIdentity"] }));
    await until(
      "it is frozen",
      async () =>
        (await fixture.get("sa-irsa"))?.status?.conditions?.some(
          ({ reason }) => reason === "Frozen",
        ) === true,
    );
    expect(associationOf("irsa")?.roleArn).to.equal(arn("two"));
  });

  for (const [what, value, why] of [
    ["is the ARN of a user", "arn:aws:iam::111122223333:user/bob", "is not the ARN of an IAM role"],
    ["is no ARN at all", "s3-reader", "is not the ARN of an IAM role"],
    ["is in another account", "arn:aws:iam::444455556666:role/x", "is in account 444455556666"],
  ] as const) {
    it(`that ${what} is an Event and nothing else`, async () => {
      const name = `bad-${why.length}-${value.length}`;
      fixture.sandbox.aws.resetCalls();
      await account(name, { [ROLE_ANNOTATION]: value });
      await until("an Event says so", async () =>
        (await eventsOf(name)).includes("AnnotationIgnored"),
      );
      expect(await eventsOf(name)).to.include(why);
      expect(await fixture.get(`sa-${name}`)).to.equal(undefined);
      expect(fixture.effects()).to.deep.equal({});
    });
  }

  it("that no guardrail allows is an Event and nothing else", async () => {
    await account("app", { [ROLE_ANNOTATION]: arn("one") }, "unannotated");
    await until("an Event says so", async () =>
      (await eventsOf("app", "unannotated")).includes("AnnotationIgnored"),
    );
    expect(await eventsOf("app", "unannotated")).to.include("AnnotationNotAllowed");
    expect(await objects("unannotated")).to.deep.equal([]);
  });

  it("in kube-system is an Event and nothing else, even where a guardrail allows it by name", async () => {
    await apply(openGuardrail("system", "kube-system", { annotations: ["PodIdentity", "IRSA"] }));
    await account("sneaky", { [ROLE_ANNOTATION]: arn("one") }, "kube-system");
    await until("an Event says so", async () =>
      (await eventsOf("sneaky", "kube-system")).includes("AnnotationIgnored"),
    );
    await sweeps(fixture);
    expect(await objects("kube-system")).to.deep.equal([]);
    await kubectl("delete", "serviceaccount", "sneaky", "-n", "kube-system");
  });

  it("does not touch an object of its name that somebody wrote", async () => {
    await fixture.apply("sa-taken", { serviceAccountName: "other", roleArn: arn("three") });
    await account("taken", { [ROLE_ANNOTATION]: arn("one") });
    await until("an Event says so", async () =>
      (await eventsOf("taken")).includes("exists and was not made for it"),
    );
    expect((await fixture.get("sa-taken"))?.spec.roleArn).to.equal(arn("three"));
  });

  it("takes the association away when it is removed", async () => {
    await kubectl(
      "annotate",
      "serviceaccount",
      "app",
      "-n",
      fixture.namespace,
      `${ROLE_ANNOTATION}-`,
    );
    await until(
      "it is gone",
      async () => !associationOf("app") && (await fixture.get("sa-app")) === undefined,
    );
  });

  it("goes with its ServiceAccount", async () => {
    await kubectl("delete", "serviceaccount", "own", "-n", fixture.namespace);
    await until(
      "it is gone",
      async () => !associationOf("own") && (await fixture.get("sa-own")) === undefined,
    );
  });

  it("yields to what a person writes: the association is handed over, with its id", async () => {
    await account("shared", { [ROLE_ANNOTATION]: arn("one") });
    await until_("shared", "one");
    await fixture.untilReady("sa-shared", "True Reconciled");
    const before = associationOf("shared")?.associationId;
    fixture.sandbox.aws.resetCalls();
    await fixture.apply("by-hand", { serviceAccountName: "shared", roleArn: arn("two") });
    await until_("shared", "two");
    await fixture.untilReady("by-hand", "True Reconciled");
    await fixture.untilReady("sa-shared", "False DuplicateClaim");
    const { associationId, tags } = associationOf("shared") ?? {};
    expect(associationId).to.equal(before);
    expect(tags?.["podidentity.io/resource"]).to.equal(`${fixture.namespace}/by-hand`);
    const effects = fixture.effects();
    expect(effects).to.deep.equal({ "eks:TagResource": 1, "eks:UpdatePodIdentityAssociation": 1 });
    await sweeps(fixture);
    expect(fixture.effects()).to.deep.equal(effects);
  });

  it("leaves it alone when it goes, and has one again when the other goes", async () => {
    await kubectl(
      "annotate",
      "serviceaccount",
      "shared",
      "-n",
      fixture.namespace,
      `${ROLE_ANNOTATION}-`,
    );
    await until("its object is gone", async () => (await fixture.get("sa-shared")) === undefined);
    expect(associationOf("shared")?.roleArn).to.equal(arn("two"));
    await account("shared", { [ROLE_ANNOTATION]: arn("one") });
    await fixture.untilReady("sa-shared", "False DuplicateClaim");
    await kubectl("delete", "pia", "by-hand", "-n", fixture.namespace);
    await until_("shared", "one");
  });
});

describe("a ClusterPodIdentityAssociation", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(20_000);
  const namespaces = ["fan-a", "fan-b", "fan-c"];

  before(async () => {
    fixture = await startFixture({
      aws: { settings: { quotas: { rolesPerAccount: 5000 } } },
      guardrails: [
        guardrail("fan", {
          namespaceSelector: { matchLabels: { fan: "in" } },
          serviceAccounts: ["*"],
          managedRoles: OPEN_ROLES,
          existingRoles: { allowedArns: ["arn:**:iam::**:role/**"] },
        }),
      ],
      env: { POD_STATUS_DELAY: "0.1", POD_STATUS_DELAY_MAX: "1" },
    });
    fixture.sandbox.aws.putRole({ name: "one" });
  });
  after(async () => {
    await kubectl("delete", "cpia", "--all");
    await fixture.stop();
    await kubectl("delete", "namespaces", "-l", "fan", "--wait=false");
  });

  const template = (spec: object) =>
    apply({
      apiVersion: "podidentity.io/v1alpha1",
      kind: "ClusterPodIdentityAssociation",
      metadata: { name: "shipper" },
      spec: {
        serviceAccountName: "shipper",
        namespaceSelector: { matchLabels: { fan: "in" } },
        ...spec,
      },
    });
  const namespace = (name: string, labels: object = { fan: "in" }) =>
    apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  /** At first there is none. */
  const status = async () =>
    (JSON.parse(await kubectl("get", "cpia", "shipper", "-o", "json")).status ?? {}) as {
      summary?: string;
      conditions?: { type: string; status: string; reason: string; message: string }[];
    };
  const ready = async () => {
    const { summary, conditions = [] } = await status();
    const found = conditions.find(({ type }) => type === "Ready");
    return `${summary} ${found?.status} ${found?.reason}`;
  };
  const untilReady = (expected: string) => {
    let last = "";
    return until(
      `it says ${expected}`,
      async () => {
        last = await ready();
        return last === expected;
      },
      () => last,
    );
  };
  const associated = () =>
    fixture.sandbox.aws
      .state()
      .associations.map((one) => one.namespace)
      .sort();

  it("makes one in each namespace that it selects", async () => {
    for (const name of namespaces) await namespace(name);
    await namespace("fan-other", { fan: "out" });
    await template({ role: {} });
    await untilReady("3/3 True Reconciled");
    expect(associated()).to.deep.equal(namespaces);
    const listed = await kubectl("get", "cpia");
    expect(listed.split("\n")[0]?.split(/\s+/)).to.deep.equal([
      "NAME",
      "SERVICEACCOUNT",
      "NAMESPACES",
      "READY",
      "REASON",
      "AGE",
    ]);
  });

  it("does so in a namespace that comes later, and where a label comes later", async () => {
    await namespace("fan-later");
    await kubectl("label", "namespace", "fan-other", "fan=in", "--overwrite");
    await untilReady("5/5 True Reconciled");
  });

  it("does so in a namespace that is named before it exists", async () => {
    await apply({
      apiVersion: "podidentity.io/v1alpha1",
      kind: "ClusterPodIdentityAssociation",
      metadata: { name: "early" },
      spec: {
        serviceAccountName: "app",
        namespaceSelector: { matchNames: ["fan-new"] },
        roleArn: arn("one"),
      },
    });
    await until(
      "it says that there is none",
      async () =>
        (await kubectl("get", "cpia", "early", "-o", "jsonpath={.status.summary}")) === "0/0",
    );
    await namespace("fan-new");
    await until("it has its association", () => associationOf("app")?.namespace === "fan-new");
    // It has the label of the others, too.
    await untilReady("6/6 True Reconciled");
    await kubectl("delete", "cpia", "early");
    await kubectl("delete", "namespace", "fan-new", "--wait=false");
    await untilReady("5/5 True Reconciled");
    await until(
      "all that was made there is gone",
      async () => (await objects("fan-new")).length === 0,
    );
  });

  it("writes nothing more once all is as wanted", async () => {
    await sweeps(fixture);
    const versions = () =>
      kubectl("get", "pia,cpia", "-A", "-o", "jsonpath={.items[*].metadata.resourceVersion}");
    const before = await versions();
    fixture.sandbox.aws.resetCalls();
    await kubectl("label", "namespace", "fan-a", "looked=again");
    await sweeps(fixture, 3);
    expect(await versions()).to.equal(before);
    expect(fixture.effects()).to.deep.equal({});
  });

  it("puts an edited child right, and makes a deleted one again", async () => {
    const patch = JSON.stringify({
      spec: { role: { managedPolicies: ["AdministratorAccess"] }, suspend: true },
    });
    await kubectl("patch", "pia", "shipper", "-n", "fan-a", "--type=merge", "-p", patch);
    await kubectl("delete", "pia", "shipper", "-n", "fan-b");
    await until("both are put right", async () => {
      const edited = await kubectl(
        "get",
        "pia",
        "shipper",
        "-n",
        "fan-a",
        "-o",
        "jsonpath={.spec.suspend}{.spec.role.managedPolicies}",
      );
      const { code } = await fixture.sandbox.controlPlane.kubectl([
        "get",
        "pia",
        "shipper",
        "-n",
        "fan-b",
      ]);
      return edited === "false" && code === 0;
    });
    await untilReady("5/5 True Reconciled");
  });

  it("changes all of them when it changes", async () => {
    await template({ role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } });
    await until(
      "all roles have the policy",
      () =>
        fixture.sandbox.aws
          .state()
          .roles.filter(({ managedPolicyArns }) => managedPolicyArns.length === 1).length === 5,
    );
  });

  it("says so before anything is made if no child could carry it out", async () => {
    await template({ role: { managedPolicies: ["arn:aws:iam::444455556666:policy/x"] } });
    await until("it says so", async () => (await ready()).endsWith("False ManagedPolicyNotFound"));
    const child = await kubectl(
      "get",
      "pia",
      "shipper",
      "-n",
      "fan-a",
      "-o",
      "jsonpath={.spec.role.managedPolicies[0]}",
    );
    expect(child).to.equal("AmazonS3ReadOnlyAccess");
    await template({ role: {} });
    await untilReady("5/5 True Reconciled");
  });

  it("leaves an object of its name alone that somebody wrote, and says so", async () => {
    await namespace("fan-own", { fan: "out" });
    await apply({
      apiVersion: "podidentity.io/v1alpha1",
      kind: "PodIdentityAssociation",
      metadata: { name: "shipper", namespace: "fan-own" },
      spec: { serviceAccountName: "other", roleArn: arn("one") },
    });
    await kubectl("label", "namespace", "fan-own", "fan=in", "--overwrite");
    await untilReady("5/6 False DuplicateClaim");
    const { conditions = [] } = await status();
    expect(conditions.find(({ type }) => type === "Ready")?.message).to.include("fan-own/shipper");
    await kubectl("delete", "pia", "shipper", "-n", "fan-own");
    await untilReady("6/6 True Reconciled");
  });

  it("goes on with namespaces that come and go, where one refuses it", async () => {
    await namespace("fan-full", { fan: "out" });
    await apply({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "none", namespace: "fan-full" },
      spec: { hard: { "count/podidentityassociations.podidentity.io": "0" } },
    });
    await kubectl("label", "namespace", "fan-full", "fan=in", "--overwrite");
    await untilReady("6/7 False KubernetesForbidden");
    await namespace("fan-after");
    await untilReady("7/8 False KubernetesForbidden");
    await kubectl("label", "namespace", "fan-full", "fan-after", "fan=out", "--overwrite");
    await untilReady("6/6 True Reconciled");
  });

  it("prunes where the label goes away", async () => {
    await kubectl("label", "namespace", "fan-own", "fan-other", "fan=out", "--overwrite");
    await untilReady("4/4 True Reconciled");
    await until("their associations are gone", () => associated().length === 4);
    expect(associated()).to.deep.equal([...namespaces, "fan-later"].sort());
  });

  it("takes all of them away when it is deleted", async () => {
    await template({ role: {} });
    await untilReady("4/4 True Reconciled");
    await kubectl("delete", "cpia", "shipper");
    const left = () => fixture.sandbox.aws.state().roles.map(({ name }) => name);
    await until("all are gone", () => associated().length === 0 && left().length === 1);
    expect(left()).to.deep.equal(["one"]);
  });
});

describe("a ClusterPodIdentityAssociation of a thousand namespaces", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(120_000);
  const MANY = 1000;
  /** No promise: a busy machine takes minutes for a thousand objects. */
  const PATIENCE_MS = 600_000;
  const all = Array.from({ length: MANY }, (_, index) => `many-${String(index).padStart(4, "0")}`);

  before(async () => {
    const selector = { namespaceSelector: { matchLabels: { many: "in" } } };
    fixture = await startFixture({
      aws: { settings: { quotas: { rolesPerAccount: 5000 } } },
      guardrails: [
        guardrail("many", { ...selector, serviceAccounts: ["*"], managedRoles: OPEN_ROLES }),
      ],
      // As in production: each sweep looks at all objects.
      env: { ASSOCIATION_SWEEP: "100", ROLE_SWEEP: "500", CONSISTENCY_WINDOW: "30" },
    });
    const namespace = (name: string) =>
      stringify({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels: { many: "in" } },
      });
    await fixture.sandbox.apply(all.map(namespace).join("---\n"));
  });
  after(async () => {
    await kubectl("delete", "cpia", "--all");
    // The namespaces stay: to delete a thousand keeps the controllers busy for minutes, whatever is tested then.
    await fixture.stop();
  });

  const summary = () => kubectl("get", "cpia", "wide", "-o", "jsonpath={.status.summary}");
  const { length: count } = all;

  it("is made in all of them", async () => {
    const startedAt = performance.now();
    await apply({
      apiVersion: "podidentity.io/v1alpha1",
      kind: "ClusterPodIdentityAssociation",
      metadata: { name: "wide" },
      spec: {
        serviceAccountName: "app",
        namespaceSelector: { matchLabels: { many: "in" } },
        role: {},
      },
    });
    const { aws } = fixture.sandbox;
    const made = () => aws.counters()["eks:CreatePodIdentityAssociation"]?.effects ?? 0;
    await until(
      "all are associated",
      () => made() === count,
      () => `${made()}`,
      PATIENCE_MS,
    );
    await until(
      "it says so",
      async () => (await summary()) === `${count}/${count}`,
      () => "",
      PATIENCE_MS,
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`      ${count} made in ${seconds} s: ${JSON.stringify(fixture.effects())}`);
    expect(fixture.effects()).to.deep.equal({
      "iam:CreateRole": count,
      "eks:CreatePodIdentityAssociation": count,
    });
  });

  it("is pruned in all of them when the label goes away", async () => {
    const { aws } = fixture.sandbox;
    aws.resetCalls();
    const startedAt = performance.now();
    await kubectl("label", "namespaces", "-l", "many=in", "many=out", "--overwrite");
    const gone = () => aws.counters()["iam:DeleteRole"]?.effects ?? 0;
    await until(
      "all roles are gone",
      () => gone() === count,
      () => `${gone()}`,
      PATIENCE_MS,
    );
    await until(
      "it says so",
      async () => (await summary()) === "0/0",
      () => "",
      PATIENCE_MS,
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`      ${count} pruned in ${seconds} s: ${JSON.stringify(fixture.effects())}`);
    expect(aws.state()).to.deep.include({ roles: [], associations: [] });
    // Each object goes after what it made.
    await until(
      "the objects are gone, too",
      async () => (await kubectl("get", "pia", "-A", "-o", "name")) === "",
    );
  });
});
