/** Guardrails over time: what they put on roles, and what becomes of objects when they change. */
import { expect } from "chai";
import type { PodIdentityGuardrail } from "../../src/api/pod-identity-guardrail.ts";
import {
  type Fixture,
  guardrail,
  manifest,
  openGuardrail,
  startFixture,
  sweeps,
  until,
} from "./fixture.ts";

const BOUNDARY = "arn:aws:iam::111122223333:policy/podidentity-boundary/boundary";
const MANY = 60;

describe("a PodIdentityGuardrail", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture({
      guardrails: [],
      isUnbounded: true,
      env: { REVOKE_AFTER: "0.5", GUARDRAIL_STATUS: "0.2" },
    });
    it_.sandbox.aws.putPolicy({ name: "boundary", path: "/podidentity-boundary/" });
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  const name = () => `rail-${it_.namespace}`;
  const get = async () =>
    JSON.parse(
      await it_.sandbox.kubectl("get", "podidentityguardrail", name(), "-o", "json"),
    ) as PodIdentityGuardrail;
  /** Guardrails and objects come by watches of their own: what is applied next must not be seen first. */
  const apply = async (changed: object = {}) => {
    await it_.sandbox.apply(JSON.stringify(openGuardrail(name(), it_.namespace, changed)));
    await until("the operator knows the guardrail", async () => {
      const { metadata, status } = await get();
      return status?.observedGeneration === metadata.generation;
    });
  };
  const withRoles = (managedRoles: object) => ({
    managedRoles: {
      acknowledgeUnbounded: true,
      allowedManagedPolicyArns: ["arn:**:iam::**:policy/**"],
      inlinePolicies: { allowedActions: ["*"], allowedResources: ["*"] },
      ...managedRoles,
    },
  });
  const remove = (...objects: readonly string[]) =>
    it_.sandbox.kubectl("delete", "pia", ...objects, "-n", it_.namespace, "--timeout=90s");
  const roleOf = async (object: string) => {
    const { status } = (await it_.get(object)) ?? {};
    return it_.sandbox.aws.state().roles.find((role) => role.name === status?.roleName);
  };
  const condition = async (object: string, type: string) => {
    const found = (await it_.get(object))?.status?.conditions?.find((one) => one.type === type);
    return found && `${found.status} ${found.reason}`;
  };

  it("that appears lets an object go on that waited for it, at once", async () => {
    await it_.apply("waits", { role: {} });
    await it_.untilReady("waits", "False NoGuardrail");
    expect(it_.effects()).to.deep.equal({});
    await apply();
    await it_.untilReady("waits", "True Reconciled");
    expect(await condition("waits", "Authorized")).to.equal("True Authorized");
  });

  it("puts its boundary and its required tags on every role, also on those that are there already", async () => {
    await apply(
      withRoles({ permissionsBoundaryArn: BOUNDARY, tags: { required: { team: "payments" } } }),
    );
    await until("the role has the boundary", async () => {
      const role = await roleOf("waits");
      return role?.permissionsBoundaryArn === BOUNDARY && role.tags["team"] === "payments";
    });
    await it_.apply("new", { role: {} });
    await it_.untilReady("new", "True Reconciled");
    const role = await roleOf("new");
    expect(role?.permissionsBoundaryArn).to.equal(BOUNDARY);
    expect(role?.tags).to.include({ team: "payments" });
    await remove("new", "waits");
  });

  it("counts what it allows and refuses", async () => {
    await apply(withRoles({ maxSessionDurationSeconds: 3600 }));
    await it_.apply("fine", { role: {} });
    await it_.apply("fine-too", { role: {} });
    await it_.apply("too-long", { role: { maxSessionDurationSeconds: 7200 } });
    await it_.untilReady("too-long", "False SessionDurationNotAllowed");
    await until("it has counted", async () => {
      const { status } = await get();
      return status?.allowed === 2 && status.refused === 1;
    });
    expect((await get()).status?.conditions?.[0]).to.include({ type: "Ready", status: "True" });
    const version = (await get()).metadata.resourceVersion;
    await sweeps(it_, 3);
    expect((await get()).metadata.resourceVersion).to.equal(version);
    await remove("fine", "fine-too", "too-long");
  });

  it("lets the oldest objects of a namespace have the roles there are; another may when one goes", async () => {
    await apply(withRoles({ maxRolesPerNamespace: 2 }));
    for (const object of ["first", "second", "third"]) await it_.apply(object, { role: {} });
    await it_.untilReady("third", "False TooManyRoles");
    await it_.untilReady("first", "True Reconciled");
    await remove("first");
    await it_.untilReady("third", "True Reconciled");
    // Last by name, too: within one second the name decides.
    await it_.apply("z-fourth", { role: {} });
    await it_.untilReady("z-fourth", "False TooManyRoles");
    it_.sandbox.aws.putRole({ name: "shared" });
    await sweeps(it_);
    await apply({ ...withRoles({ maxRolesPerNamespace: 2 }) });
    await it_.apply("second", { roleArn: "arn:aws:iam::111122223333:role/shared", role: null });
    await it_.untilReady("z-fourth", "True Reconciled");
    await remove("second", "third", "z-fourth");
    it_.sandbox.aws.deleteRole({ name: "shared" });
  });

  it("is reached by the labels of a namespace as they are now", async () => {
    await apply({ namespaceSelector: { matchLabels: { team: it_.namespace } } });
    await it_.apply("labelled", { role: {} });
    await it_.untilReady("labelled", "False NoGuardrail");
    const label = (value: string) =>
      it_.sandbox.kubectl("label", "namespace", it_.namespace, value, "--overwrite");
    await label(`team=${it_.namespace}`);
    await it_.untilReady("labelled", "True Reconciled");
    await label("team-");
    await until(
      "it is frozen",
      async () => (await condition("labelled", "Authorized")) === "False Frozen",
    );
    await label(`team=${it_.namespace}`);
    await remove("labelled");
  });

  it("that is not applicable says so, and allows nothing", async () => {
    const bad = { existingRoles: { allowedArns: ["arn:aws:iam::${AWS::Acount}:role/x"] } };
    await it_.sandbox.apply(
      JSON.stringify(guardrail("faulty", { ...bad, serviceAccounts: ["*"] })),
    );
    await until("it says so", async () => {
      const text = await it_.sandbox.kubectl("get", "podidentityguardrail", "faulty", "-o", "json");
      const { status } = JSON.parse(text) as PodIdentityGuardrail;
      return status?.conditions?.some(({ reason }) => reason === "PlaceholderUnknown") ?? false;
    });
    await it_.sandbox.kubectl("delete", "podidentityguardrail", "faulty");
  });

  describe(`narrowed under ${MANY} objects`, () => {
    const names = Array.from({ length: MANY }, (_, index) => `many-${index}`);
    const all = async (isSo: (type: string) => string, type: string) => {
      const text = await it_.sandbox.kubectl(
        ...["get", "pia", "-n", it_.namespace, "-o"],
        `jsonpath={range .items[*]}{.status.conditions[?(@.type=="${type}")].status}{" "}{.status.conditions[?(@.type=="${type}")].reason}{"\\n"}{end}`,
      );
      const lines = text.trim().split("\n");
      return lines.length === MANY && lines.every((line) => line === isSo(type));
    };

    before(async () => {
      await apply();
      const objects = names.map((one) =>
        JSON.stringify(manifest(it_.namespace, one, { role: {} })),
      );
      await it_.sandbox.apply(objects.join("\n"));
      await until("all are Ready", () => all(() => "True Reconciled", "Ready"));
    });

    it("freezes them: 0 AWS writes, Authorized=False on each, Ready unchanged", async () => {
      it_.sandbox.aws.resetCalls();
      await apply(withRoles({ maxRolesPerNamespace: 0 }));
      await until("all are frozen", () => all(() => "False Frozen", "Authorized"));
      expect(await all(() => "True Reconciled", "Ready")).to.equal(true);
      const { status } = (await it_.get("many-0")) ?? {};
      const id = status?.associationId ?? "";
      it_.sandbox.aws.changeAssociation({
        cluster: "demo",
        id,
        changes: { roleArn: "arn:aws:iam::111122223333:role/x" },
      });
      await sweeps(it_);
      expect(it_.effects()).to.deep.equal({});
      const { roleArn = "" } = status ?? {};
      it_.sandbox.aws.changeAssociation({ cluster: "demo", id, changes: { roleArn } });
    });

    it("says so once per object, as an Event", async () => {
      let events = "";
      await until("an Event tells it", async () => {
        events = await it_.events("many-1");
        return events.includes("Frozen");
      });
      expect(events.match(/Frozen/g)).to.have.length(1);
    });

    it("lets them go on when it is put back: 0 AWS writes", async () => {
      await apply();
      await until("all are allowed", () => all(() => "True Authorized", "Authorized"));
      await sweeps(it_);
      expect(it_.effects()).to.deep.equal({});
    });

    it("still lets each of them be deleted, with all it made", async () => {
      await it_.sandbox.kubectl("delete", "podidentityguardrail", name());
      await until("all are frozen", () => all(() => "False Frozen", "Authorized"));
      await remove(...names);
      const { roles, associations } = it_.sandbox.aws.state();
      expect([...roles, ...associations]).to.deep.equal([]);
    });
  });

  it("that says Revoke deletes the association of what it allows no more, and nothing else", async () => {
    const revoke = { onViolation: "Revoke" };
    await apply(revoke);
    await it_.apply("revoked", { role: {} });
    await it_.untilReady("revoked", "True Reconciled");
    it_.sandbox.aws.resetCalls();
    await apply({ ...revoke, ...withRoles({ maxRolesPerNamespace: 0 }) });
    const { status } = await it_.untilReady("revoked", "False TooManyRoles");
    expect(it_.effects()).to.deep.equal({ "eks:DeletePodIdentityAssociation": 1 });
    expect(status?.associationId).to.equal(undefined);
    await until("an Event tells it", async () => (await it_.events("revoked")).includes("Revoked"));
    await apply(revoke);
    await it_.untilReady("revoked", "True Reconciled");
    await remove("revoked");
  });

  it("that says Revoke is not held up by suspend or mode Plan", async () => {
    const revoke = { onViolation: "Revoke" };
    await apply(revoke);
    const evasions = { asleep: { suspend: true }, planning: { mode: "Plan" } };
    for (const object of Object.keys(evasions)) await it_.apply(object, { role: {} });
    for (const object of Object.keys(evasions)) await it_.untilReady(object, "True Reconciled");
    for (const [object, spec] of Object.entries(evasions)) {
      await it_.apply(object, { role: {}, ...spec });
    }
    it_.sandbox.aws.resetCalls();
    await apply({ ...revoke, ...withRoles({ maxRolesPerNamespace: 0 }) });
    await until("both are revoked", () => it_.sandbox.aws.state().associations.length === 0);
    expect(it_.effects()).to.deep.equal({ "eks:DeletePodIdentityAssociation": 2 });
    await remove(...Object.keys(evasions));
  });

  it("that says Revoke must say so all the while", async () => {
    const narrowed = withRoles({ maxRolesPerNamespace: 0 });
    await apply({ onViolation: "Revoke" });
    await it_.apply("flickers", { role: {} });
    await it_.untilReady("flickers", "True Reconciled");
    it_.sandbox.aws.configure({ deniedActions: ["eks:DescribePodIdentityAssociation"] });
    await apply({ onViolation: "Revoke", ...narrowed });
    await until(
      "it is frozen",
      async () => (await condition("flickers", "Authorized")) === "False Frozen",
    );
    await apply({ onViolation: "Freeze", ...narrowed });
    it_.sandbox.aws.configure({ deniedActions: [] });
    await sweeps(it_, 3);
    const associations = () => it_.sandbox.aws.state().associations.length;
    expect(associations()).to.equal(1);
    await apply();
    await remove("flickers");
  });

  it("leaves an object frozen when an edit asks nothing new of AWS", async () => {
    await apply();
    await it_.apply("edited", { role: {} });
    await it_.untilReady("edited", "True Reconciled");
    await apply(withRoles({ maxRolesPerNamespace: 0 }));
    const frozen = async () => (await condition("edited", "Authorized")) === "False Frozen";
    await until("it is frozen", frozen);
    for (const spec of [{ suspend: true }, { deletionPolicy: "Retain" }, { mode: "Plan" }]) {
      await it_.apply("edited", { role: {}, ...spec });
      await until("the edit has been seen", async () => {
        const { metadata, status } = (await it_.get("edited")) ?? {};
        return status?.observedGeneration === metadata?.generation;
      });
      expect(await condition("edited", "Ready")).to.equal("True Reconciled");
      expect(await frozen()).to.equal(true);
    }
    await it_.apply("edited", { role: {}, deletionPolicy: "Delete" });
    await apply();
    await remove("edited");
  });

  it("whose boundary held a role in check is not left before the role has lost what is not allowed without", async () => {
    const AWS = "arn:aws:iam::aws:policy";
    const bounded = { permissionsBoundaryArn: BOUNDARY, allowedManagedPolicyArns: [`${AWS}/**`] };
    await apply({ managedRoles: bounded });
    const small = {
      acknowledgeUnbounded: true,
      allowedManagedPolicyArns: ["arn:aws:iam::111122223333:policy/team/*"],
    };
    const rail = openGuardrail("small", it_.namespace, { managedRoles: small });
    await it_.sandbox.apply(JSON.stringify(rail));
    it_.sandbox.aws.putPolicy({ name: "exists", path: "/team/" });
    await it_.apply("escapes", { role: { managedPolicies: ["AdministratorAccess"] } });
    await it_.untilReady("escapes", "True Reconciled");
    const team = (name: string) => ({
      role: { managedPolicies: [`arn:aws:iam::111122223333:policy/team/${name}`] },
    });
    await it_.apply("escapes", team("none"));
    await it_.untilReady("escapes", "False ManagedPolicyNotFound");
    await sweeps(it_);
    expect((await roleOf("escapes"))?.permissionsBoundaryArn).to.equal(BOUNDARY);
    it_.sandbox.aws.resetCalls();
    await it_.apply("escapes", team("exists"));
    await it_.untilReady("escapes", "True Reconciled");
    const calls = it_.sandbox.aws.calls().map(({ operation }) => operation);
    expect(calls.indexOf("DetachRolePolicy")).to.be.greaterThan(-1);
    expect(calls.indexOf("DetachRolePolicy")).to.be.lessThan(
      calls.indexOf("DeleteRolePermissionsBoundary"),
    );
    await it_.sandbox.kubectl("delete", "podidentityguardrail", "small");
    await remove("escapes");
  });

  it("that says Revoke only freezes while another of the namespace does not, or when it is deleted", async () => {
    await apply({ onViolation: "Revoke" });
    await it_.apply("kept", { role: {} });
    await it_.untilReady("kept", "True Reconciled");
    it_.sandbox.aws.resetCalls();
    const other = openGuardrail("other", it_.namespace, { serviceAccounts: ["other"] });
    await it_.sandbox.apply(JSON.stringify(other));
    await apply({ onViolation: "Revoke", serviceAccounts: [] });
    await until(
      "it is frozen",
      async () => (await condition("kept", "Authorized")) === "False Frozen",
    );
    // In this order: without the other one this one would revoke, if it lasted long enough.
    await it_.sandbox.kubectl("delete", "podidentityguardrail", name(), "other");
    await sweeps(it_, 4);
    expect(it_.effects()).to.deep.equal({});
    expect(await condition("kept", "Ready")).to.equal("True Reconciled");
    await remove("kept");
  });
});
