/** W4, the annotation guide: a ServiceAccount says which role it has, and that is all. */
import { expect } from "chai";
import { stringify } from "yaml";
import { PROFILES } from "../config/aws-documents.ts";
import { openGuardrail, sweeps, until } from "../operator/fixture.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type Guide, iamWrites, refusalOf, resultOf, saw, startGuide } from "./guide.ts";

const NAME = "s3-reader";
const CHILD = `sa-${NAME}`;
const BUCKET = "amzn-s3-demo-bucket";
const ROLE = "arn:aws:iam::111122223333:role/s3-reader-role";
const OTHER = "arn:aws:iam::111122223333:role/other-role";
const ANNOTATION = "pod-identity.eks.amazonaws.com/role";

describe("W4: a ServiceAccount's annotation", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(15_000);
  let guide: Guide;

  before(async () => {
    guide = await startGuide({
      policies: PROFILES.associations,
      passableRoles: [ROLE, OTHER],
      guardrails: [],
    });
    const { aws } = guide.sandbox;
    aws.putBucket({ name: BUCKET, objects: { "one.txt": "1" } });
    const Statement = [
      {
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:ListBucket"],
        Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
      },
    ];
    aws.putRole({
      name: "s3-reader-role",
      inlinePolicies: { read: JSON.stringify({ Version: "2012-10-17", Statement }) },
    });
    aws.putRole({ name: "other-role" });
  });
  after(() => guide.stop());

  const kubectl = (...args: readonly string[]) => guide.sandbox.kubectl(...args);
  const association = () => guide.sandbox.aws.state().associations[0];
  const annotate = (...annotations: readonly string[]) =>
    kubectl(
      "annotate",
      "serviceaccount",
      NAME,
      "-n",
      guide.namespace,
      "--overwrite",
      ...annotations,
    );
  const pod = () =>
    guide.sandbox.apply(
      stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: NAME, namespace: guide.namespace, labels: { app: NAME } },
        spec: {
          serviceAccountName: NAME,
          containers: [{ name: "app", image: "public.ecr.aws/aws-cli/aws-cli" }],
        },
      }),
    );

  it("where no guardrail allows annotations, it is an Event and nothing else", async () => {
    await guide.sandbox.apply(stringify(openGuardrail("closed", guide.namespace)));
    await guide.sandbox.apply(
      stringify({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: NAME, namespace: guide.namespace, annotations: { [ANNOTATION]: ROLE } },
      }),
    );
    const events = () =>
      kubectl("events", "-n", guide.namespace, "--for", `serviceaccount/${NAME}`);
    await until("an Event says so", async () => (await events()).includes("AnnotationIgnored"));
    await sweeps(guide);
    expect(guide.effects()).to.deep.equal({});
    expect(await guide.get(CHILD)).to.equal(undefined);
    saw((await events()).split("\n").find((line) => line.includes("AnnotationIgnored")) ?? "");
  });

  it("kubectl apply -f config/samples/annotation.yaml: the annotation becomes an association, without an OIDC provider", async () => {
    await guide.applySample("annotation.yaml");
    await until("it is there", () => association()?.roleArn === ROLE);
    const child = await guide.untilReady(CHILD, "True Reconciled");
    const [owner] = child.metadata.ownerReferences ?? [];
    expect(`${owner?.kind}/${owner?.name}`).to.equal(`ServiceAccount/${NAME}`);
    saw(
      `PodIdentityAssociation ${CHILD}, owned by ${owner?.kind} ${owner?.name}; association ${association()?.associationId} → ${ROLE}`,
    );
    expect(Object.keys(guide.effects())).to.deep.equal(["eks:CreatePodIdentityAssociation"]);
  });

  it("a pod lists the bucket, and may not write to it", async () => {
    await pod();
    await until(
      "status says so",
      async () => (await guide.get(CHILD))?.status?.pods?.summary === "1/1",
    );
    const [listed, put] = await guide.inPod(
      `app=${NAME}`,
      `s3:ListObjects ${BUCKET}`,
      `s3:PutObject ${BUCKET} x y`,
    );
    expect(resultOf(listed)).to.deep.equal(["one.txt"]);
    expect(refusalOf(put)).to.match(/^AccessDenied/);
    saw(`aws s3 ls s3://${BUCKET}: one.txt; aws s3 cp: AccessDenied`);
  });

  it("with IRSA's annotation beside it, it still wins", async () => {
    await guide.sandbox.apply(
      stringify(
        openGuardrail("annotated", guide.namespace, { annotations: ["PodIdentity", "IRSA"] }),
      ),
    );
    await annotate(`eks.amazonaws.com/role-arn=${OTHER}`);
    await sweeps(guide);
    expect(association()?.roleArn).to.equal(ROLE);
    saw(`both annotations: ${association()?.roleArn}`);
  });

  it("changed, it changes the association in place", async () => {
    const before = association()?.associationId;
    await annotate(`${ANNOTATION}=${OTHER}`);
    await until("it has the other role", () => association()?.roleArn === OTHER);
    expect(association()?.associationId).to.equal(before);
    saw(`association ${before} → ${OTHER}`);
  });

  it("the guide's policy with Version 2012-01-01 is refused, naming the two that exist", async () => {
    const document = {
      Version: "2012-01-01",
      Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
    };
    await guide.apply("typo", { role: { inlinePolicies: [{ name: "read", document }] } });
    await guide.untilReady("typo", "False PolicyInvalid");
    const { message = "" } = (await guide.condition("typo", "Ready")) ?? {};
    expect(message).to.include("2012-10-17").and.to.include("2008-10-17");
    saw(message);
  });

  it("removed with its ServiceAccount, it leaves no association; the roles are as they were", async () => {
    const { roles } = guide.sandbox.aws.state();
    await kubectl("delete", "serviceaccount", NAME, "-n", guide.namespace);
    await until("it is gone", () => association() === undefined);
    expect(guide.sandbox.aws.state().roles).to.deep.equal(roles);
    expect(iamWrites(guide)).to.deep.equal([]);
    saw("left in AWS: 0 associations; no write was asked of IAM");
  });
});
