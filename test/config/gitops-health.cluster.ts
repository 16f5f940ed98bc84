/** What Argo CD and Flux make of our objects: genuine ones, brought into each state, judged by the two's own code. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import type { Condition } from "../../src/api/pod-identity-association.ts";
import {
  type Fixture,
  guardrail,
  manifest,
  openGuardrail,
  QUICK,
  startFixture,
  until,
} from "../operator/fixture.ts";
import { type Answer, judge } from "../sandbox/gitops-health.ts";
import { startOperator } from "../sandbox/operator.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";

const CONFIG_MAP = "config/argocd/argocd-cm.yaml";
const KEY = "resource.customizations.health.podidentity.io_";
const QUICKER = { ...QUICK, GUARDRAIL_STATUS: "0.2", POD_STATUS_DELAY: "0.1" };
const WANTED = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };
const REFUSED = { role: { managedPolicies: ["NoSuchPolicy"] } };
/** IAM is down for whatever has this in its name. */
const UNLUCKY = "unlucky";

type Kind = "PodIdentityAssociation" | "ClusterPodIdentityAssociation" | "PodIdentityGuardrail";

interface Row {
  /** What the object does. */
  readonly state: string;
  readonly argo: "Progressing" | "Healthy" | "Degraded" | "Suspended";
  readonly says: RegExp;
  /** By kstatus. */
  readonly flux: "InProgress" | "Current" | "Failed" | "Terminating";
}

const FRESH = /^waiting for the operator to look at generation 1; if it stays so, the operator/;
const CHANGED = /^waiting for the operator to look at generation 2; if it stays so, the operator/;
const RECONCILED = /^Reconciled: the role and its association are in AWS as wanted$/;
const PLANNED = /^Planned: mode Plan: nothing is changed; 3 calls to AWS would be made/;

const TABLE: Readonly<Record<Kind, readonly Row[]>> = {
  PodIdentityAssociation: [
    { state: "is fresh", argo: "Progressing", says: FRESH, flux: "InProgress" },
    { state: "waits for AWS", argo: "Progressing", says: /^AWSUnavailable/, flux: "InProgress" },
    { state: "is refused", argo: "Degraded", says: /^ManagedPolicyNotFound: /, flux: "Failed" },
    { state: "is in AWS as wanted", argo: "Healthy", says: RECONCILED, flux: "Current" },
    {
      state: "has a pod without credentials",
      argo: "Healthy",
      says: /^PodsWithoutCredentials: /,
      flux: "Current",
    },
    { state: "is planned", argo: "Healthy", says: PLANNED, flux: "InProgress" },
    { state: "is suspended", argo: "Suspended", says: /^Suspended: spec.suspend/, flux: "Current" },
    { state: "is frozen", argo: "Healthy", says: /^Frozen: ServiceAccountNot/, flux: "Current" },
    { state: "has changed", argo: "Progressing", says: CHANGED, flux: "InProgress" },
    {
      state: "cannot be deleted",
      argo: "Progressing",
      says: /^RoleUnmodifiable: /,
      flux: "Terminating",
    },
  ],
  ClusterPodIdentityAssociation: [
    { state: "is fresh", argo: "Progressing", says: FRESH, flux: "InProgress" },
    { state: "waits for AWS", argo: "Progressing", says: /^AWSUnavailable/, flux: "InProgress" },
    {
      state: "is refused",
      argo: "Degraded",
      says: /^ManagedPolicyNotFound: not R/,
      flux: "Failed",
    },
    { state: "is in AWS as wanted", argo: "Healthy", says: /^Reconciled: all 1/, flux: "Current" },
    {
      state: "is planned",
      argo: "Healthy",
      says: /^Planned: 1 PodIdentityAss/,
      flux: "InProgress",
    },
    { state: "has changed", argo: "Progressing", says: CHANGED, flux: "InProgress" },
  ],
  PodIdentityGuardrail: [
    { state: "is fresh", argo: "Progressing", says: FRESH, flux: "InProgress" },
    { state: "is enforced", argo: "Healthy", says: /^Enforced: it is asked/, flux: "Current" },
    { state: "is refused", argo: "Degraded", says: /^PlaceholderUnknown: /, flux: "Failed" },
    { state: "has changed", argo: "Progressing", says: CHANGED, flux: "InProgress" },
  ],
};

interface Ours {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

describe("Argo CD and Flux", function () {
  this.timeout(FIRST_BUILD_MS);
  let it_: Fixture;
  let scripts: Readonly<Record<string, string>>;
  const objects = new Map<string, object>();
  const answers = new Map<string, Answer>();

  const everywhere = (name: string, spec: object) => ({
    ...manifest("", name, {
      namespaceSelector: { matchLabels: { everywhere: it_.namespace } },
      ...spec,
    }),
    kind: "ClusterPodIdentityAssociation",
    metadata: { name },
  });
  const rail = (name: string, serviceAccounts: readonly string[]) =>
    openGuardrail(name, it_.namespace, { serviceAccounts });
  const apply = (object: object) => it_.sandbox.apply(JSON.stringify(object));
  const get = async (kind: Kind, name: string) => {
    const text = await it_.sandbox.kubectl("get", kind, name, "-n", it_.namespace, "-o", "json");
    return JSON.parse(text) as Ours;
  };
  const collect = async (kind: Kind, state: string, name: string) => {
    objects.set(`${kind} ${state}`, await get(kind, name));
  };
  /** Waits until a condition is so, e.g. "Ready True Reconciled", and keeps what the object is then. */
  const collectWhen = async (kind: Kind, state: string, name: string, expected: string) => {
    let last: Ours | undefined;
    await until(
      `${kind} ${name} is ${expected}`,
      async () => {
        last = await get(kind, name);
        const found = last.status?.conditions?.map((one) => {
          return `${one.type} ${one.status} ${one.reason}`;
        });
        return found?.includes(expected) ?? false;
      },
      () => JSON.stringify(last?.status),
    );
    if (last) objects.set(`${kind} ${state}`, last);
  };
  const start = async (env: Readonly<Record<string, string>> = {}) => {
    it_.operator = await startOperator({ ...it_.sandbox.environment, ...QUICKER, ...env });
  };

  /** Objects that no operator has looked at yet. */
  async function bringFresh(): Promise<void> {
    await it_.operator.stop();
    await it_.sandbox.kubectl("label", "namespace", it_.namespace, `everywhere=${it_.namespace}`);
    for (const object of [rail("rail", ["plain-*"]), rail("narrowed", ["frozen"])])
      await apply(object);
    await it_.apply("plain", WANTED);
    await apply(everywhere("plain-all", WANTED));
    await collect("PodIdentityAssociation", "is fresh", "plain");
    await collect("ClusterPodIdentityAssociation", "is fresh", "plain-all");
    await collect("PodIdentityGuardrail", "is fresh", "rail");
    await it_.sandbox.kubectl("delete", "pia", "plain", "-n", it_.namespace);
    await start();
  }

  /** A pod that was there first, and nothing injects anything into pods here. */
  async function bringPod(name: string): Promise<void> {
    const metadata = { name, namespace: it_.namespace };
    const containers = [{ name: "app", image: "registry.k8s.io/pause:3.10" }];
    await apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
    const spec = { serviceAccountName: name, containers };
    await apply({ apiVersion: "v1", kind: "Pod", metadata, spec });
  }

  async function bringAssociations(): Promise<void> {
    const kind = "PodIdentityAssociation";
    it_.sandbox.aws.addFault({
      operation: "CreateRole",
      matches: ({ parameters }) => String(parameters["RoleName"]).includes(UNLUCKY),
      answer: { code: "ServiceUnavailable", status: 503, message: "down" },
    });
    it_.sandbox.aws.addFault({
      operation: "DeleteRole",
      answer: { code: "UnmodifiableEntity", status: 400, message: "protected" },
    });
    await bringPod("plain-pods");
    await it_.apply("plain-pods", { ...WANTED, podRestart: "Never" });
    await it_.apply(`plain-${UNLUCKY}`, WANTED);
    await it_.apply("plain-refused", REFUSED);
    await it_.apply("plain-planned", { ...WANTED, mode: "Plan" });
    await it_.apply("plain-ready", WANTED);
    await it_.apply("plain-held", WANTED);
    await it_.apply("frozen", WANTED);
    await collectWhen(kind, "waits for AWS", `plain-${UNLUCKY}`, "Ready False AWSUnavailable");
    await collectWhen(kind, "is refused", "plain-refused", "Stalled True ManagedPolicyNotFound");
    await collectWhen(kind, "is planned", "plain-planned", "Ready Unknown Planned");
    await collectWhen(kind, "is in AWS as wanted", "plain-ready", "Ready True Reconciled");
    await it_.untilReady("plain-pods", "True Reconciled");
    const without = "has a pod without credentials";
    await collectWhen(kind, without, "plain-pods", "PodsVerified False PodsWithoutCredentials");
    await it_.untilReady("plain-held", "True Reconciled");
    await it_.untilReady("frozen", "True Reconciled");
    await it_.sandbox.kubectl("delete", "podidentityguardrail", "narrowed");
    await collectWhen(kind, "is frozen", "frozen", "Authorized False Frozen");
    const roleArn = (await it_.get("plain-ready"))?.status?.roleArn;
    await it_.apply("plain-user", { roleArn });
    await it_.untilReady("plain-user", "True Reconciled");
    await it_.sandbox.kubectl("delete", "pia", "plain-held", "-n", it_.namespace, "--wait=false");
    await collectWhen(kind, "cannot be deleted", "plain-held", "Stalled True RoleUnmodifiable");
    await it_.apply("plain-user", { roleArn, suspend: true });
    await collectWhen(kind, "is suspended", "plain-user", "Suspended True Suspended");
  }

  async function bringTemplates(): Promise<void> {
    const kind = "ClusterPodIdentityAssociation";
    await apply(everywhere(`plain-${UNLUCKY}-all`, WANTED));
    await apply(everywhere("plain-refused-all", REFUSED));
    await collectWhen(
      ...([kind, "waits for AWS", `plain-${UNLUCKY}-all`] as const),
      "Ready False AWSUnavailable",
    );
    await collectWhen(
      kind,
      "is refused",
      "plain-refused-all",
      "Stalled True ManagedPolicyNotFound",
    );
    await collectWhen(kind, "is in AWS as wanted", "plain-all", "Ready True Reconciled");
  }

  async function bringGuardrails(): Promise<void> {
    const misspelt = { allowedArns: ["arn:aws:iam::${AWS::Acount}:role/x"] };
    await apply(guardrail("misspelt", { serviceAccounts: ["*"], existingRoles: misspelt }));
    const kind = "PodIdentityGuardrail";
    await collectWhen(kind, "is refused", "misspelt", "Stalled True PlaceholderUnknown");
    await collectWhen(kind, "is enforced", "rail", "Ready True Enforced");
  }

  /** The operator has not seen these changes yet. */
  async function bringChanged(): Promise<void> {
    await it_.operator.stop();
    const tags = { tags: { team: "payments" } };
    await it_.apply("plain-pods", { ...WANTED, podRestart: "Never", ...tags });
    await apply(everywhere("plain-all", { ...WANTED, ...tags }));
    await apply(rail("rail", ["plain-*", "others-*"]));
    await collect("PodIdentityAssociation", "has changed", "plain-pods");
    await collect("ClusterPodIdentityAssociation", "has changed", "plain-all");
    await collect("PodIdentityGuardrail", "has changed", "rail");
  }

  async function bringPlanned(): Promise<void> {
    await start({ OPERATOR_MODE: "Plan" });
    await apply(everywhere("plain-planned-all", WANTED));
    const kind = "ClusterPodIdentityAssociation";
    await collectWhen(kind, "is planned", "plain-planned-all", "Ready Unknown Planned");
  }

  before(async () => {
    it_ = await startFixture({ guardrails: [] });
    await bringFresh();
    await bringAssociations();
    await bringTemplates();
    await bringGuardrails();
    await bringChanged();
    await bringPlanned();
    scripts = parse(readFileSync(CONFIG_MAP, "utf8")).data;
    const questions = [...objects].map(([name, object]) => {
      return { script: scripts[`${KEY}${name.split(" ")[0]}`] ?? "", object };
    });
    const judged = await judge(questions);
    for (const [index, name] of [...objects.keys()].entries()) {
      const answer = judged[index];
      if (answer) answers.set(name, answer);
    }
  });
  after(async () => {
    await it_.sandbox.kubectl("delete", "cpia", "--all", "--wait=false");
    await it_.stop();
  });

  for (const [kind, rows] of Object.entries(TABLE)) {
    for (const { state, argo, says, flux } of rows) {
      it(`show a ${kind} that ${state} as ${argo} and ${flux}`, () => {
        const answer = answers.get(`${kind} ${state}`);
        expect(answer?.argo.status).to.equal(argo);
        expect(answer?.argo.message).to.match(says);
        expect(answer?.flux.status).to.equal(flux);
      });
    }
  }

  it("have a script for each of our kinds", async () => {
    const crds = JSON.parse(await it_.sandbox.kubectl("get", "crds", "-o", "json")) as {
      items: { spec: { group: string; names: { kind: string } } }[];
    };
    const ours = crds.items.filter(({ spec }) => spec.group === "podidentity.io");
    const keys = ours.map(({ spec }) => `${KEY}${spec.names.kind}`);
    expect(Object.keys(scripts)).to.have.members(keys);
  });
});
