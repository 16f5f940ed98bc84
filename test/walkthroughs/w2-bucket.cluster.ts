/** W2, the console guide: a ServiceAccount with IRSA's annotation and a bare pod that copies a file to a bucket. */
import { expect } from "chai";
import { stringify } from "yaml";
import { PROFILES } from "../config/aws-documents.ts";
import { podsOf } from "../operator/deployments.ts";
import { openGuardrail, until } from "../operator/fixture.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { addonStates, type Guide, HELD_MS, INSTALLED, resultOf, saw, startGuide } from "./guide.ts";

const NAME = "uploader";
const AGENT = "eks-pod-identity-agent";
const APP = `app=${NAME}`;
const BUCKET = "amzn-s3-demo-destination";

describe("W2: from IRSA's annotation to a file in a bucket", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(15_000);
  let guide: Guide;

  before(async () => {
    guide = await startGuide({
      policies: PROFILES.addons,
      aws: { settings: { addonLagMs: HELD_MS, webhookLagMs: HELD_MS } },
    });
  });
  after(() => guide.stop());

  const variables = async () => {
    const [pod] = await podsOf(guide.sandbox, guide.namespace, APP);
    return (pod?.spec?.containers?.[0]?.env ?? []).map(({ name }) => name);
  };

  it("kubectl apply -f config/samples/agent.yaml, in place of eksctl create addon", async () => {
    await guide.applySample("agent.yaml");
    const states = await addonStates(guide.sandbox, AGENT);
    expect(states).to.deep.equal(INSTALLED);
    saw(states.join(" → "));
  });

  it("kubectl apply -f config/samples/irsa-neighbour.yaml: the pod races EKS, and gets IRSA", async () => {
    await guide.applySample("irsa-neighbour.yaml");
    await guide.untilReady(NAME, "True Reconciled");
    expect(await variables()).to.include("AWS_WEB_IDENTITY_TOKEN_FILE");
    await until("status says so", async () => (await guide.get(NAME))?.status?.pods?.irsa === 1);
    const { pods } = (await guide.get(NAME))?.status ?? {};
    expect(pods).to.deep.include({ total: 1, injected: 0, stale: 1, irsa: 1, summary: "0/1" });
    const { reason, message = "" } = (await guide.condition(NAME, "PodsVerified")) ?? {};
    expect(reason).to.equal("PodsUseIRSA");
    expect(message).to.include("then apply its manifest once more");
    saw(`PodsVerified False ${reason}: ${message}`);
  });

  it("made again as status says, it has the credentials of Pod Identity instead, the annotation notwithstanding", async () => {
    const { kubectl, aws } = guide.sandbox;
    expect(aws.identities({ cluster: "demo" })).to.deep.equal([]);
    aws.configure({ webhookLagMs: 0 });
    expect(aws.identities({ cluster: "demo" })).to.have.length(1);
    await kubectl("delete", "pod", NAME, "-n", guide.namespace, "--now");
    await guide.applySample("irsa-neighbour.yaml");
    await until(
      "status says so",
      async () => (await guide.get(NAME))?.status?.pods?.summary === "1/1",
    );
    const names = await variables();
    expect(names)
      .to.include("AWS_CONTAINER_CREDENTIALS_FULL_URI")
      .and.not.to.include("AWS_WEB_IDENTITY_TOKEN_FILE");
    const [pod] = await podsOf(guide.sandbox, guide.namespace, APP);
    expect(pod?.spec?.volumes?.map(({ name }) => name)).to.include("eks-pod-identity-token");
    saw(names.filter((name) => name.startsWith("AWS_")).join(" "));
  });

  it("the pod makes the bucket, lists it, and copies a file there", async () => {
    const outcomes = await guide.inPod(
      APP,
      `s3:CreateBucket ${BUCKET}`,
      "s3:ListBuckets",
      `s3:PutObject ${BUCKET} hello.txt hello from a pod`,
      `s3:ListObjects ${BUCKET}`,
      `s3:GetObject ${BUCKET} hello.txt`,
    );
    const [made, buckets, put, objects, text] = outcomes.map(resultOf);
    expect([made, put]).to.deep.equal([null, null]);
    expect(buckets).to.deep.equal([BUCKET]);
    expect(objects).to.deep.equal(["hello.txt"]);
    expect(text).to.equal("hello from a pod");
    saw(`aws s3 ls: ${BUCKET}; aws s3 ls s3://${BUCKET}: hello.txt`);
  });

  it("the annotation alone does it too, where a guardrail allows it", async () => {
    const { aws, kubectl, apply } = guide.sandbox;
    await kubectl("delete", "pia", NAME, "-n", guide.namespace);
    aws.putRole({ name: "irsa-uploader" });
    await apply(stringify(openGuardrail("irsa", guide.namespace, { annotations: ["IRSA"] })));
    const role = () => aws.state().associations[0]?.roleArn;
    await until("it is there", () => role() === "arn:aws:iam::111122223333:role/irsa-uploader");
    saw(`association of ServiceAccount ${NAME} → ${role()}`);
    await kubectl(
      "annotate",
      "serviceaccount",
      NAME,
      "-n",
      guide.namespace,
      "eks.amazonaws.com/role-arn-",
    );
    await until("it is gone", () => aws.state().associations.length === 0);
    aws.deleteRole({ name: "irsa-uploader" });
  });

  it("leaves neither association nor role, and no add-on once its EKSAddon is deleted", async () => {
    const { kubectl, aws } = guide.sandbox;
    await kubectl("delete", "eksaddon", AGENT, "--timeout=90s");
    const { associations, roles, addons } = aws.state();
    expect([...associations, ...roles, ...addons]).to.deep.equal([]);
    saw("left in AWS: 0 associations, 0 roles, 0 add-ons");
  });
});
