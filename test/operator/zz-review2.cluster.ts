import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { startOperator } from "../sandbox/operator.ts";
import {
  type Fixture,
  guardrail,
  manifest,
  openGuardrail,
  QUICK,
  startFixture,
  sweeps,
} from "./fixture.ts";

const say = (...a: unknown[]) =>
  console.log("   >>", ...a.map((x) => (typeof x === "string" ? x : JSON.stringify(x))));
const conds = (o: any) =>
  (o?.status?.conditions ?? [])
    .map((c: any) => `${c.type}=${c.status}/${c.reason}@${c.observedGeneration}`)
    .join(" ");
const soon = async (what: string, f: () => Promise<boolean> | boolean, ms = 6000) => {
  const t = performance.now();
  while (!(await f())) {
    if (performance.now() - t > ms) {
      say(`TIMEOUT: ${what}`);
      return false;
    }
    await delay(50);
  }
  return true;
};

describe("zz-review2", function () {
  this.timeout(120_000);
  describe("apply", () => {
    let it_: Fixture;
    before(async () => {
      it_ = await startFixture({ env: { DESCRIBE_ROTATION: "1", REVOKE_AFTER: "1" } });
    });
    after(() => it_.stop());

    it("T2 bad label key", async () => {
      it_.sandbox.aws.resetCalls();
      await it_.apply("badlabel", {
        role: {},
        createServiceAccount: true,
        serviceAccountMetadata: { labels: { ["k".repeat(100)]: "v" } },
      });
      await soon("refused", async () => (await it_.ready("badlabel")).includes("Kubernetes"));
      const o: any = await it_.get("badlabel");
      say(
        "ready",
        await it_.ready("badlabel"),
        "effects",
        it_.effects(),
        "status keys",
        Object.keys(o.status),
        conds(o),
      );
      say("events", (await it_.events("badlabel")).replace(/\n/g, " | "));
      say(
        "sa",
        await it_.sandbox.kubectl(
          "get",
          "sa",
          "badlabel",
          "-n",
          it_.namespace,
          "-o",
          "jsonpath={.metadata.annotations}",
        ),
      );
    });

    it("T3 rename while a neighbour uses the former role", async () => {
      await it_.apply("owner", { role: { name: "one" } });
      const o = await it_.untilReady("owner", "True Reconciled");
      await it_.apply("user", { roleArn: o.status?.roleArn });
      await it_.untilReady("user", "True Reconciled");
      await it_.apply("owner", { role: { name: "two" } });
      await it_.untilReady("owner", "True Reconciled");
      await soon("two", async () => (await it_.get("owner"))?.status?.roleName === "two");
      say("prev", (await it_.get("owner"))?.status?.previousRoleName);
      await it_.sandbox.kubectl("delete", "pia", "user", "-n", it_.namespace, "--timeout=10s");
      await sweeps(it_, 6);
      await it_.sandbox.kubectl(
        "annotate",
        "pia",
        "owner",
        "-n",
        it_.namespace,
        "podidentity.io/reconcile-at=now",
      );
      await sweeps(it_, 4);
      say(
        "T3 roles left",
        it_.sandbox.aws
          .state()
          .roles.map(({ name }) => name)
          .filter((n) => ["one", "two"].includes(n)),
      );
    });

    it("T8 long description in mode Plan", async () => {
      await it_.apply("long", { role: {} });
      await it_.untilReady("long", "True Reconciled");
      const tags = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [
          `${String(i).padStart(3, "0")}${"k".repeat(122)}`,
          "v",
        ]),
      );
      await it_.apply("long", { role: {}, tags, mode: "Plan" });
      await soon("planned", async () => (await it_.ready("long")).includes("Planned"), 4000);
      const o: any = await it_.get("long");
      say("T8", conds(o), "gen", o.metadata.generation, "observed", o.status.observedGeneration);
      say(it_.operator.lines.filter((l) => l.includes('"long"')).slice(-1));
    });

    it("T10 clearing a session policy together with something EKS refuses", async () => {
      it_.sandbox.aws.putRole({ name: "theirs" });
      const spec = {
        roleArn: "arn:aws:iam::111122223333:role/theirs",
        sessionTags: "Disabled",
        sessionPolicy: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
        },
      };
      await it_.apply("clear", spec);
      await it_.untilReady("clear", "True Reconciled");
      it_.sandbox.aws.addFault({
        operation: ["UpdatePodIdentityAssociation", "CreatePodIdentityAssociation"],
        when: "before",
        matches: ({ parameters }) =>
          String((parameters as any).targetRoleArn ?? "").includes("bad"),
        answer: {
          code: "InvalidParameterException",
          status: 400,
          message: "The target role ARN is not allowed for this cluster",
        },
      });
      it_.sandbox.aws.resetCalls();
      await it_.apply("clear", {
        roleArn: spec.roleArn,
        sessionTags: "Disabled",
        targetRoleArn: "arn:aws:iam::444455556666:role/bad",
      });
      await soon("failed", async () => (await it_.ready("clear")).startsWith("False"), 5000);
      say(
        "T10",
        await it_.ready("clear"),
        it_.effects(),
        "associations",
        it_.sandbox.aws.state().associations.filter((a) => a.serviceAccount === "clear").length,
      );
      it_.sandbox.aws.clearFaults();
    });

    it("T15 stale halves in Plan", async () => {
      it_.sandbox.aws.putAssociation({
        cluster: "demo",
        namespace: it_.namespace,
        serviceAccount: "stale",
        roleArn: "arn:aws:iam::111122223333:role/theirs",
      } as any);
      await it_.apply("stale", { role: {}, mode: "Plan" });
      await it_.untilReady("stale", "False AssociationConflict");
      it_.sandbox.aws.deleteAssociation({
        cluster: "demo",
        namespace: it_.namespace,
        serviceAccount: "stale",
      } as any);
      await it_.untilReady("stale", "Unknown Planned");
      say("T15", conds(await it_.get("stale")));
    });
  });

  describe("quota", () => {
    let it_: Fixture;
    before(async () => {
      it_ = await startFixture({ guardrails: [] });
      await it_.sandbox.apply(
        stringify(
          openGuardrail(`q-${it_.namespace}`, it_.namespace, {
            managedRoles: { acknowledgeUnbounded: true, maxRolesPerNamespace: 1 },
          }),
        ),
      );
    });
    after(() => it_.stop());
    it("T13 a place freed by an edit", async () => {
      it_.sandbox.aws.putRole({ name: "theirs" });
      await it_.apply("aaa", { role: {} });
      await it_.untilReady("aaa", "True Reconciled");
      await delay(1100);
      await it_.apply("bbb", { role: {} });
      await it_.untilReady("bbb", "False TooManyRoles");
      await it_.apply("aaa", { roleArn: "arn:aws:iam::111122223333:role/theirs" });
      await it_.untilReady("aaa", "True Reconciled");
      await sweeps(it_, 5);
      say("T13 bbb after the place is free", await it_.ready("bbb"));
    });
  });

  describe("restart", () => {
    let it_: Fixture;
    const policy = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };
    before(async () => {
      it_ = await startFixture({ env: { REVOKE_AFTER: "2" } });
    });
    after(() => it_.stop());
    const rv = async (n: string) => (await it_.get(n))?.metadata.resourceVersion;

    it("T6 frozen, restart while IAM's ListPolicies is throttled", async () => {
      await it_.apply("frozen", policy);
      await it_.untilReady("frozen", "True Reconciled");
      await it_.sandbox.apply(
        stringify(
          openGuardrail(`open-${it_.namespace}`, it_.namespace, {
            managedRoles: { acknowledgeUnbounded: true },
          }),
        ),
      );
      await soon("frozen", async () => conds(await it_.get("frozen")).includes("Frozen"));
      say("before", conds(await it_.get("frozen")));
      say(
        "guardrail",
        await it_.sandbox.kubectl(
          "get",
          "pig",
          `open-${it_.namespace}`,
          "-o",
          "jsonpath={.status.allowed}/{.status.refused}",
        ),
      );
      await it_.operator.stop();
      const fault = it_.sandbox.aws.addFault({
        operation: "ListPolicies",
        answer: { code: "Throttling", status: 400, message: "Rate exceeded" },
      });
      it_.operator = await startOperator({
        ...it_.sandbox.environment,
        ...QUICK,
        REVOKE_AFTER: "2",
        RETRY_MAX: "2",
      });
      await soon("false", async () => (await it_.ready("frozen")).startsWith("False"), 20_000);
      say("during", conds(await it_.get("frozen")));
      await delay(2500);
      say(
        "guardrail during",
        await it_.sandbox.kubectl(
          "get",
          "pig",
          `open-${it_.namespace}`,
          "-o",
          "jsonpath={.status.allowed}/{.status.refused}",
        ),
      );
      it_.sandbox.aws.removeFault({ id: fault });
      await soon("again", async () => !(await it_.ready("frozen")).includes("Throttled"), 25_000);
      await delay(1000);
      say("after", conds(await it_.get("frozen")));
    });

    it("T7 restart with an object refused under Revoke", async () => {
      await it_.sandbox.apply(
        stringify(
          openGuardrail(`open-${it_.namespace}`, it_.namespace, {
            managedRoles: { acknowledgeUnbounded: true },
            onViolation: "Revoke",
          }),
        ),
      );
      await it_.apply("never", policy);
      await soon("refused", async () => (await it_.ready("never")).includes("NotAllowed"));
      say("first", conds(await it_.get("never")));
      await delay(3500);
      say("then", conds(await it_.get("never")));
      const before = await rv("never");
      await it_.operator.stop();
      it_.operator = await startOperator({
        ...it_.sandbox.environment,
        ...QUICK,
        REVOKE_AFTER: "2",
      });
      await delay(1000);
      say("restarted", before !== (await rv("never")), conds(await it_.get("never")));
      await delay(3000);
      say("later", conds(await it_.get("never")));
    });
  });

  describe("Plan", () => {
    let it_: Fixture;
    before(async () => {
      it_ = await startFixture();
    });
    after(() => it_.stop());
    it("T9/T4/T5", async () => {
      await it_.apply("keep", { role: {}, deletionPolicy: "Retain" });
      await it_.untilReady("keep", "True Reconciled");
      await it_.apply("ren", { role: { name: "ren-one" } });
      await it_.untilReady("ren", "True Reconciled");
      await it_.operator.stop();
      // T9
      it_.sandbox.aws.configure({ deniedActions: ["iam:GetAccountAuthorizationDetails"] });
      await it_.apply("ren", { role: { name: "ren-two" }, mode: "Plan" });
      it_.operator = await startOperator({ ...it_.sandbox.environment, ...QUICK });
      await it_.untilReady("ren", "Unknown Planned");
      say(
        "T9 planned",
        ((await it_.get("ren")) as any).status.plannedActions.map((a: any) => a.call),
      );
      it_.sandbox.aws.resetCalls();
      await it_.apply("ren", { role: { name: "ren-two" }, mode: "Apply" });
      await it_.untilReady("ren", "True Reconciled");
      say("T9 applied", it_.effects());
      it_.sandbox.aws.configure({ deniedActions: [] });
      await it_.operator.stop();
      it_.operator = await startOperator({
        ...it_.sandbox.environment,
        ...QUICK,
        OPERATOR_MODE: "Plan",
      });
      for (let i = 0; i < 5; i++) await it_.apply(`new${i}`, { role: {} });
      for (let i = 0; i < 5; i++) await it_.untilReady(`new${i}`, "Unknown Planned");
      await sweeps(it_, 1);
      it_.sandbox.aws.resetCalls();
      await sweeps(it_, 10);
      const c = it_.sandbox.aws.counters();
      say("T4", Object.fromEntries(Object.entries(c).map(([k, v]) => [k, v.calls])));
      // T5
      await it_.sandbox.kubectl("delete", "pia", "keep", "-n", it_.namespace, "--wait=false");
      await delay(4000);
      const o: any = await it_.get("keep");
      say(
        "T5 Retain with OPERATOR_MODE=Plan after 4 s:",
        o ? `still there ${conds(o)} ${o.metadata.finalizers}` : "gone",
      );
    });
  });
});
void guardrail;
void manifest;
