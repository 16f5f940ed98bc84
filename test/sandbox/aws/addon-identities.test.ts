/** Identities of add-ons: which ones EKS takes, what it makes of them, and how an update replaces them. */
import { expect } from "chai";
import { AddonSandbox, identity } from "./addon-testing.ts";
import { refusalOf, roleArn } from "./testing.ts";

const NODE = { serviceAccount: "efs-csi-node-sa" };

describe("the identities of an add-on", () => {
  let it_: AddonSandbox;
  beforeEach(async () => {
    it_ = await AddonSandbox.withAddons();
  });
  afterEach(() => it_.stop());

  const cni = { podIdentityAssociations: [identity("aws-node", "cni")] };
  const both = {
    podIdentityAssociations: [
      identity("efs-csi-controller-sa", "efs"),
      identity(NODE.serviceAccount, "ebs"),
    ],
  };

  it("are associations that name the add-on as their owner, without tags", async () => {
    const { addonArn } = await it_.create("vpc-cni", { ...cni, tags: { team: "net" } });
    const [association] = it_.associations();
    expect(association).to.deep.include({
      namespace: "kube-system",
      serviceAccount: "aws-node",
      roleArn: roleArn("cni"),
      ownerArn: addonArn,
      tags: {},
    });
    const listed = await it_.clients.eks.listPodIdentityAssociations({ clusterName: "demo" });
    expect(listed.associations?.map(({ ownerArn }) => ownerArn)).to.deep.equal([addonArn]);
  });

  const refusals: readonly [string, string, object, string][] = [
    [
      "a version without support for them",
      "vpc-cni",
      { addonVersion: "v1.16.4-eksbuild.2", ...cni },
      "InvalidParameterException: Pod Identity feature is not supported for addon version: v1.16.4-eksbuild.2",
    ],
    [
      "an add-on that needs no permissions",
      "eks-pod-identity-agent",
      { podIdentityAssociations: [identity("agent", "cni")] },
      "InvalidParameterException: Pod Identity feature is not supported for addon version: v1.3.10-eksbuild.2",
    ],
    [
      "a ServiceAccount that the add-on does not have",
      "amazon-cloudwatch-observability",
      { podIdentityAssociations: [identity("amazon-cloudwatch", "cni")] },
      "InvalidParameterException: Service account amazon-cloudwatch in pod identity configuration is not supported for addon amazon-cloudwatch-observability",
    ],
    [
      "a ServiceAccount of a later version only",
      "aws-efs-csi-driver",
      { addonVersion: "v2.1.0-eksbuild.1", ...both },
      "InvalidParameterException: Service account efs-csi-node-sa in pod identity configuration is not supported for addon aws-efs-csi-driver",
    ],
    [
      "a role that does not exist",
      "vpc-cni",
      { podIdentityAssociations: [identity("aws-node", "missing")] },
      "InvalidParameterException: Role provided in the request does not exist.",
    ],
    [
      "a role of another account",
      "vpc-cni",
      {
        podIdentityAssociations: [
          { serviceAccount: "aws-node", roleArn: "arn:aws:iam::999999999999:role/x" },
        ],
      },
      "AccessDeniedException: Cross-account pass role is not allowed",
    ],
    [
      "one ServiceAccount twice",
      "vpc-cni",
      { podIdentityAssociations: [identity("aws-node", "cni"), identity("aws-node", "ebs")] },
      "InvalidParameterException: a service account may be given once only",
    ],
  ];
  for (const [what, name, more, refusal] of refusals) {
    it(`are refused for ${what}, and nothing is made`, async () => {
      expect(await refusalOf(it_.create(name, more))).to.equal(refusal);
      expect([it_.aws.state().addons, it_.associations()]).to.deep.equal([[], []]);
    });
  }

  it("are refused for a role that does not trust EKS Pod Identity, by an update too", async () => {
    it_.aws.changeRole({
      name: "cni",
      changes: { trustPolicy: '{"Version":"2012-10-17","Statement":[]}' },
    });
    const refusal = "InvalidParameterException: Trust policy of the role provided is invalid.";
    expect(await refusalOf(it_.create("vpc-cni", cni))).to.equal(refusal);
    await it_.created("vpc-cni");
    expect(await refusalOf(it_.update("vpc-cni", cni))).to.equal(refusal);
    expect((await it_.addon("vpc-cni")).status).to.equal("ACTIVE");
  });

  it("are refused while an association outside the add-on has the ServiceAccount", async () => {
    const { associationId } = it_.aws.putAssociation({
      clusterName: "demo",
      namespace: "kube-system",
      ...identity("aws-node", "cni"),
    });
    const text = `Association already exists: ${associationId}`;
    expect(await refusalOf(it_.create("vpc-cni", cni))).to.equal(`ResourceInUseException: ${text}`);
    it_.aws.configure({ unverified: { addonIdentityExists: "InvalidParameterException" } });
    expect(await refusalOf(it_.create("vpc-cni", cni))).to.equal(
      `InvalidParameterException: ${text}`,
    );
    await it_.created("vpc-cni");
    expect(await refusalOf(it_.update("vpc-cni", cni))).to.equal(
      `InvalidParameterException: ${text}`,
    );
  });

  it("stay as they are in an update that does not name them", async () => {
    await it_.created("aws-efs-csi-driver", both);
    const before = it_.associations();
    await it_.updated("aws-efs-csi-driver", { configurationValues: '{"useFIPS":true}' });
    expect(it_.associations()).to.deep.equal(before);
  });

  it("are all deleted by an update with an empty list", async () => {
    await it_.created("aws-efs-csi-driver", both);
    const addon = await it_.updated("aws-efs-csi-driver", { podIdentityAssociations: [] });
    expect(it_.identities()).to.deep.equal([]);
    expect(addon.podIdentityAssociations).to.equal(undefined);
  });

  it("are replaced as a whole by an update that names some", async () => {
    await it_.created("aws-efs-csi-driver", both);
    await it_.updated("aws-efs-csi-driver", {
      podIdentityAssociations: [identity("efs-csi-node-sa", "efs")],
    });
    expect(it_.identities()).to.deep.equal(["efs-csi-node-sa efs"]);
  });

  it("come to an add-on that was made without any", async () => {
    await it_.created("vpc-cni");
    const { podIdentityAssociations } = await it_.updated("vpc-cni", cni);
    expect(podIdentityAssociations).to.deep.equal(
      it_.associations().map(({ associationArn }) => associationArn),
    );
  });

  for (const [answer, keeps] of [
    ["KeepsId", true],
    ["NewId", false],
  ] as const) {
    it(`with another role ${keeps ? "keep" : "lose"} their association's id (${answer})`, async () => {
      it_.aws.configure({ unverified: { addonIdentityUpdate: answer } });
      await it_.created("aws-efs-csi-driver", both);
      const ids = () => it_.associations().map(({ associationId }) => associationId);
      const before = ids();
      const wanted = [identity("efs-csi-controller-sa", "cni"), identity("efs-csi-node-sa", "ebs")];
      await it_.updated("aws-efs-csi-driver", { podIdentityAssociations: wanted });
      expect(it_.identities()).to.deep.equal(["efs-csi-controller-sa cni", "efs-csi-node-sa ebs"]);
      expect(ids().filter((id) => before.includes(id))).to.have.length(keeps ? 2 : 1);
    });
  }

  it("restart the add-on's pods when an update changes them, and only then", async () => {
    await it_.created("vpc-cni", cni);
    const restartedAt = () => it_.aws.state().addons[0]?.identitiesChangedAt;
    await it_.updated("vpc-cni", cni);
    expect(restartedAt()).to.equal(undefined);
    await it_.updated("vpc-cni", { podIdentityAssociations: [identity("aws-node", "ebs")] });
    expect(restartedAt()).to.be.a("number");
  });

  it("restart them in an update that fails for another reason, too", async () => {
    await it_.created("vpc-cni");
    const issues = [{ code: "ConfigurationConflict", message: "Conflicts found" }];
    it_.aws.failAddon({ cluster: "demo", addonName: "vpc-cni", operation: "update", issues });
    expect((await it_.updated("vpc-cni", cni)).status).to.equal("UPDATE_FAILED");
    expect(it_.aws.state().addons[0]?.identitiesChangedAt).to.be.a("number");
  });

  it("can be changed and deleted by the association calls, and the add-on shows it", async () => {
    await it_.created("aws-efs-csi-driver", both);
    const [one, other] = it_.associations();
    const { eks } = it_.clients;
    const by = (associationId = "") => ({ clusterName: "demo", associationId });
    await eks.updatePodIdentityAssociation({ ...by(one?.associationId), roleArn: roleArn("cni") });
    await eks.deletePodIdentityAssociation(by(other?.associationId));
    expect((await it_.addon("aws-efs-csi-driver")).podIdentityAssociations).to.deep.equal([
      one?.associationArn,
    ]);
    expect(it_.associations()[0]).to.include({ roleArn: roleArn("cni"), ownerArn: one?.ownerArn });
  });

  for (const [answer, owned] of [
    ["Kept", true],
    ["Dropped", false],
  ] as const) {
    it(`outlive an add-on that is deleted with preserve, ${owned ? "with" : "without"} their owner`, async () => {
      it_.aws.configure({ unverified: { preservedOwner: answer } });
      await it_.created("vpc-cni", cni);
      await it_.delete("vpc-cni", true);
      it_.pass();
      expect(it_.associations().map(({ ownerArn }) => ownerArn !== undefined)).to.deep.equal([
        owned,
      ]);
    });
  }
});
