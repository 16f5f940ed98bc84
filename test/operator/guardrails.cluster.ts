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

const BOUNDARY = "arn:aws:iam::111122223333:policy/boundary";
const MANY = 60;

describe("a PodIdentityGuardrail", function () {
  this.timeout(90_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture({
      guardrails: [],
      env: { REVOKE_AFTER: "0.5", GUARDRAIL_STATUS: "0.2" },
    });
    it_.sandbox.aws.putPolicy({ name: "boundary" });
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  const name = () => `rail-${it_.namespace}`;
  const apply = (changed: object = {}) =>
    it_.sandbox.apply(JSON.stringify(openGuardrail(name(), it_.namespace, changed)));
  const withRoles = (managedRoles: object) => ({
    managedRoles: {
      acknowledgeUnbounded: true,
      allowedManagedPolicyArns: ["arn:**:iam::**:policy/**"],
      inlinePolicies: { allowedActions: ["*"], allowedResources: ["*"] },
      ...managedRoles,
    },
  });
  const remove = (...objects: readonly string[]) =>
    it_.sandbox.kubectl("delete", "pia", ...objects, "-n", it_.namespace, "--timeout=20s");
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
    const get = async () =>
      JSON.parse(
        await it_.sandbox.kubectl("get", "podidentityguardrail", name(), "-o", "json"),
      ) as PodIdentityGuardrail;
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
    await remove("second", "third");
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
      const events = await it_.events("many-1");
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
    expect(await it_.events("revoked")).to.contain("Revoked");
    await apply(revoke);
    await it_.untilReady("revoked", "True Reconciled");
    await remove("revoked");
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
    await it_.sandbox.kubectl("delete", "podidentityguardrail", "other", name());
    await sweeps(it_, 4);
    expect(it_.effects()).to.deep.equal({});
    expect(await condition("kept", "Ready")).to.equal("True Reconciled");
    await remove("kept");
  });
});
