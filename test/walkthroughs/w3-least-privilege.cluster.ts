/** W3, the hands-on guide to least privilege: one file gives a Deployment the right to get objects of one bucket, and no other. */
import { expect } from "chai";
import { PROFILES } from "../config/aws-documents.ts";
import { podsOf } from "../operator/deployments.ts";
import { until } from "../operator/fixture.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import {
  addonStates,
  type Guide,
  HELD_MS,
  INSTALLED,
  refusalOf,
  resultOf,
  saw,
  startGuide,
} from "./guide.ts";

const NAME = "least-privilege";
const BUCKET = "amzn-s3-demo-bucket";
const AGENT = "eks-pod-identity-agent";
const APP = `app=${NAME}`;

describe("W3: least privilege, hands on", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(15_000);
  let guide: Guide;
  let atFirst: readonly string[] = [];

  before(async () => {
    guide = await startGuide({
      policies: PROFILES.addons,
      aws: { settings: { webhookLagMs: 500, addonLagMs: HELD_MS } },
    });
    atFirst = guide.sandbox.aws.arns();
    guide.sandbox.aws.putBucket({ name: BUCKET, objects: { "test.txt": "it works" } });
  });
  after(() => guide.stop());

  it("kubectl apply -f config/samples/agent.yaml: the add-on becomes ACTIVE, and its pods run on every node", async () => {
    await guide.applySample("agent.yaml");
    const states = await addonStates(guide.sandbox, AGENT);
    expect(states).to.deep.equal(INSTALLED);
    saw(states.join(" → "));
    const selector = `app.kubernetes.io/instance=${AGENT}`;
    await until(
      "its pods run",
      async () => (await podsOf(guide.sandbox, "kube-system", selector)).length === 2,
    );
    saw(`kubectl get pods -n kube-system -l ${selector}: 2 pods`);
  });

  it("kubectl apply -f config/samples/least-privilege.yaml: association, ServiceAccount and Deployment at once", async () => {
    await guide.applySample("least-privilege.yaml");
    const { status } = await guide.untilReady(NAME, "True Reconciled");
    saw(`role ${status?.roleArn}`);
    saw(`association ${status?.associationId}`);
    const [role] = guide.sandbox.aws.state().roles;
    expect(role?.inlinePolicies["get-objects"])
      .to.include('"Sid":"GetObjects"')
      .and.to.include("s3:GetObject");
    expect(guide.sandbox.aws.state().associations).to.have.length(1);
    saw(`AgentReady True AgentRunning: ${await guide.untilAgentRuns(NAME)}`);
  });

  it("its pod has the two variables and the token, by the one restart", async () => {
    await until(
      "the pod has them",
      async () => (await guide.get(NAME))?.status?.pods?.summary === "1/1",
    );
    const [pod] = await podsOf(guide.sandbox, guide.namespace, APP);
    const env = pod?.spec?.containers?.[0]?.env ?? [];
    const value = (name: string) => env.find((one) => one.name === name)?.value;
    expect(value("AWS_CONTAINER_CREDENTIALS_FULL_URI")).to.equal(
      "http://169.254.170.23/v1/credentials",
    );
    expect(value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")).to.equal(
      "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
    );
    for (const { name, value: text } of env)
      if (name.startsWith("AWS_CONTAINER")) saw(`${name}=${text}`);
  });

  it("exchanges the token for credentials that expire", async () => {
    const [byCurl, bySdk] = await guide.inPod(APP, "agent", "credentials");
    const { fields, AccountId, Expiration } = resultOf(byCurl) as {
      fields: string[];
      AccountId: string;
      Expiration: string;
    };
    expect(fields.toSorted()).to.deep.equal([
      "AccessKeyId",
      "AccountId",
      "Expiration",
      "SecretAccessKey",
      "Token",
    ]);
    expect(AccountId).to.equal("111122223333");
    const hours = (Date.parse(Expiration) - Date.now()) / 3_600_000;
    expect(hours).to.be.within(0.2, 6.1);
    expect((resultOf(bySdk) as { accessKeyId: string }).accessKeyId).to.match(/^ASIA[A-Z0-9]{16}$/);
    saw(`${fields.join(", ")}; of account ${AccountId}, for ${hours.toFixed(1)} h`);
  });

  it("is the assumed role", async () => {
    const [outcome] = await guide.inPod(APP, "sts:GetCallerIdentity");
    const { Arn, UserId, Account } = resultOf(outcome) as Record<string, string>;
    const [pod] = await podsOf(guide.sandbox, guide.namespace, APP);
    const roleName = (await guide.get(NAME))?.status?.roleName;
    const session = `demo-${pod?.metadata.name}`.slice(0, 20);
    expect(Account).to.equal("111122223333");
    expect(Arn).to.match(
      new RegExp(`^arn:aws:sts::111122223333:assumed-role/${roleName}/${session}`),
    );
    expect(UserId).to.match(new RegExp(`^AROA[A-Z0-9]{17}:${session}`));
    saw(`Arn    ${Arn}`);
    saw(`UserId ${UserId}`);
  });

  it("may get the object", async () => {
    const [outcome] = await guide.inPod(APP, `s3:GetObject ${BUCKET} test.txt`);
    expect(resultOf(outcome)).to.equal("it works");
    saw(`GetObject test.txt: "${resultOf(outcome)}"`);
  });

  it("may not put one, nor list the bucket", async () => {
    const refused = await guide.inPod(
      APP,
      `s3:PutObject ${BUCKET} test.txt changed`,
      `s3:ListObjects ${BUCKET}`,
    );
    for (const outcome of refused) {
      expect(refusalOf(outcome)).to.match(/^AccessDenied: /);
      saw(`${outcome.step}: ${refusalOf(outcome)}`);
    }
  });

  it("leaves nothing in AWS when association and EKSAddon are deleted", async () => {
    const { kubectl, aws } = guide.sandbox;
    await kubectl("delete", "pia", NAME, "-n", guide.namespace);
    await kubectl("delete", "eksaddon", AGENT, "--timeout=90s");
    expect(aws.arns().filter((arn) => !arn.includes(":s3:"))).to.deep.equal(atFirst);
    const { roles, associations, addons } = aws.state();
    expect([...roles, ...associations, ...addons]).to.deep.equal([]);
    saw("left in AWS: 0 associations, 0 roles, 0 add-ons; nothing that was not there before");
  });
});
