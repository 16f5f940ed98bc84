/** Target roles, sessions, ServiceAccounts: every further field of a spec, from kubectl to AWS and back. */
import { expect } from "chai";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { type Fixture, startFixture, sweeps, until } from "./fixture.ts";

const TARGET = "arn:aws:iam::444455556666:role/target";
const statement = (Action: string | string[]) => ({
  Effect: "Allow",
  Action,
  Resource: "arn:aws:s3:::bucket/*",
});
const sessionPolicy = (Action: string | string[]) => ({
  Version: "2012-10-17",
  Statement: [statement(Action)],
});
const untagged = { sessionTags: "Disabled", role: { trustScope: "Cluster" } };

describe("a PodIdentityAssociation with", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture();
  });
  after(() => it_.stop());
  beforeEach(() => it_.sandbox.aws.resetCalls());

  const associationOf = (serviceAccount: string) =>
    it_.sandbox.aws.state().associations.find((one) => one.serviceAccount === serviceAccount);
  const message = (object: PodIdentityAssociation, type: string) =>
    object.status?.conditions?.find((one) => one.type === type)?.message ?? "";
  const writes = () =>
    it_.sandbox.aws
      .calls()
      .map(({ operation }) => operation)
      .filter((operation) => /^(Create|Update|Delete|Put|Attach|Detach|Tag|Untag)/.test(operation));
  const kubectl = (...args: readonly string[]) => it_.sandbox.kubectl(...args, "-n", it_.namespace);

  describe("a target role", () => {
    it("names it in EKS, shows the external id, and the trust policy to paste into the other account", async () => {
      await it_.apply("chained", { role: {}, targetRoleArn: TARGET });
      const object = await it_.untilReady("chained", "True Reconciled");
      const made = associationOf("chained");
      expect(made?.targetRoleArn).to.equal(TARGET);
      expect(object.status?.externalId).to.equal(made?.externalId);
      const [policy = ""] = /\{.*\}/.exec(message(object, "AssociationReady")) ?? [];
      expect(JSON.parse(policy)).to.deep.equal({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: "arn:aws:iam::111122223333:root" },
            Action: ["sts:AssumeRole", "sts:TagSession"],
            Condition: {
              ArnEquals: { "aws:PrincipalArn": object.status?.roleArn },
              StringEquals: {
                "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:us-west-2:111122223333:cluster/demo",
                "aws:RequestTag/kubernetes-namespace": it_.namespace,
                "aws:RequestTag/kubernetes-service-account": "chained",
              },
            },
          },
        ],
      });
      expect(await kubectl("describe", "pia", "chained")).to.contain("aws:PrincipalArn");
    });

    it("asks for the external id where sessions have no tags", async () => {
      await it_.apply("tagless", { ...untagged, targetRoleArn: TARGET });
      const object = await it_.untilReady("tagless", "True Reconciled");
      const [policy = ""] = /\{.*\}/.exec(message(object, "AssociationReady")) ?? [];
      const { Statement } = JSON.parse(policy) as { Statement: { Condition: object }[] };
      expect(Statement[0]?.Condition).to.deep.include({
        StringEquals: { "sts:ExternalId": associationOf("tagless")?.externalId },
      });
    });

    it("changes it in one call, and clears it in one, without touching the role", async () => {
      const other = TARGET.replace("target", "other");
      await it_.apply("chained", { role: {}, targetRoleArn: other });
      await until("it is changed", () => associationOf("chained")?.targetRoleArn === other);
      await it_.apply("chained", { role: {} });
      await until("it is cleared", () => associationOf("chained")?.targetRoleArn === undefined);
      await sweeps(it_);
      expect(writes()).to.deep.equal(Array(2).fill("UpdatePodIdentityAssociation"));
    });
  });

  describe("a session policy", () => {
    it("sends it as JSON, and writes nothing when only its form changes", async () => {
      const spec = (policy: object) => ({ ...untagged, sessionPolicy: policy });
      await it_.apply("narrowed", spec(sessionPolicy(["s3:GetObject", "s3:ListBucket"])));
      await it_.untilReady("narrowed", "True Reconciled");
      const made = associationOf("narrowed");
      expect(JSON.parse(made?.policy ?? "")).to.deep.equal(
        sessionPolicy(["s3:GetObject", "s3:ListBucket"]),
      );
      expect(made?.disableSessionTags).to.equal(true);
      it_.sandbox.aws.resetCalls();
      await it_.apply("narrowed", spec(sessionPolicy(["S3:ListBucket", "s3:GetObject"])));
      await until("the edit has been seen", async () => {
        const object = await it_.get("narrowed");
        return object?.status?.observedGeneration === object?.metadata.generation;
      });
      await sweeps(it_);
      expect(writes()).to.deep.equal([]);
    });

    for (const emptyPolicy of ["Clears", "Refused", "Ignored"] as const) {
      it(`clears it where EKS ${emptyPolicy.toLowerCase()} the empty one`, async () => {
        it_.sandbox.aws.configure({ unverified: { emptyPolicy } });
        const name = `cleared-${emptyPolicy.toLowerCase()}`;
        await it_.apply(name, { ...untagged, sessionPolicy: sessionPolicy("s3:GetObject") });
        const { status } = await it_.untilReady(name, "True Reconciled");
        it_.sandbox.aws.resetCalls();
        await it_.apply(name, untagged);
        await until("it is cleared", () => {
          const now = associationOf(name);
          return now !== undefined && now.policy === undefined;
        });
        const after = await it_.untilReady(name, "True Reconciled");
        const isSame = after.status?.associationId === status?.associationId;
        expect(isSame).to.equal(emptyPolicy === "Clears");
        it_.sandbox.aws.configure({ unverified: { emptyPolicy: "Clears" } });
      });
    }
  });

  it("a session policy that goes keeps its association when EKS refuses another part of the same edit", async () => {
    await it_.apply("both", { ...untagged, sessionPolicy: sessionPolicy("s3:GetObject") });
    const { status } = await it_.untilReady("both", "True Reconciled");
    it_.sandbox.aws.addFault({
      operation: "UpdatePodIdentityAssociation",
      where: { targetRoleArn: TARGET },
      answer: {
        code: "InvalidParameterException",
        status: 400,
        message: "The target role ARN is not allowed",
      },
    });
    await it_.apply("both", { ...untagged, targetRoleArn: TARGET });
    await it_.untilReady("both", "False InvalidParameter");
    expect(associationOf("both")?.associationId).to.equal(status?.associationId);
    it_.sandbox.aws.clearFaults();
    await it_.apply("both", untagged);
    await it_.untilReady("both", "True Reconciled");
    expect(associationOf("both")?.policy).to.equal(undefined);
  });

  it("session tags switched off widens the trust first, and switched on narrows it last", async () => {
    await it_.apply("switched", { role: { trustScope: "ServiceAccount" } });
    await it_.untilReady("switched", "True Reconciled");
    it_.sandbox.aws.resetCalls();
    await it_.apply("switched", untagged);
    await until("tags are off", () => associationOf("switched")?.disableSessionTags === true);
    await it_.apply("switched", { role: { trustScope: "ServiceAccount" } });
    await until("tags are on", () => associationOf("switched")?.disableSessionTags === false);
    await it_.untilReady("switched", "True Reconciled");
    await sweeps(it_);
    expect(writes()).to.deep.equal([
      "UpdateAssumeRolePolicy",
      "UpdatePodIdentityAssociation",
      "UpdatePodIdentityAssociation",
      "UpdateAssumeRolePolicy",
    ]);
  });

  describe("createServiceAccount", () => {
    const metadata = async (name: string) =>
      JSON.parse(await kubectl("get", "serviceaccount", name, "-o", "json")).metadata as {
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        uid: string;
      };
    const exists = async (name: string) =>
      (await kubectl("get", "serviceaccount", name, "--ignore-not-found", "-o", "name")) !== "";
    const spec = (more: object = {}) => ({ createServiceAccount: true, role: {}, ...more });

    it("makes it after the association, as asked, and takes it away with the object", async () => {
      const labels = { team: "a", tier: "web" };
      await it_.apply("made", spec({ serviceAccountMetadata: { labels } }));
      await it_.untilReady("made", "True Reconciled");
      expect((await metadata("made")).labels).to.deep.equal(labels);
      await until("an Event tells it", async () =>
        (await it_.events("made")).includes("created ServiceAccount made"),
      );
      await it_.apply("made", spec({ serviceAccountMetadata: { labels: { team: "b" } } }));
      await until("a label is changed and one is gone", async () => {
        const { labels: now } = await metadata("made");
        return now?.["team"] === "b" && now["tier"] === undefined;
      });
      await kubectl("delete", "pia", "made", "--timeout=90s");
      expect(await exists("made")).to.equal(false);
    });

    it("does not make it while the association is refused", async () => {
      await it_.apply("refused", spec({ role: { managedPolicies: ["NoSuchPolicy"] } }));
      await it_.untilReady("refused", "False ManagedPolicyNotFound");
      expect(await exists("refused")).to.equal(false);
    });

    it("brings it back when somebody deletes it", async () => {
      await it_.apply("kept", spec());
      await it_.untilReady("kept", "True Reconciled");
      await kubectl("delete", "serviceaccount", "kept");
      await until("it is back", () => exists("kept"));
    });

    it("leaves one alone that was there before, in life and death", async () => {
      await kubectl("create", "serviceaccount", "helms");
      const before = await metadata("helms");
      await it_.apply("helms", spec({ serviceAccountMetadata: { labels: { team: "x" } } }));
      await it_.untilReady("helms", "True Reconciled");
      await sweeps(it_);
      expect(await metadata("helms")).to.deep.equal(before);
      await kubectl("delete", "pia", "helms", "--timeout=90s");
      expect(await metadata("helms")).to.deep.equal(before);
    });

    it("leaves it with everything else where deletionPolicy is Retain", async () => {
      await it_.apply("retained", spec({ deletionPolicy: "Retain" }));
      await it_.untilReady("retained", "True Reconciled");
      await kubectl("delete", "pia", "retained", "--timeout=90s");
      expect(await exists("retained")).to.equal(true);
    });
  });
});
