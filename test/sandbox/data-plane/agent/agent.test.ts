/** The agent's answers, as aws/eks-pod-identity-agent gives them, and how long it keeps credentials. */
import { expect } from "chai";
import { request } from "undici";
import { type FakeEksAuth, startFakeEksAuth } from "../fake-eks-auth.ts";
import { type Agent, startAgent } from "./agent.ts";
import { eksAuth } from "./eks-auth.ts";

const HOUR = 60 * 60_000;
const START = Date.UTC(2026, 10, 23);

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const tokenThatEnds = (ms: number) => `${part({ alg: "RS256" })}.${part({ exp: ms / 1000 })}.sign`;

describe("the agent of the sandbox", () => {
  const TOKEN = tokenThatEnds(START + 24 * HOUR);
  let now: number;
  /** Of credentials, in milliseconds. */
  let lifetime: number;
  let auth: FakeEksAuth;
  let agent: Agent;

  const get = async (token?: string, host = "169.254.170.23") => {
    const { statusCode, body } = await request(`http://127.0.0.1:${agent.port}/v1/credentials`, {
      headers: { host, ...(token === undefined ? {} : { authorization: token }) },
    });
    return { status: statusCode, text: await body.text() };
  };
  const keyOf = ({ text }: { text: string }) => JSON.parse(text).AccessKeyId.at(-1);

  beforeEach(async () => {
    now = START;
    lifetime = 6 * HOUR;
    const review = async () => ({
      namespace: "team",
      serviceAccount: "app",
      podName: "p",
      podUid: "u",
    });
    auth = await startFakeEksAuth(review, () => (now + lifetime) / 1000);
    const { endpoint } = auth;
    agent = await startAgent(
      eksAuth({ endpoint, clusterName: "demo", region: "us-west-2" }),
      () => now,
    );
  });
  afterEach(async () => {
    await agent.stop();
    await auth.stop();
  });

  it("answers with credentials, account and end", async () => {
    const { status, text } = await get(TOKEN);
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.deep.equal({
      AccessKeyId: "ASIASANDBOX000000001",
      SecretAccessKey: "secret",
      Token: "session",
      AccountId: "111122223333",
      Expiration: "2026-11-23T06:00:00Z",
    });
    expect(auth.calls[0]?.authorization).to.match(
      /^AWS4-HMAC-SHA256 Credential=AKIASANDBOX000000000\/\d{8}\/us-west-2\/eks-auth\/aws4_request, /,
    );
  });

  it("may be called by its IPv6 address and with a port", async () => {
    expect((await get(TOKEN, "[fd00:ec2::23]:80")).status).to.equal(200);
  });

  const REFUSED: readonly [string, string | undefined, string | undefined, number, string][] = [
    ["another host", TOKEN, "127.0.0.1:1234", 403, "Access Denied."],
    ["no token", undefined, undefined, 400, "cannot be empty"],
    ["what is no token", "garbage", undefined, 400, "cannot be parsed"],
    ["an expired token", tokenThatEnds(START - 1000), undefined, 400, "token is expired"],
  ];
  for (const [name, token, host, status, text] of REFUSED) {
    it(`refuses ${name} with ${status}, without asking EKS Auth`, async () => {
      const answer = await get(token, host);
      expect(answer.status).to.equal(status);
      expect(answer.text).to.contain(text);
      expect(auth.calls).to.deep.equal([]);
    });
  }

  for (const [status, code] of [
    [404, "ResourceNotFoundException"],
    [429, "ThrottlingException"],
    [400, "AccessDeniedException"],
  ] as const) {
    it(`passes on that EKS Auth says ${status} ${code}`, async () => {
      auth.refusal = { status, code };
      expect(await get(TOKEN)).to.deep.equal({ status, text: `(${code}): no` });
    });
  }

  it("keeps credentials for three hours, each token's its own", async () => {
    expect(keyOf(await get(TOKEN))).to.equal("1");
    expect(keyOf(await get(tokenThatEnds(START + 25 * HOUR)))).to.equal("2");
    now += 3 * HOUR - 1;
    expect(keyOf(await get(TOKEN))).to.equal("1");
    now += 1;
    expect(keyOf(await get(TOKEN))).to.equal("3");
  });

  it("renews before that what ends earlier", async () => {
    lifetime = HOUR;
    expect(keyOf(await get(TOKEN))).to.equal("1");
    now += HOUR - 15_001;
    expect(keyOf(await get(TOKEN))).to.equal("1");
    now += 1;
    expect(keyOf(await get(TOKEN))).to.equal("2");
  });

  it("serves on with the old ones while EKS Auth is throttled, and asks again a minute later", async () => {
    await get(TOKEN);
    now += 3 * HOUR;
    auth.refusal = { status: 429, code: "ThrottlingException" };
    expect(keyOf(await get(TOKEN))).to.equal("1");
    auth.refusal = undefined;
    expect(keyOf(await get(TOKEN))).to.equal("1");
    now += 60_000;
    expect(keyOf(await get(TOKEN))).to.equal("3");
  });

  it("forgets them where the association is gone", async () => {
    await get(TOKEN);
    now += 3 * HOUR;
    auth.refusal = { status: 404, code: "ResourceNotFoundException" };
    expect((await get(TOKEN)).status).to.equal(404);
    now -= 3 * HOUR;
    expect((await get(TOKEN)).status).to.equal(404);
  });

  it("forgets all when told", async () => {
    await get(TOKEN);
    await agent.clearCache();
    expect(keyOf(await get(TOKEN))).to.equal("2");
  });
});
