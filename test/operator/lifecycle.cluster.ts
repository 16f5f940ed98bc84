/** One PodIdentityAssociation from kubectl to AWS and back, on the genuine control plane. */
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { type Fixture, startFixture, sweeps, until } from "./fixture.ts";

const readBucket = {
  Version: "2012-10-17",
  Statement: [
    { Sid: "Read", Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" },
  ],
};
const role = {
  managedPolicies: ["AmazonS3ReadOnlyAccess"],
  inlinePolicies: [{ name: "read", document: readBucket }],
};

describe("a PodIdentityAssociation", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture();
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  const roleNamed = (name: string) =>
    it_.sandbox.aws.state().roles.find((one) => one.name === name);
  const associationOf = (serviceAccount: string) =>
    it_.sandbox.aws.state().associations.find((one) => one.serviceAccount === serviceAccount);

  it("becomes a role with its policies and an association, by three kinds of calls and no read of its own", async () => {
    await it_.apply("reader", { role, tags: { team: "payments" } });
    const { status } = await it_.untilReady("reader", "True Reconciled");
    const made = roleNamed(status?.roleName ?? "");
    expect(made?.arn).to.equal(status?.roleArn);
    expect(made?.managedPolicyArns).to.deep.equal([
      "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    ]);
    expect(JSON.parse(made?.inlinePolicies["read"] ?? "")).to.deep.equal(readBucket);
    expect(associationOf("reader")?.roleArn).to.equal(status?.roleArn);
    expect(associationOf("reader")?.associationId).to.equal(status?.associationId);
    expect(made?.tags).to.include({
      team: "payments",
      "podidentity.io/resource": `${it_.namespace}/reader`,
    });
    expect(associationOf("reader")?.tags).to.include({ team: "payments" });
    expect(it_.effects()).to.deep.equal({
      "iam:CreateRole": 1,
      "iam:AttachRolePolicy": 1,
      "iam:PutRolePolicy": 1,
      "eks:CreatePodIdentityAssociation": 1,
    });
    expect(it_.sandbox.aws.calls({ operation: "GetRole" })).to.deep.equal([]);
  });

  it("is waited for by kubectl, and listed with the columns that people look for", async () => {
    const wait = [
      "wait",
      "--for=condition=Ready",
      "podidentityassociation/reader",
      "-n",
      it_.namespace,
    ];
    expect(await it_.sandbox.kubectl(...wait)).to.contain("condition met");
    const listed = await it_.sandbox.kubectl("get", "pia", "-A");
    expect(listed.split("\n")[0]?.split(/\s+/)).to.deep.equal([
      "NAMESPACE",
      "NAME",
      "SERVICEACCOUNT",
      "ROLE",
      "READY",
      "REASON",
      "PODS",
      "AGE",
    ]);
    const wide = await it_.sandbox.kubectl("get", "pia", "-A", "-o", "wide");
    expect(wide).to.contain("ASSOCIATION").and.contain("CLUSTER").and.contain("ROLE ARN");
  });

  it("of every sample that is about nothing else becomes Ready", async () => {
    it_.sandbox.aws.putRole({ name: "s3-reader", path: "/shared/" });
    // The others, which the walkthroughs apply, bring pods and annotations.
    const names = [
      "s3-reader",
      "s3-reader-existing-role",
      "inline-policy",
      "guardrail-shared-roles",
    ];
    const files = names.flatMap((name) => ["-f", `config/samples/${name}.yaml`]);
    const samples = [...files, "-n", it_.namespace];
    await it_.sandbox.kubectl("apply", ...samples);
    const wait = [
      "wait",
      "--for=condition=Ready",
      "--timeout=90s",
      "--all",
      "pia",
      "-n",
      it_.namespace,
    ];
    expect((await it_.sandbox.kubectl(...wait)).match(/condition met/g)).to.have.length(4);
    await it_.sandbox.kubectl("delete", ...samples, "--timeout=90s");
    it_.sandbox.aws.deleteRole({ name: "s3-reader" });
  });

  it("that is in sync is left in peace: sweeps write nothing anywhere and log nothing", async () => {
    await sweeps(it_);
    const before = await it_.get("reader");
    const lines = it_.operator.lines.length;
    it_.sandbox.aws.resetCalls();
    await sweeps(it_, 3);
    expect(it_.effects()).to.deep.equal({});
    expect((await it_.get("reader"))?.metadata.resourceVersion).to.equal(
      before?.metadata.resourceVersion,
    );
    expect(it_.operator.lines.slice(lines)).to.deep.equal([]);
  });

  it("whose association and policies vanish gets them back within a sweep, with an Event", async () => {
    const { status } = (await it_.get("reader")) ?? {};
    it_.sandbox.aws.deleteAssociation({ cluster: "demo", id: status?.associationId ?? "" });
    it_.sandbox.aws.changeRole({
      name: status?.roleName ?? "",
      changes: { inlinePolicies: {}, managedPolicyArns: [] },
    });
    await until("all is back", () => {
      const now = roleNamed(status?.roleName ?? "");
      return (
        associationOf("reader") !== undefined &&
        now?.managedPolicyArns.length === 1 &&
        "read" in now.inlinePolicies
      );
    });
    await until("an Event tells it", async () =>
      (await it_.events("reader")).includes("DriftRepaired"),
    );
    await until(
      "status has the new id",
      async () =>
        (await it_.get("reader"))?.status?.associationId === associationOf("reader")?.associationId,
    );
  });

  it("whose role is edited in every other way is put right", async () => {
    const { status } = (await it_.get("reader")) ?? {};
    const name = status?.roleName ?? "";
    const wanted = roleNamed(name);
    it_.sandbox.aws.changeRole({
      name,
      changes: {
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
        permissionsBoundaryArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
        tags: { ...wanted?.tags, team: "other", more: "x" },
        inlinePolicies: { ...wanted?.inlinePolicies, admin: JSON.stringify(readBucket) },
      },
    });
    const shown = (one: typeof wanted) => ({
      trustPolicy: one?.trustPolicy,
      permissionsBoundaryArn: one?.permissionsBoundaryArn,
      tags: one?.tags,
      inlinePolicies: Object.keys(one?.inlinePolicies ?? {}),
    });
    await until(
      "the role is as before",
      () => isDeepStrictEqual(shown(roleNamed(name)), shown(wanted)),
      () => JSON.stringify(shown(roleNamed(name))),
    );
  });

  it("whose policy another tool rewrites in other clothes is not written again", async () => {
    const { status } = (await it_.get("reader")) ?? {};
    await sweeps(it_);
    const cosmetic = {
      Statement: [
        {
          Action: ["S3:GETOBJECT"],
          Resource: ["arn:aws:s3:::bucket/*"],
          Effect: "Allow",
          Sid: "Read",
        },
      ],
      Version: "2012-10-17",
    };
    it_.sandbox.aws.changeRole({
      name: status?.roleName ?? "",
      changes: { inlinePolicies: { read: JSON.stringify(cosmetic, null, 2) } },
    });
    it_.sandbox.aws.resetCalls();
    await sweeps(it_, 3);
    expect(it_.effects()).to.deep.equal({});
  });

  it("that is edited changes in AWS: grants first, removals last", async () => {
    await it_.apply("reader", {
      role: { managedPolicies: ["AmazonSQSReadOnlyAccess"], maxSessionDurationSeconds: 7200 },
      tags: { team: "payments" },
    });
    await until("the new policy is there alone", async () => {
      const { status } = (await it_.get("reader")) ?? {};
      const now = roleNamed(status?.roleName ?? "");
      return (
        now?.managedPolicyArns.join() === "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess" &&
        now.maxSessionSeconds === 7200 &&
        Object.keys(now.inlinePolicies).length === 0
      );
    });
    const order = it_.sandbox.aws
      .calls()
      .filter(({ tookEffect }) => tookEffect)
      .map(({ operation }) => operation);
    expect(order.indexOf("AttachRolePolicy")).to.be.lessThan(order.indexOf("DetachRolePolicy"));
  });

  it("that moves to a role of somebody else leaves nothing of its own behind", async () => {
    it_.sandbox.aws.putRole({ name: "shared", path: "/team/" });
    const own = (await it_.get("reader"))?.status?.roleName ?? "";
    await it_.apply("reader", { roleArn: "arn:aws:iam::${AWS::AccountId}:role/team/shared" });
    await until(
      "only the shared role is left",
      () =>
        it_.sandbox.aws
          .state()
          .roles.map(({ name }) => name)
          .join() === "shared",
    );
    expect(associationOf("reader")?.roleArn).to.equal("arn:aws:iam::111122223333:role/team/shared");
    const { status } = await it_.untilReady("reader", "True Reconciled");
    expect(own).not.to.equal(status?.roleName);
    await until(
      "the rename is over",
      async () => (await it_.get("reader"))?.status?.previousRoleName === undefined,
    );
  });

  it("that is suspended is not repaired, and is again when it goes on", async () => {
    await it_.apply("reader", {
      roleArn: "arn:aws:iam::111122223333:role/team/shared",
      suspend: true,
    });
    await until("it says so", async () =>
      JSON.stringify((await it_.get("reader"))?.status).includes("Suspended"),
    );
    it_.sandbox.aws.deleteAssociation({
      cluster: "demo",
      namespace: it_.namespace,
      serviceAccount: "reader",
    });
    await sweeps(it_, 3);
    expect(associationOf("reader")).to.equal(undefined);
    await it_.apply("reader", {
      roleArn: "arn:aws:iam::111122223333:role/team/shared",
      suspend: false,
    });
    await until("it is back", () => associationOf("reader") !== undefined);
  });

  it("that is deleted takes its association, and never a role of somebody else", async () => {
    await it_.sandbox.kubectl("delete", "pia", "reader", "-n", it_.namespace, "--timeout=90s");
    expect(it_.sandbox.aws.state().associations).to.deep.equal([]);
    expect(it_.sandbox.aws.state().roles.map(({ name }) => name)).to.deep.equal(["shared"]);
    await until("an Event tells it", async () => (await it_.events("reader")).includes("Deleted"));
  });

  it("that is deleted takes its own role with all policies", async () => {
    await it_.apply("short-lived", { role });
    await it_.untilReady("short-lived", "True Reconciled");
    await it_.sandbox.kubectl("delete", "pia", "short-lived", "-n", it_.namespace, "--timeout=90s");
    expect(it_.sandbox.aws.state().roles.map(({ name }) => name)).to.deep.equal(["shared"]);
  });

  it("with deletionPolicy Retain leaves all in AWS, no longer as its own", async () => {
    await it_.apply("kept", { role, deletionPolicy: "Retain" });
    const { status } = await it_.untilReady("kept", "True Reconciled");
    await it_.sandbox.kubectl("delete", "pia", "kept", "-n", it_.namespace, "--timeout=90s");
    const kept = roleNamed(status?.roleName ?? "");
    expect(kept?.tags).to.have.property("podidentity.io/retained-from");
    expect(kept?.tags).not.to.have.property("podidentity.io/owner");
    expect(associationOf("kept")?.tags).not.to.have.property("podidentity.io/owner");
    expect(kept?.managedPolicyArns).to.have.length(1);
  });

  it("with deletionPolicy Retain goes even when AWS refuses everything", async () => {
    await it_.apply("way-out", { role: {}, deletionPolicy: "Retain" });
    await it_.untilReady("way-out", "True Reconciled");
    it_.sandbox.aws.configure({
      deniedActions: [
        "iam:TagRole",
        "iam:UntagRole",
        "iam:GetRole",
        "eks:TagResource",
        "eks:DescribePodIdentityAssociation",
      ],
    });
    await it_.sandbox.kubectl("delete", "pia", "way-out", "-n", it_.namespace, "--timeout=90s");
    it_.sandbox.aws.configure({ deniedActions: [] });
    expect(associationOf("way-out")).not.to.equal(undefined);
  });
});
