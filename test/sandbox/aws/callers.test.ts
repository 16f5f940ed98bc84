/** A caller whose key has policies may do what they allow, and is refused anything else before it has any effect. */
import { EKSClient, ListPodIdentityAssociationsCommand } from "@aws-sdk/client-eks";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { refusalOf, Sandbox, TRUST } from "./testing.ts";

const KEY = "AKIALIMITED000000000";
const statement = (Effect: string, Action: string, more: object = {}) => ({
  Effect,
  Action,
  Resource: "*",
  ...more,
});
const policy = (...Statement: readonly object[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement });

describe("a caller with policies", () => {
  let sandbox: Sandbox;
  let limited: ReturnType<typeof clientsOf>;
  beforeEach(async () => {
    sandbox = await Sandbox.start();
    limited = clientsOf(sandbox.aws.endpoint);
  });
  afterEach(async () => {
    for (const client of Object.values(limited)) client.destroy();
    await sandbox.stop();
  });

  const may = (...statements: readonly object[]) =>
    sandbox.aws.configure({ callers: { [KEY]: [policy(...statements)] } });
  const list = () =>
    limited.eks.send(new ListPodIdentityAssociationsCommand({ clusterName: "demo" }));
  const create = (Tags: { Key: string; Value: string }[] = []) =>
    limited.iam.send(
      new CreateRoleCommand({ RoleName: "new", AssumeRolePolicyDocument: TRUST, Tags }),
    );

  it("may do what they allow", async () => {
    may(statement("Allow", "eks:ListPodIdentityAssociations"));
    expect(await refusalOf(list())).to.equal("accepted");
  });

  it("may do nothing else, is told what is missing, and changes nothing", async () => {
    may(statement("Allow", "eks:ListPodIdentityAssociations"));
    const refusal = await refusalOf(create());
    expect(refusal).to.include("AccessDenied: ");
    expect(refusal).to.include("is not authorized to perform: iam:CreateRole on resource: ");
    expect(refusal).to.include("because no identity-based policy allows the iam:CreateRole action");
    expect(sandbox.aws.state().roles).to.deep.equal([]);
    expect(sandbox.aws.calls({ operation: "CreateRole" })[0]?.tookEffect).to.equal(false);
  });

  it("is told of an explicit deny", async () => {
    may(statement("Allow", "eks:*"), statement("Deny", "eks:List*"));
    expect(await refusalOf(list())).to.include(
      "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/pod-identity-operator/sandbox is not authorized to perform: eks:ListPodIdentityAssociations on resource: arn:aws:eks:us-west-2:111122223333:cluster/demo with an explicit deny in an identity-based policy",
    );
  });

  it("needs the right to tag as well, for a creation with tags", async () => {
    may(statement("Allow", "iam:CreateRole"));
    const tags = [{ Key: "team", Value: "a" }];
    expect(await refusalOf(create(tags))).to.include("perform: iam:TagRole on resource");
    expect(await refusalOf(create())).to.equal("accepted");
  });

  it("must meet conditions on the tags it sends", async () => {
    const Condition = { StringEquals: { "aws:RequestTag/team": "a" } };
    may(statement("Allow", "iam:*", { Condition }));
    expect(await refusalOf(create([{ Key: "team", Value: "b" }]))).to.include("AccessDenied");
    expect(await refusalOf(create([{ Key: "team", Value: "a" }]))).to.equal("accepted");
  });

  it("may always ask who it is", async () => {
    may();
    expect(await refusalOf(limited.sts.send(new GetCallerIdentityCommand({})))).to.equal(
      "accepted",
    );
  });

  it("is nobody else: other keys may do everything", async () => {
    may();
    await sandbox.createRole("other");
    expect(sandbox.aws.state().roles).to.have.length(1);
  });
});

describe("a role that is assumed", () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.start();
  });
  afterEach(() => sandbox.stop());

  const RoleArn = "arn:aws:iam::111122223333:role/limited";
  const trusting = (AWS: string) =>
    policy({ Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" });
  async function assume() {
    const administrator = clientsOf(sandbox.aws.endpoint);
    try {
      const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: "test" });
      const { Credentials } = await administrator.sts.send(command);
      return clientsOf(sandbox.aws.endpoint, {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      });
    } finally {
      for (const client of Object.values(administrator)) client.destroy();
    }
  }

  it("is held to its policies, with the conditions of each call", async () => {
    const Condition = { StringEquals: { "aws:RequestTag/team": "a" } };
    sandbox.aws.putRole({
      name: "limited",
      trustPolicy: trusting("arn:aws:iam::111122223333:root"),
      inlinePolicies: { create: policy(statement("Allow", "iam:*", { Condition })) },
    });
    const session = await assume();
    const create = (Value: string) =>
      refusalOf(
        session.iam.send(
          new CreateRoleCommand({
            RoleName: "new",
            AssumeRolePolicyDocument: TRUST,
            Tags: [{ Key: "team", Value }],
          }),
        ),
      );
    expect(await create("b")).to.include(
      "User: arn:aws:sts::111122223333:assumed-role/limited/test is not authorized to perform: iam:CreateRole",
    );
    expect(await create("a")).to.equal("accepted");
    for (const client of Object.values(session)) client.destroy();
  });

  it("is not, by an account that it does not trust", async () => {
    sandbox.aws.putRole({
      name: "limited",
      trustPolicy: trusting("arn:aws:iam::444455556666:root"),
    });
    expect(await refusalOf(assume())).to.include("not authorized to perform: sts:AssumeRole");
  });
});

function clientsOf(
  endpoint: string,
  credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } = { accessKeyId: KEY, secretAccessKey: "limited" },
) {
  const settings = { endpoint, region: "us-west-2", credentials };
  return {
    eks: new EKSClient(settings),
    iam: new IAMClient(settings),
    sts: new STSClient(settings),
  };
}
