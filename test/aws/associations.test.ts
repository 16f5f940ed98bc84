/** Associations over EKS's wire protocol. */
import { expect } from "chai";
import { EksAssociations } from "../../src/aws/associations.ts";
import { hashDocument } from "../../src/plan/policy-hash.ts";
import type { ObservedAssociation } from "../../src/plan/resources.ts";
import { connect, refusal, type Wire } from "./wire.ts";

const ROLE = "arn:aws:iam::111122223333:role/reader";
const OTHER_ROLE = "arn:aws:iam::111122223333:role/writer";
const cart = { namespace: "shop", serviceAccount: "cart" };
const tags = { team: "shop" };

/** What EKS gives where nothing else is asked for. */
const session = { targetRoleArn: undefined, disableSessionTags: false, policy: undefined };

describe("associations in EKS", () => {
  let wire: Wire;
  let associations: EksAssociations;

  beforeEach(async () => {
    wire = await connect();
    for (const name of ["reader", "writer"]) wire.aws.putRole({ name });
    associations = new EksAssociations(wire.clients.eks, "demo");
  });
  afterEach(() => wire.stop());

  async function create(): Promise<ObservedAssociation> {
    const created = await associations.create({ key: cart, roleArn: ROLE, tags, session });
    if ("existingId" in created) throw new Error("there is one already");
    return created;
  }

  it("are created in one call, whose answer is complete", async () => {
    const created = await create();
    const details = {
      roleArn: ROLE,
      tags,
      targetRoleArn: undefined,
      externalId: undefined,
      disableSessionTags: false,
      policy: undefined,
    };
    expect(created).to.deep.include({ ...cart, ownerArn: undefined, details });
    expect(created.arn).to.equal(
      `arn:aws:eks:us-west-2:111122223333:podidentityassociation/demo/${created.id}`,
    );
    expect(Object.keys(wire.aws.counters())).to.deep.equal(["eks:CreatePodIdentityAssociation"]);
  });

  it("are created without tags if there are none", async () => {
    await associations.create({ key: cart, roleArn: ROLE, tags: {}, session });
    expect(wire.aws.calls()[0]?.parameters).to.not.have.property("tags");
  });

  it("are found by ServiceAccount, complete", async () => {
    const created = await create();
    expect(await associations.find(cart)).to.deep.equal(created);
    expect(await associations.find({ ...cart, serviceAccount: "car" })).to.equal(undefined);
  });

  it("show target role, external id and session policy", async () => {
    const policy = '{"Version":"2012-10-17","Statement":[]}';
    wire.aws.putAssociation({
      clusterName: "demo",
      ...cart,
      roleArn: ROLE,
      targetRoleArn: OTHER_ROLE,
      externalId: "us-west-2/1",
      disableSessionTags: true,
      policy,
    });
    expect((await associations.find(cart))?.details).to.deep.equal({
      roleArn: ROLE,
      tags: {},
      targetRoleArn: OTHER_ROLE,
      externalId: "us-west-2/1",
      disableSessionTags: true,
      policy: hashDocument(policy),
    });
  });

  it("are not created twice: the refusal tells the id of the one that exists", async () => {
    const { id } = await create();
    const again = await associations.create({ key: cart, roleArn: OTHER_ROLE, tags, session });
    expect(again).to.deep.equal({ existingId: id });
  });

  it("are not created twice where the refusal tells no id", async () => {
    wire.aws.addFault({
      operation: "CreatePodIdentityAssociation",
      answer: {
        code: "ResourceInUseException",
        status: 409,
        message: "Association already exists",
      },
    });
    const again = await associations.create({ key: cart, roleArn: ROLE, tags, session });
    expect(again).to.deep.equal({ existingId: undefined });
  });

  it("are recovered by that id when the answer of the creation got lost", async () => {
    wire.aws.addFault({
      operation: "CreatePodIdentityAssociation",
      when: "after",
      times: 2,
      answer: "reset",
    });
    const lost = await refusal(associations.create({ key: cart, roleArn: ROLE, tags, session }));
    expect(lost).to.deep.include({ reason: "AWSUnavailable" });
    const again = await associations.create({ key: cart, roleArn: ROLE, tags, session });
    const existing = "existingId" in again ? again.existingId : undefined;
    expect(await associations.describe(existing ?? "")).to.deep.include(cart);
  });

  it("are pointed to another role", async () => {
    const { id } = await create();
    expect(
      (
        await associations.change({
          type: "UpdateAssociation",
          id,
          roleArn: OTHER_ROLE,
          session: {},
        })
      )?.roleArn,
    ).to.equal(OTHER_ROLE);
    expect((await associations.describe(id))?.details?.roleArn).to.equal(OTHER_ROLE);
  });

  it("are made with target role and session policy, which later change one by one and are cleared by nothing", async () => {
    const policy = '{"Version":"2012-10-17","Statement":[]}';
    const asked = { targetRoleArn: OTHER_ROLE, disableSessionTags: true, policy };
    const created = await associations.create({ key: cart, roleArn: ROLE, tags, session: asked });
    const { id = "", details } = "id" in created ? created : {};
    expect(details).to.deep.include({ ...asked, policy: hashDocument(policy) });
    const update = { type: "UpdateAssociation", id, roleArn: ROLE } as const;
    const without = await associations.change({ ...update, session: { targetRoleArn: "" } });
    expect(without).to.deep.include({ targetRoleArn: undefined, disableSessionTags: true });
    const plain = await associations.change({
      ...update,
      session: { policy: "", disableSessionTags: false },
    });
    expect(plain).to.deep.include({ policy: undefined, disableSessionTags: false });
  });

  it("are tagged and untagged", async () => {
    const { id, arn } = await create();
    await associations.change({ type: "TagAssociation", arn, tags: { owner: "us", step: "1" } });
    await associations.change({ type: "UntagAssociation", arn, keys: ["team", "step"] });
    expect((await associations.describe(id))?.details?.tags).to.deep.equal({ owner: "us" });
  });

  it("are deleted, and deleting what is gone is a success", async () => {
    const { id } = await create();
    await associations.change({ type: "DeleteAssociation", id });
    await associations.change({ type: "DeleteAssociation", id });
    expect(await associations.describe(id)).to.equal(undefined);
    expect(await associations.find(cart)).to.equal(undefined);
  });

  it("are not taken for gone where EKS does not know the cluster", async () => {
    const { id } = await create();
    const elsewhere = new EksAssociations(wire.clients.eks, "nowhere");
    for (const call of [
      () => elsewhere.describe(id),
      () => elsewhere.change({ type: "DeleteAssociation", id }),
      () => elsewhere.find(cart),
    ]) {
      expect(await refusal(call())).to.deep.include({ reason: "ClusterNotFound" });
    }
  });

  it("are listed whole, page by page, with their owner and without details", async () => {
    for (let number = 0; number < 205; number += 1) {
      wire.aws.putAssociation({
        clusterName: "demo",
        namespace: "shop",
        serviceAccount: `sa-${number}`,
        roleArn: ROLE,
        ...(number === 7 ? { ownerArn: "arn:addon" } : {}),
      });
    }
    const pages: ObservedAssociation[][] = [];
    for await (const page of associations.sweep()) pages.push([...page]);
    expect(pages.map(({ length }) => length)).to.deep.equal([100, 100, 5]);
    const all = pages.flat();
    expect(new Set(all.map(({ serviceAccount }) => serviceAccount)).size).to.equal(205);
    expect(all.filter(({ ownerArn }) => ownerArn !== undefined)).to.have.length(1);
    expect(all.every(({ details }) => details === undefined)).to.equal(true);
  });

  it("refuse a role that does not exist, or does not trust EKS, by name", async () => {
    wire.aws.putRole({ name: "closed", trustPolicy: '{"Version":"2012-10-17","Statement":[]}' });
    const closed = ROLE.replace("reader", "closed");
    const missing = ROLE.replace("reader", "missing");
    const refusals = [
      await refusal(associations.create({ key: cart, roleArn: missing, tags, session })),
      await refusal(associations.create({ key: cart, roleArn: closed, tags, session })),
    ];
    expect(refusals[0]).to.deep.include({ reason: "RoleNotFound" });
    expect(refusals[0]).to.have.property("message").that.contains(missing);
    expect(refusals[1]).to.deep.include({ reason: "TrustPolicyInvalid" });
    expect(refusals[1]).to.have.property("message").that.contains(closed);
  });

  it("name iam:PassRole and the role where that is what is missing", async () => {
    wire.aws.addFault({
      operation: "CreatePodIdentityAssociation",
      answer: {
        code: "AccessDeniedException",
        status: 403,
        message: `User: arn:aws:sts::111122223333:assumed-role/operator/x is not authorized to perform: iam:PassRole on resource: ${ROLE} because no identity-based policy allows the iam:PassRole action`,
      },
    });
    const refused = await refusal(associations.create({ key: cart, roleArn: ROLE, tags, session }));
    expect(refused).to.deep.include({ reason: "AccessDenied" });
    expect(refused).to.have.property("message").that.contains(`iam:PassRole on ${ROLE}`);
  });
});
