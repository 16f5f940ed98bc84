/** The list of AWS's own managed policies. */
import { expect } from "chai";
import { IamRoles } from "../../src/aws/roles.ts";
import { connect, refusal, type Wire } from "./wire.ts";

const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

describe("AWS's managed policies", () => {
  let wire: Wire;
  let now = 0;
  let roles: IamRoles;
  const lists = () => wire.aws.counters()["iam:ListPolicies"]?.calls ?? 0;

  beforeEach(async () => {
    wire = await connect();
    now = 0;
    roles = new IamRoles(wire.clients.iam, () => now);
  });
  afterEach(() => wire.stop());

  it("are known by their bare names, with the paths only AWS knows", async () => {
    wire.aws.putPolicy({ name: "OurOwn" });
    const arns = await roles.awsManagedPolicies();
    expect(arns.get("AmazonS3ReadOnlyAccess")).to.equal(READ_ONLY);
    expect(arns.get("AmazonEBSCSIDriverPolicy")).to.equal(
      "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
    );
    expect(arns.get("OurOwn")).to.equal(undefined);
  });

  it("are read once, whoever asks, and again after a day", async () => {
    await Promise.all([roles.awsManagedPolicies(), roles.awsManagedPolicies()]);
    await roles.awsManagedPolicies();
    const once = lists();
    expect(once).to.equal(1);
    now = 24 * 3600_000 + 1;
    await roles.awsManagedPolicies();
    expect(lists()).to.equal(2);
  });

  it("that could not be read are asked for again some seconds later, not by everybody at once", async () => {
    wire.aws.configure({ deniedActions: ["iam:ListPolicies"] });
    expect(await refusal(roles.awsManagedPolicies())).to.deep.include({ reason: "AccessDenied" });
    wire.aws.configure({ deniedActions: [] });
    expect(await refusal(roles.awsManagedPolicies())).to.deep.include({ reason: "AccessDenied" });
    now += 11_000;
    expect((await roles.awsManagedPolicies()).size).to.be.greaterThan(10);
  });
});
