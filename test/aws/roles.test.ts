/** Roles over IAM's wire protocol. */
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand } from "@aws-sdk/client-iam";
import { expect } from "chai";
import { IamRoles } from "../../src/aws/roles.ts";
import { hashDocument } from "../../src/plan/policy-hash.ts";
import type { DesiredRole, ObservedRole } from "../../src/plan/resources.ts";
import { connect, refusal, type Wire } from "./wire.ts";

const document = (action: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid: "One", Effect: "Allow", Action: action, Resource: "arn:aws:s3:::a b/ü%" }],
  });
const trustPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    },
  ],
});
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

const wanted: DesiredRole = {
  name: "Reader",
  path: "/podidentity/",
  arn: "arn:aws:iam::111122223333:role/podidentity/Reader",
  trustPolicy,
  description: "reads",
  maxSessionSeconds: 7200,
  permissionsBoundaryArn: READ_ONLY,
  tags: { team: "shop", empty: "" },
  managedPolicyArns: [READ_ONLY],
  inlinePolicies: { one: document("s3:GetObject") },
};

describe("roles in IAM", () => {
  let wire: Wire;
  let roles: IamRoles;

  beforeEach(async () => {
    wire = await connect();
    roles = new IamRoles(wire.clients.iam);
  });
  afterEach(() => wire.stop());

  async function sweep(): Promise<ObservedRole[]> {
    const all: ObservedRole[] = [];
    for await (const page of roles.sweep()) all.push(...page);
    return all;
  }

  it("are created in one call with trust policy, boundary and tags, and no policies", async () => {
    const created = await roles.create(wanted);
    expect(wire.aws.counters()).to.have.keys("iam:CreateRole");
    expect(created).to.deep.equal(await roles.find("Reader"));
    expect(created).to.deep.include({
      description: "reads",
      maxSessionSeconds: 7200,
      permissionsBoundaryArn: READ_ONLY,
      tags: wanted.tags,
      inlinePolicies: {},
      managedPolicyArns: [],
      trustPolicy: hashDocument(trustPolicy),
    });
  });

  it("are created without what is empty", async () => {
    await roles.create({ ...wanted, description: "", tags: {}, permissionsBoundaryArn: undefined });
    expect(wire.aws.calls()[0]?.parameters).to.not.have.any.keys(
      "Description",
      "Tags",
      "PermissionsBoundary",
    );
    expect(await roles.find("Reader")).to.deep.include({ description: "", tags: {} });
  });

  it("are not created over one of that name, in whatever case", async () => {
    wire.aws.putRole({ name: "reader" });
    expect(await roles.create(wanted)).to.equal("AlreadyExists");
  });

  it("are found with all their policies, documents decoded", async () => {
    await roles.create(wanted);
    await roles.change({
      type: "PutInlinePolicy",
      name: "Reader",
      policyName: "one",
      document: document("s3:GetObject"),
    });
    await roles.change({
      type: "PutInlinePolicy",
      name: "Reader",
      policyName: "two",
      document: document("s3:PutObject"),
    });
    await roles.change({ type: "AttachPolicy", name: "Reader", arn: READ_ONLY });
    const found = await roles.find("Reader");
    expect(found?.managedPolicyArns).to.deep.equal([READ_ONLY]);
    expect(found?.inlinePolicies).to.deep.equal({
      one: hashDocument(document("s3:GetObject")),
      two: hashDocument(document("s3:PutObject")),
    });
    expect(found?.roleId).to.match(/^AROA/);
  });

  it("are absent if IAM has none of that name, at the cost of one call", async () => {
    expect(await roles.find("Reader")).to.equal(undefined);
    expect(wire.aws.calls()).to.have.length(1);
  });

  for (const operation of ["ListRolePolicies", "ListAttachedRolePolicies"]) {
    it(`are absent if they vanish before ${operation}`, async () => {
      wire.aws.putRole({ name: "Reader" });
      const message = "The role with name Reader cannot be found.";
      wire.aws.addFault({ operation, answer: { code: "NoSuchEntity", status: 404, message } });
      expect(await roles.find("Reader")).to.equal(undefined);
    });
  }

  it("are found with hundreds of policies: all pages count", async () => {
    const names = Array.from({ length: 120 }, (_, number) => `policy-${number}`);
    const inlinePolicies = Object.fromEntries(names.map((name) => [name, document("s3:Get*")]));
    wire.aws.putRole({ name: "Reader", inlinePolicies });
    const found = await roles.find("Reader");
    expect(Object.keys(found?.inlinePolicies ?? {})).to.have.members(names);
  });

  it("are changed piece by piece", async () => {
    await roles.create(wanted);
    const closed = trustPolicy.replace('"sts:AssumeRole",', "");
    await roles.change({ type: "SetTrustPolicy", name: "Reader", document: closed });
    await roles.change({
      type: "SetDescriptionAndDuration",
      name: "Reader",
      description: "",
      seconds: 3600,
    });
    await roles.change({ type: "DeletePermissionsBoundary", name: "Reader" });
    await roles.change({ type: "TagRole", name: "Reader", tags: { owner: "us" } });
    await roles.change({ type: "UntagRole", name: "Reader", keys: ["team"] });
    expect(await roles.find("Reader")).to.deep.include({
      trustPolicy: hashDocument(closed),
      description: "",
      maxSessionSeconds: 3600,
      permissionsBoundaryArn: undefined,
      tags: { owner: "us", empty: "" },
    });
    await roles.change({ type: "SetPermissionsBoundary", name: "Reader", arn: READ_ONLY });
    expect(await roles.find("Reader")).to.deep.include({ permissionsBoundaryArn: READ_ONLY });
  });

  it("are deleted after their policies, and what is gone counts as deleted", async () => {
    await roles.create(wanted);
    await roles.change({
      type: "PutInlinePolicy",
      name: "Reader",
      policyName: "one",
      document: document("s3:GetObject"),
    });
    await roles.change({ type: "AttachPolicy", name: "Reader", arn: READ_ONLY });
    expect(await refusal(roles.change({ type: "DeleteRole", name: "Reader" }))).to.deep.include({
      reason: "DeleteBlocked",
    });
    for (let twice = 0; twice < 2; twice += 1) {
      await roles.change({ type: "DeleteInlinePolicy", name: "Reader", policyName: "one" });
      await roles.change({ type: "DetachPolicy", name: "Reader", arn: READ_ONLY });
    }
    for (let twice = 0; twice < 2; twice += 1)
      await roles.change({ type: "DeleteRole", name: "Reader" });
    await roles.change({ type: "DetachPolicy", name: "Reader", arn: READ_ONLY });
    expect(await roles.find("Reader")).to.equal(undefined);
  });

  it("are not deleted from an instance profile, and the message names it", async () => {
    await roles.create(wanted);
    const { iam } = wire.clients;
    const InstanceProfileName = "legacy-nodes";
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    await iam.send(
      new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: "Reader" }),
    );
    const refused = await refusal(roles.change({ type: "DeleteRole", name: "Reader" }));
    expect(refused).to.deep.include({ reason: "DeleteBlocked" });
    expect(refused).to.have.property("message").that.contains("legacy-nodes");
    wire.aws.configure({ deniedActions: ["iam:ListInstanceProfilesForRole"] });
    const unnamed = await refusal(roles.change({ type: "DeleteRole", name: "Reader" }));
    expect(unnamed).to.have.property("message").that.contains("instance profile");
  });

  it("are all shown by the bulk read, 200 a page, but for description and duration", async () => {
    for (let number = 0; number < 450; number += 1) wire.aws.putRole({ name: `role-${number}` });
    wire.aws.putRole({
      ...wanted,
      permissionsBoundaryArn: READ_ONLY,
    });
    const all = await sweep();
    expect(all).to.have.length(451);
    expect(wire.aws.counters()["iam:GetAccountAuthorizationDetails"]?.calls).to.equal(3);
    expect(wire.aws.calls()[0]?.parameters).to.deep.include({ MaxItems: "200" });
    const alone = await roles.find("Reader");
    expect(all.find(({ name }) => name === "Reader")).to.deep.equal({
      ...alone,
      description: undefined,
      maxSessionSeconds: undefined,
    });
  });

  it("say AccessDenied where the bulk read is not permitted", async () => {
    wire.aws.configure({ deniedActions: ["iam:GetAccountAuthorizationDetails"] });
    expect(await refusal(sweep())).to.deep.include({ reason: "AccessDenied" });
  });

  it("show description and duration below a path", async () => {
    wire.aws.putRole({ name: "foreign" });
    wire.aws.putRole({ name: "plain", path: "/podidentity/" });
    await roles.create(wanted);
    const texts = await roles.sweepDescriptions("/podidentity/");
    expect([...texts].sort()).to.deep.equal([
      ["Reader", { description: "reads", maxSessionSeconds: 7200 }],
      ["plain", { description: "", maxSessionSeconds: 3600 }],
    ]);
  });

  it("refuse a managed policy that does not exist, by its ARN", async () => {
    wire.aws.putRole({ name: "Reader" });
    const missing = "arn:aws:iam::111122223333:policy/missing";
    for (const call of [
      () => roles.change({ type: "AttachPolicy", name: "Reader", arn: missing }),
      () => roles.create({ ...wanted, name: "other", permissionsBoundaryArn: missing }),
    ]) {
      const refused = await refusal(call());
      expect(refused).to.deep.include({ reason: "ManagedPolicyNotFound" });
      expect(refused).to.have.property("message").that.contains(missing);
    }
  });

  it("say that a role is not there (yet) when something is to be put on it", async () => {
    for (const call of [
      () => roles.change({ type: "AttachPolicy", name: "Reader", arn: READ_ONLY }),
      () =>
        roles.change({
          type: "PutInlinePolicy",
          name: "Reader",
          policyName: "one",
          document: document("s3:GetObject"),
        }),
      () => roles.change({ type: "SetTrustPolicy", name: "Reader", document: trustPolicy }),
    ]) {
      expect(await refusal(call())).to.deep.include({ reason: "RolePropagating" });
    }
  });
});
