/** From a pod's token to calls of S3: EKS Auth, the session it gives, and what that may do, over the genuine SDKs. */
import { S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { refusalOf, roleArn, Sandbox } from "./testing.ts";

const POD = { namespace: "team", serviceAccount: "app", podName: "app-1", podUid: "uid-1" };
const READ = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" },
    { Effect: "Allow", Action: ["s3:ListBucket", "s3:ListAllMyBuckets"], Resource: "*" },
  ],
});

interface Answer {
  readonly assumedRoleUser: { readonly arn: string; readonly assumeRoleId: string };
  readonly credentials: Readonly<
    Record<"accessKeyId" | "secretAccessKey" | "sessionToken", string>
  > & {
    readonly expiration: number;
  };
}

describe("credentials of a pod", () => {
  let it_: Sandbox;
  const closers: (() => void)[] = [];

  beforeEach(async () => {
    it_ = await Sandbox.start({
      reviewToken: async (token) => (token === "good" ? POD : undefined),
    });
    it_.aws.putBucket({ name: "bucket", objects: { "test.txt": "text" } });
    await it_.createRole("reader");
    await it_.clients.iam.putRolePolicy({
      RoleName: "reader",
      PolicyName: "read",
      PolicyDocument: READ,
    });
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) close();
    await it_.stop();
  });

  const exchange = (token: string, cluster = "demo") =>
    fetch(`${it_.aws.endpoint}/clusters/${cluster}/assume-role-for-pod-identity`, {
      method: "POST",
      headers: {
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIANODE/20261122/us-west-2/eks-auth/aws4_request, SignedHeaders=host, Signature=0",
      },
      body: JSON.stringify({ token }),
    });
  const clients = async () => {
    const answer = await exchange("good");
    expect(answer.status).to.equal(200);
    const { assumedRoleUser, credentials } = (await answer.json()) as Answer;
    const config = {
      endpoint: it_.aws.endpoint,
      region: "us-west-2",
      credentials: { ...credentials, expiration: new Date(credentials.expiration * 1000) },
      maxAttempts: 1,
    };
    const s3 = new S3({ ...config, forcePathStyle: true });
    const sts = new STS(config);
    closers.push(
      () => s3.destroy(),
      () => sts.destroy(),
    );
    return { s3, sts, assumedRoleUser };
  };

  it("are those of the association's role, and say so", async () => {
    await it_.associate("app", "reader");
    const { sts, assumedRoleUser } = await clients();
    expect(assumedRoleUser.arn).to.match(
      /^arn:aws:sts::111122223333:assumed-role\/reader\/demo-app-1-[0-9a-f-]{36}$/,
    );
    const { Arn, UserId, Account } = await sts.getCallerIdentity({});
    expect({ Arn, UserId, Account }).to.deep.equal({
      Arn: assumedRoleUser.arn,
      UserId: assumedRoleUser.assumeRoleId,
      Account: "111122223333",
    });
  });

  it("may do at S3 what the role may, and nothing else", async () => {
    await it_.associate("app", "reader");
    const { s3 } = await clients();
    const { Body } = await s3.getObject({ Bucket: "bucket", Key: "test.txt" });
    expect(await Body?.transformToString()).to.equal("text");
    const { Contents } = await s3.listObjectsV2({ Bucket: "bucket" });
    expect(Contents?.map(({ Key }) => Key)).to.deep.equal(["test.txt"]);
    expect((await s3.listBuckets({})).Buckets?.map(({ Name }) => Name)).to.deep.equal(["bucket"]);
    const refused = await refusalOf(s3.putObject({ Bucket: "bucket", Key: "test.txt", Body: "x" }));
    expect(refused).to.match(
      /^AccessDenied: .*not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket\/test.txt"/,
    );
    expect(await refusalOf(s3.createBucket({ Bucket: "mine" }))).to.match(/^AccessDenied/);
  });

  it("end after six hours", async () => {
    await it_.associate("app", "reader");
    const { sts } = await clients();
    it_.aws.advance({ ms: 6 * 3_600_000 });
    expect(await refusalOf(sts.getCallerIdentity({}))).to.match(/^ExpiredToken/);
  });

  it("are narrowed by the session policy, and by the boundary", async () => {
    await it_.associate("app", "reader");
    const association = { cluster: "demo", namespace: "team", serviceAccount: "app" };
    const listOnly = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:List*", Resource: "*" }],
    });
    it_.aws.changeAssociation({
      ...association,
      changes: { policy: listOnly, disableSessionTags: true },
    });
    const narrowed = await clients();
    expect(await refusalOf(narrowed.s3.getObject({ Bucket: "bucket", Key: "test.txt" }))).to.match(
      /^AccessDenied/,
    );
    expect(await refusalOf(narrowed.s3.listBuckets({}))).to.equal("accepted");
    it_.aws.changeAssociation({ ...association, changes: { policy: null } });
    const boundary = it_.aws.putPolicy({ name: "boundary", document: listOnly });
    it_.aws.changeRole({ name: "reader", changes: { permissionsBoundaryArn: boundary.arn } });
    const bounded = await clients();
    expect(await refusalOf(bounded.s3.getObject({ Bucket: "bucket", Key: "test.txt" }))).to.match(
      /^AccessDenied/,
    );
  });

  it("are those of the target role, where there is one that trusts", async () => {
    const target = roleArn("target");
    const assume = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["sts:AssumeRole", "sts:TagSession"], Resource: target },
      ],
    });
    const trust = (externalId: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: "arn:aws:iam::111122223333:root" },
            Action: ["sts:AssumeRole", "sts:TagSession"],
            Condition: { StringEquals: { "sts:ExternalId": externalId } },
          },
        ],
      });
    it_.aws.putRole({
      name: "target",
      trustPolicy: trust("us-west-2/111122223333/demo/team/app"),
      inlinePolicies: { read: READ },
    });
    await it_.associate("app", "reader");
    const association = { cluster: "demo", namespace: "team", serviceAccount: "app" };
    it_.aws.changeAssociation({
      ...association,
      changes: { targetRoleArn: target, externalId: "us-west-2/111122223333/demo/team/app" },
    });
    expect((await exchange("good")).status).to.equal(400);
    it_.aws.changeRole({ name: "reader", changes: { inlinePolicies: { assume } } });
    const { sts } = await clients();
    expect((await sts.getCallerIdentity({})).Arn).to.include("assumed-role/target/");
    it_.aws.changeRole({ name: "target", changes: { trustPolicy: trust("another") } });
    expect((await exchange("good")).status).to.equal(400);
  });

  const refusals: [string, string, string, () => Promise<unknown>, string][] = [
    [
      "a token that is not valid",
      "bad",
      "demo",
      () => it_.associate("app", "reader"),
      "400 InvalidTokenException",
    ],
    [
      "a ServiceAccount without an association",
      "good",
      "demo",
      async () => undefined,
      "404 ResourceNotFoundException",
    ],
    [
      "an unknown cluster",
      "good",
      "nowhere",
      async () => undefined,
      "404 ResourceNotFoundException",
    ],
    [
      "a role that trusts another namespace",
      "good",
      "demo",
      async () => {
        await it_.associate("app", "reader");
        const { trustPolicy } = it_.aws.state().roles[0] ?? { trustPolicy: "{}" };
        const policy = JSON.parse(trustPolicy);
        policy.Statement[0].Condition = {
          StringEquals: { "aws:RequestTag/kubernetes-namespace": "other" },
        };
        it_.aws.changeRole({ name: "reader", changes: { trustPolicy: JSON.stringify(policy) } });
      },
      "400 AccessDeniedException",
    ],
  ];
  for (const [what, token, cluster, arrange, expected] of refusals) {
    it(`are refused for ${what}`, async () => {
      await arrange();
      const answer = await exchange(token, cluster);
      expect(`${answer.status} ${answer.headers.get("x-amzn-errortype")}`).to.equal(expected);
    });
  }

  it("leave no token in the call log", async () => {
    await it_.associate("app", "reader");
    await clients();
    const calls = it_.aws.calls({ service: "eks-auth" });
    expect(calls.map(({ operation }) => operation)).to.deep.equal(["AssumeRoleForPodIdentity"]);
    expect(JSON.stringify(calls)).to.not.include('"good"');
  });
});
