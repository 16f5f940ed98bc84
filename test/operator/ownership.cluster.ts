/** What is not ours is never touched, unless the user and a guardrail both say so. Uninstalling is not deleting. */
import { CreatePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { expect } from "chai";
import { clientsOf } from "../sandbox/aws/clients.ts";
import { type Fixture, manifest, openGuardrail, startFixture, sweeps, until } from "./fixture.ts";

const EXISTING = "arn:aws:iam::111122223333:role/theirs";
const CRD = "podidentityassociations.podidentity.io";

describe("what exists in AWS already", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture();
    it_.sandbox.aws.putRole({ name: "theirs" });
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  const associationOf = (serviceAccount: string) =>
    it_.sandbox.aws.state().associations.find((one) => one.serviceAccount === serviceAccount);
  const roleNamed = (name: string) =>
    it_.sandbox.aws.state().roles.find((one) => one.name === name);
  const message = async (name: string) =>
    (await it_.get(name))?.status?.conditions?.find(({ type }) => type === "Ready")?.message;
  const writes = () =>
    it_.sandbox.aws
      .calls()
      .map(({ operation }) => operation)
      .filter((operation) => /^(Create|Update|Delete|Put|Attach|Detach|Tag|Untag)/.test(operation));
  const guardrailAllows = async (adoption: "Allowed" | "Forbidden") => {
    const rail = openGuardrail(`open-${it_.namespace}`, it_.namespace, { adoption });
    await it_.sandbox.apply(JSON.stringify(rail));
  };

  /** As `aws eks create-pod-identity-association` does. */
  async function associate(serviceAccount: string): Promise<string> {
    const command = new CreatePodIdentityAssociationCommand({
      clusterName: "demo",
      namespace: it_.namespace,
      serviceAccount,
      roleArn: EXISTING,
      tags: { by: "hand" },
    });
    const { association } = await clientsOf(it_.sandbox.aws).eks.send(command);
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
    return association?.associationId ?? "";
  }

  it("stops an object that did not say it would take it over: the message has id, tags and both ways out", async () => {
    const id = await associate("manual");
    await it_.apply("manual", { role: {} });
    await it_.untilReady("manual", "False AssociationConflict");
    expect(await message("manual"))
      .to.contain(id)
      .and.contain("by=hand")
      .and.contain("adoptionPolicy: Association");
    expect(it_.effects()).to.deep.equal({});
  });

  it("stops an object that said so where its guardrail does not: the message says which", async () => {
    await guardrailAllows("Forbidden");
    await it_.apply("manual", { role: {}, adoptionPolicy: "Association" });
    await until("it says so", async () => (await message("manual"))?.includes("adoption") ?? false);
    expect(await message("manual")).to.contain(`PodIdentityGuardrail open-${it_.namespace}`);
    expect(it_.effects()).to.deep.equal({});
  });

  it("is taken over where both say so: our tags first, then the plan, and never made anew", async () => {
    await guardrailAllows("Allowed");
    const { status } = await it_.untilReady("manual", "True Reconciled");
    const now = associationOf("manual");
    expect(status?.associationId).to.equal(now?.associationId);
    expect(now?.roleArn).to.equal(status?.roleArn);
    expect(now?.tags).to.include({ "podidentity.io/resource": `${it_.namespace}/manual` });
    expect(now?.tags).to.not.have.property("by");
    const [first, ...others] = writes();
    expect(first).to.equal("TagResource");
    expect(others)
      .to.include("UpdatePodIdentityAssociation")
      .and.not.include.members(["CreatePodIdentityAssociation", "DeletePodIdentityAssociation"]);
    expect(others.filter((operation) => operation === "TagResource")).to.deep.equal([]);
  });

  it("is taken over with its role, which loses what was not granted before any pod can have it", async () => {
    await it_.apply("old-role", { role: { name: "old-role" }, adoptionPolicy: "Association" });
    await it_.untilReady("old-role", "True Reconciled");
    it_.sandbox.aws.putRole({
      name: "found",
      path: "/podidentity/",
      managedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
    });
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
    await it_.apply("found", { role: { name: "found" }, adoptionPolicy: "Association" });
    await it_.untilReady("found", "False RoleNameConflict");
    expect(it_.effects()).to.deep.equal({});
    await it_.apply("found", { role: { name: "found" }, adoptionPolicy: "AssociationAndRole" });
    await it_.untilReady("found", "True Reconciled");
    expect(writes()[0]).to.equal("TagRole");
    expect(writes()).to.not.include("CreateRole");
    expect(writes().indexOf("DetachRolePolicy")).to.be.lessThan(
      writes().indexOf("CreatePodIdentityAssociation"),
    );
    expect(roleNamed("found")?.managedPolicyArns).to.deep.equal([]);
  });

  it("is not taken over where the operator's own policies do not reach: they end at its role path", async () => {
    it_.sandbox.aws.putRole({ name: "out-of-reach" });
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
    const spec = { role: { name: "out-of-reach" }, adoptionPolicy: "AssociationAndRole" };
    await it_.apply("out-of-reach", spec);
    await it_.untilReady("out-of-reach", "False AccessDenied");
    expect(await message("out-of-reach")).to.include("iam:TagRole on");
    expect(it_.effects()).to.deep.equal({});
  });

  it("is never taken over from an add-on or another installation, whoever says so", async () => {
    const theirs = {
      "podidentity.io/owner": "arn:aws:eks:us-west-2:111122223333:cluster/demo",
      "podidentity.io/installation": "other",
      "podidentity.io/resource": `${it_.namespace}/x`,
    };
    const association = { clusterName: "demo", namespace: it_.namespace, roleArn: EXISTING };
    it_.sandbox.aws.putAssociation({ ...association, serviceAccount: "others", tags: theirs });
    const ownerArn = "arn:aws:eks:us-west-2:111122223333:addon/demo/vpc-cni/1";
    it_.sandbox.aws.putAssociation({ ...association, serviceAccount: "addons", ownerArn });
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
    const spec = { role: {}, adoptionPolicy: "AssociationAndRole" };
    await it_.apply("others", spec);
    await it_.apply("addons", spec);
    await it_.untilReady("others", "False AssociationConflict");
    await it_.untilReady("addons", "False AssociationOwnedByAddon");
    expect(it_.effects()).to.deep.equal({});
  });

  it("is taken over only by what a fresh read shows: it may be somebody's by now", async () => {
    const id = await associate("contested");
    await it_.apply("contested", { role: {} });
    await it_.untilReady("contested", "False AssociationConflict");
    const tags = {
      "podidentity.io/owner": "arn:aws:eks:us-west-2:111122223333:cluster/demo",
      "podidentity.io/installation": "other",
    };
    it_.sandbox.aws.changeAssociation({ cluster: "demo", id, changes: { tags } });
    it_.sandbox.aws.resetCalls();
    await it_.apply("contested", { role: {}, adoptionPolicy: "Association" });
    await until(
      "it says whose",
      async () => (await message("contested"))?.includes('"other"') ?? false,
    );
    expect(it_.effects()).to.deep.equal({});
  });

  it("is not taken over by half, where its role is somebody's", async () => {
    await associate("half");
    const tags = {
      "podidentity.io/owner": "arn:aws:eks:eu-west-1:111122223333:cluster/other",
      "podidentity.io/installation": "default",
    };
    it_.sandbox.aws.configure({ deniedActions: ["iam:GetAccountAuthorizationDetails"] });
    it_.sandbox.aws.putRole({ name: "half", tags });
    await it_.apply("half", { role: { name: "half" }, adoptionPolicy: "AssociationAndRole" });
    await it_.untilReady("half", "False RoleNotOwned");
    expect(it_.effects()).to.deep.equal({});
    it_.sandbox.aws.configure({ deniedActions: [] });
  });

  it("goes to the object that comes first, when two would take it over", async () => {
    await associate("both");
    const spec = { serviceAccountName: "both", role: {}, adoptionPolicy: "Association" };
    const objects = ["a-both", "b-both"].map((name) => manifest(it_.namespace, name, spec));
    await it_.sandbox.apply(objects.map((object) => JSON.stringify(object)).join("\n"));
    await it_.untilReady("a-both", "True Reconciled");
    await it_.untilReady("b-both", "False DuplicateClaim");
  });

  it("is not taken over with its role while objects of another namespace use that", async () => {
    const elsewhere = `${it_.namespace}-elsewhere`;
    await it_.sandbox.kubectl("create", "namespace", elsewhere);
    await it_.sandbox.apply(JSON.stringify(openGuardrail("elsewhere", elsewhere)));
    const user = manifest(elsewhere, "user", { roleArn: EXISTING });
    await it_.sandbox.apply(JSON.stringify(user));
    await it_.untilReady("user", "True Reconciled", elsewhere);
    it_.sandbox.aws.resetCalls();
    await it_.apply("greedy", { role: { name: "theirs" }, adoptionPolicy: "AssociationAndRole" });
    await it_.untilReady("greedy", "False RoleInUse");
    expect(await message("greedy")).to.contain(`${elsewhere}/user`);
    expect(it_.effects()).to.deep.equal({});
    await it_.sandbox.kubectl("delete", "pia", "user", "-n", elsewhere, "--timeout=90s");
  });

  it("belongs to nobody when the object that made it is no more, and is taken over like that", async () => {
    await it_.apply("before", { serviceAccountName: "same", role: {} });
    const { status } = await it_.untilReady("before", "True Reconciled");
    const object = ["pia", "before", "-n", it_.namespace];
    it_.sandbox.aws.configure({ deniedActions: ["eks:DeletePodIdentityAssociation"] });
    await it_.sandbox.kubectl("delete", ...object, "--wait=false");
    await it_.sandbox.kubectl(
      "patch",
      ...object,
      "--type=merge",
      "-p",
      '{"metadata":{"finalizers":null}}',
    );
    await until("it is reported", async () => {
      const events = await it_.sandbox.kubectl("get", "events", "-A", "-o", "yaml");
      return events.includes("Orphaned") && events.includes(status?.associationId ?? "");
    });
    // Only now: until it has seen the object go, the operator would still delete what that made.
    it_.sandbox.aws.configure({ deniedActions: [] });
    const metrics = await (await fetch(`${it_.operator.probes}/metrics`)).text();
    expect(metrics).to.contain("podidentity_orphans 2");
    await it_.apply("after", { serviceAccountName: "same", role: {} });
    await it_.untilReady("after", "False AssociationConflict");
    expect(await message("after")).to.contain(`${it_.namespace}/before, which is no more`);
    const spec = { serviceAccountName: "same", role: {}, adoptionPolicy: "Association" };
    await it_.apply("after", spec);
    const after = await it_.untilReady("after", "True Reconciled");
    expect(after.status?.associationId).to.equal(status?.associationId);
  });

  it("was retained, and comes back to an object of that name that says so", async () => {
    const spec = { role: {}, deletionPolicy: "Retain" };
    await it_.apply("comes-back", spec);
    const { status } = await it_.untilReady("comes-back", "True Reconciled");
    const remove = ["delete", "pia", "comes-back", "-n", it_.namespace, "--timeout=90s"];
    await it_.sandbox.kubectl(...remove);
    it_.sandbox.aws.resetCalls();
    await it_.apply("comes-back", spec);
    await it_.untilReady("comes-back", "False AssociationConflict");
    expect(await message("comes-back")).to.contain("was retained from");
    expect(it_.effects()).to.deep.equal({});
    await it_.apply("comes-back", { ...spec, adoptionPolicy: "AssociationAndRole" });
    const again = await it_.untilReady("comes-back", "True Reconciled");
    expect(again.status?.associationId).to.equal(status?.associationId);
    expect(it_.effects()).to.not.have.any.keys(
      "iam:CreateRole",
      "eks:CreatePodIdentityAssociation",
    );
    const tags = associationOf("comes-back")?.tags ?? {};
    expect(tags).to.not.have.property("podidentity.io/retained-from");
  });
});

describe("deleting our CustomResourceDefinition", function () {
  this.timeout(600_000);
  const PATIENCE = "--timeout=180s";
  const COUNT = 100;
  const BACK = 60;
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture();
  });
  after(() => it_.stop());

  const names = (count: number) => Array.from({ length: count }, (_, index) => `many-${index}`);
  const objects = (count: number) =>
    names(count)
      .map((name) => JSON.stringify(manifest(it_.namespace, name, { role: {} })))
      .join("\n");
  const allReady = (count: number) =>
    it_.sandbox.kubectl(
      ...["wait", "--for=condition=Ready", PATIENCE, "-n", it_.namespace],
      ...names(count).map((name) => `pia/${name}`),
    );

  it("takes nothing away in AWS, though all objects go with it", async () => {
    await it_.sandbox.apply(objects(COUNT));
    await allReady(COUNT);
    it_.sandbox.aws.resetCalls();
    await it_.sandbox.kubectl("delete", "crd", CRD, PATIENCE);
    expect(it_.effects()).to.deep.equal({});
    expect(it_.sandbox.aws.state().associations).to.have.length(COUNT);
  });

  it("is undone by applying it again: objects that come back find all they had, with 0 creates and 0 deletes", async () => {
    await it_.sandbox.kubectl("apply", "--server-side", "-k", "crds");
    await it_.sandbox.kubectl("wait", "--for=condition=Established", `crd/${CRD}`);
    await it_.sandbox.apply(objects(BACK));
    await allReady(BACK);
    await sweeps(it_);
    const effects = Object.keys(it_.effects()).filter((call) => /:(Create|Delete)/.test(call));
    expect(effects).to.deep.equal([]);
    expect(it_.sandbox.aws.state().associations).to.have.length(COUNT);
  });
});
