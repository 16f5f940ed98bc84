import { setTimeout as delay } from "node:timers/promises";
import { CreatePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { clientsOf } from "../sandbox/aws/clients.ts";
import { type Fixture, manifest, openGuardrail, startFixture, sweeps, until } from "./fixture.ts";

const P = "arn:aws:iam::111122223333:policy/";
const ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess";
const log = (...a: unknown[]) =>
  console.log("   >>>", ...a.map((x) => (typeof x === "string" ? x : JSON.stringify(x))));
describe("zz review1", function () {
  this.timeout(120_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture({ guardrails: [], env: { REVOKE_AFTER: "1", RETRY_MAX: "1" } });
    it_.sandbox.aws.putPolicy({ name: "boundary" });
    it_.sandbox.aws.putPolicy({ name: "p1" });
    it_.sandbox.aws.putPolicy({ name: "p2" });
  });
  after(() => it_.stop());
  const rail = (name: string, changed: object, ns = it_.namespace) =>
    it_.sandbox.apply(JSON.stringify(openGuardrail(name, ns, changed)));
  const noRails = () => it_.sandbox.kubectl("delete", "podidentityguardrails", "--all");
  const cond = async (n: string) =>
    (await it_.get(n))?.status?.conditions
      ?.map((c) => `${c.type}=${c.status}/${c.reason}`)
      .join(" ");
  const msg = async (n: string) =>
    (await it_.get(n))?.status?.conditions?.find((c) => c.type === "Ready")?.message;
  const role = (name: string) => it_.sandbox.aws.state().roles.find((r) => r.name === name);
  const assoc = (sa: string, ns = it_.namespace) =>
    it_.sandbox.aws.state().associations.find((a) => a.serviceAccount === sa && a.namespace === ns);
  const step = (name: string, f: () => Promise<void>) =>
    it(name, async () => {
      try {
        await f();
      } catch (e) {
        log("ERROR", String(e).slice(0, 600));
      }
      await noRails();
    });

  step("T1 boundary stripped before AdministratorAccess, next step fails", async () => {
    await rail("a-bounded", {
      managedRoles: {
        permissionsBoundaryArn: `${P}boundary`,
        allowedManagedPolicyArns: ["arn:aws:iam::aws:policy/**"],
      },
    });
    await rail("b-small", {
      managedRoles: { acknowledgeUnbounded: true, allowedManagedPolicyArns: [`${P}team/*`] },
    });
    await it_.apply("t1", { role: { managedPolicies: [ADMIN] } });
    const { status } = await it_.untilReady("t1", "True Reconciled");
    await it_.apply("t1", { role: { managedPolicies: [`${P}team/none`] } });
    await it_.untilReady("t1", "False ManagedPolicyNotFound");
    await sweeps(it_, 3);
    const r = role(status?.roleName ?? "");
    log("T1 role now", {
      boundary: r?.permissionsBoundaryArn ?? null,
      policies: r?.managedPolicyArns,
      assoc: assoc("t1")?.roleArn,
    });
  });
  step("T2 revoke evasion", async () => {
    await rail("r", { onViolation: "Revoke" });
    const doc = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
    };
    for (const n of ["t2susp", "t2plan", "t2bad", "t2stuck", "t2plain"]) {
      await it_.apply(n, { role: { inlinePolicies: [{ name: "p", document: doc }] } });
      await it_.untilReady(n, "True Reconciled");
    }
    await it_.apply("t2susp", {
      suspend: true,
      role: { inlinePolicies: [{ name: "p", document: doc }] },
    });
    await it_.apply("t2plan", {
      mode: "Plan",
      role: { inlinePolicies: [{ name: "p", document: doc }] },
    });
    await it_.apply("t2bad", {
      role: { inlinePolicies: [{ name: "p", document: { ...doc, Version: "x" } }] },
    });
    await it_.apply("t2stuck", { role: { managedPolicies: [`${P}none`], inlinePolicies: [] } });
    await sweeps(it_, 2);
    await rail("r", {
      onViolation: "Revoke",
      managedRoles: { acknowledgeUnbounded: true, allowedManagedPolicyArns: [`${P}**`] },
    });
    await until("plain revoked", () => assoc("t2plain") === undefined);
    await delay(3000);
    await sweeps(it_, 3);
    for (const n of ["t2susp", "t2plan", "t2bad", "t2stuck"]) {
      const a = assoc(n);
      const r = it_.sandbox.aws.state().roles.find((x) => x.arn === a?.roleArn);
      log(
        "T2",
        n,
        "association:",
        a ? "still there" : "gone",
        "inline:",
        Object.keys(r?.inlinePolicies ?? {}),
        await cond(n),
      );
    }
    for (const n of ["t2susp", "t2plan", "t2bad", "t2stuck", "t2plain"])
      await it_.apply(n, { role: {} });
  });
  step("T3 revoke on first sighting after an old one", async () => {
    await rail("r", { onViolation: "Revoke" });
    await it_.apply("t3", { role: { managedPolicies: [`${P}p1`] } });
    await it_.untilReady("t3", "True Reconciled");
    // t0: refused, Revoke; 300 ms later another guardrail says Freeze
    const none = { onViolation: "Revoke", serviceAccounts: [] };
    await rail("r", none);
    await until("seen once", async () => ((await cond("t3")) ?? "").includes("Frozen"));
    await rail("r", { ...none, onViolation: "Freeze" });
    await delay(4000);
    log("T3 association while Freeze:", assoc("t3") ? "there" : "gone");
    const t = performance.now();
    await rail("r", none);
    await until("gone", () => assoc("t3") === undefined);
    log(
      "T3 deleted",
      Math.round(performance.now() - t),
      "ms after the (kubectl) switch back to Revoke, REVOKE_AFTER=1000",
    );
  });
  step("T3b control", async () => {
    await rail("r", { onViolation: "Freeze" });
    await it_.apply("t3b", { role: {} });
    await it_.untilReady("t3b", "True Reconciled");
    await rail("r", { onViolation: "Freeze", serviceAccounts: [] });
    await until("frozen", async () => ((await cond("t3b")) ?? "").includes("Frozen"));
    const t = performance.now();
    await rail("r", { onViolation: "Revoke", serviceAccounts: [] });
    await until("gone", () => assoc("t3b") === undefined);
    log("T3b control deleted after", Math.round(performance.now() - t), "ms");
  });
  step("T4 clear policy with a bad role", async () => {
    await rail("r", {});
    it_.sandbox.aws.configure({ unverified: { emptyPolicy: "Refused" } });
    it_.sandbox.aws.putRole({ name: "good" });
    it_.sandbox.aws.putRole({
      name: "badtrust",
      trustPolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "ec2.amazonaws.com" },
            Action: "sts:AssumeRole",
          },
        ],
      }),
    } as never);
    await sweeps(it_, 2);
    const doc = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
    };
    await it_.apply("t4", {
      roleArn: "arn:aws:iam::111122223333:role/good",
      sessionTags: "Disabled",
      sessionPolicy: doc,
    });
    await it_.untilReady("t4", "True Reconciled");
    await it_.apply("t4", {
      roleArn: "arn:aws:iam::111122223333:role/badtrust",
      sessionTags: "Disabled",
    });
    await it_.untilReady("t4", "False TrustPolicyInvalid");
    await sweeps(it_, 2);
    log("T4 association:", assoc("t4") ? "there" : "GONE", await cond("t4"));
    it_.sandbox.aws.configure({ unverified: { emptyPolicy: "Clears" } });
  });
  step("T5 former role in use by another is forgotten", async () => {
    await rail("r", {});
    await it_.apply("t5", { role: { name: "t5-old" } });
    await it_.untilReady("t5", "True Reconciled");
    await it_.apply("t5user", { roleArn: "arn:aws:iam::111122223333:role/podidentity/t5-old" });
    await it_.untilReady("t5user", "True Reconciled");
    await it_.apply("t5", { role: { name: "t5-new" } });
    await until("renamed", () => assoc("t5")?.roleArn.endsWith("t5-new") ?? false);
    await it_.untilReady("t5", "True Reconciled");
    log("T5 status", (await it_.get("t5"))?.status?.previousRoleName ?? "no previousRoleName");
    await it_.sandbox.kubectl("delete", "pia", "t5user", "-n", it_.namespace);
    await sweeps(it_, 5);
    await delay(1000);
    log("T5 t5-old after its user went and 5 sweeps:", role("t5-old") ? "STILL THERE" : "gone");
  });
  step("T6 revoke then rename", async () => {
    await rail("r", { onViolation: "Revoke" });
    await it_.apply("t6", { role: { name: "t6-old", managedPolicies: [`${P}p1`] } });
    await it_.untilReady("t6", "True Reconciled");
    await rail("r", { onViolation: "Revoke", serviceAccounts: [] });
    await until("gone", () => assoc("t6") === undefined);
    await until("status", async () => (await it_.get("t6"))?.status?.associationId === undefined);
    log("T6 status after revoke", { ...(await it_.get("t6"))?.status, conditions: undefined });
    await it_.apply("t6", { role: { name: "t6-new" } });
    await rail("r", { onViolation: "Revoke" });
    await it_.untilReady("t6", "True Reconciled");
    await sweeps(it_, 3);
    log(
      "T6 t6-old:",
      role("t6-old") ? "STILL THERE with " + role("t6-old")?.managedPolicyArns : "gone",
    );
  });
  step("T8 adoption of a role another namespace uses", async () => {
    await rail("r", {});
    await it_.sandbox.kubectl("create", "namespace", "t8other");
    await rail("r8", {}, "t8other");
    it_.sandbox.aws.putRole({ name: "t8shared", managedPolicyArns: [`${P}p1`] });
    await sweeps(it_, 2);
    await it_.sandbox.apply(
      JSON.stringify(
        manifest("t8other", "victim", { roleArn: "arn:aws:iam::111122223333:role/t8shared" }),
      ),
    );
    await it_.untilReady("victim", "True Reconciled", "t8other");
    await it_.apply("t8", { role: { name: "t8shared" }, adoptionPolicy: "AssociationAndRole" });
    await it_.untilReady("t8", "True Reconciled");
    const r = role("t8shared");
    log("T8 role", {
      policies: r?.managedPolicyArns,
      trust: String((r as never as { trustPolicy: string }).trustPolicy).slice(0, 400),
    });
    await it_.sandbox.kubectl("delete", "pia", "victim", "-n", "t8other");
  });
  step("T10 association adopted although the role never can be", async () => {
    await rail("r", {});
    it_.sandbox.aws.putRole({ name: "t10theirs" });
    it_.sandbox.aws.putRole({
      name: "t10role",
      tags: {
        "podidentity.io/owner": "arn:aws:eks:us-west-2:111122223333:cluster/other",
        "podidentity.io/installation": "default",
        "podidentity.io/resource": "a/b",
      },
    } as never);
    await clientsOf(it_.sandbox.aws).eks.send(
      new CreatePodIdentityAssociationCommand({
        clusterName: "demo",
        namespace: it_.namespace,
        serviceAccount: "t10",
        roleArn: "arn:aws:iam::111122223333:role/t10theirs",
        tags: { by: "hand" },
      }),
    );
    it_.sandbox.aws.configure({ deniedActions: ["iam:GetAccountAuthorizationDetails"] });
    await delay(2000);
    await it_.apply("t10", { role: { name: "t10role" }, adoptionPolicy: "AssociationAndRole" });
    await it_.untilReady("t10", "False RoleNotOwned");
    log("T10 association tags", assoc("t10")?.tags, await msg("t10"));
    it_.sandbox.aws.configure({ deniedActions: [] });
    await it_.sandbox.kubectl("delete", "pia", "t10", "-n", it_.namespace);
    log(
      "T10 after deletion of the object:",
      assoc("t10") ? "there" : "association made by hand is GONE",
    );
  });
  step("T11 placeholder in the name of roleArn", async () => {
    await rail("r", {});
    await it_.apply("t11", { role: { name: "t11-demo" } });
    await it_.untilReady("t11", "True Reconciled");
    await rail("r", { serviceAccounts: ["nobody"] });
    await until("frozen", async () => ((await cond("t11")) ?? "").includes("Frozen"));
    await it_.apply("t11", {
      roleArn:
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/podidentity/t11-${EKS::ClusterName}",
    });
    await it_.untilReady("t11", "False ServiceAccountNotAllowed");
    await it_.sandbox.kubectl("delete", "pia", "t11", "-n", it_.namespace, "--timeout=20s");
    log("T11 role named by spec.roleArn with placeholder:", role("t11-demo") ? "there" : "DELETED");
    await rail("r", {});
    await it_.apply("t11b", { role: { name: "t11b-demo" } });
    await it_.untilReady("t11b", "True Reconciled");
    await rail("r", { serviceAccounts: ["nobody"] });
    await until("frozen", async () => ((await cond("t11b")) ?? "").includes("Frozen"));
    await it_.apply("t11b", { roleArn: "arn:aws:iam::111122223333:role/podidentity/t11b-demo" });
    await it_.untilReady("t11b", "False ServiceAccountNotAllowed");
    await it_.sandbox.kubectl("delete", "pia", "t11b", "-n", it_.namespace, "--timeout=20s");
    log("T11 control without placeholder:", role("t11b-demo") ? "there" : "DELETED");
  });
  step("T14 roleArn typo, GetRole denied outside", async () => {
    await rail("r", {});
    const f = it_.sandbox.aws.addFault({
      operation: "GetRole",
      where: { RoleName: "t14typo" },
      answer: {
        code: "AccessDenied",
        status: 403,
        message: "User is not authorized to perform: iam:GetRole on resource: role t14typo",
      },
    });
    await it_.apply("t14", { roleArn: "arn:aws:iam::111122223333:role/t14typo" });
    await it_.untilReady("t14", "False RoleNotFound");
    await it_.apply("t14", { role: {} });
    await delay(3000);
    await sweeps(it_, 3);
    log(
      "T14",
      await cond("t14"),
      await msg("t14"),
      (await it_.get("t14"))?.status?.previousRoleName ?? "",
    );
    await it_.sandbox.kubectl("delete", "pia", "t14", "-n", it_.namespace, "--wait=false");
    await delay(4000);
    log("T14 after delete:", (await it_.get("t14")) ? "STUCK " + (await cond("t14")) : "gone");
    it_.sandbox.aws.removeFault?.({ id: f } as never);
    it_.sandbox.aws.clearFaults();
  });
});
