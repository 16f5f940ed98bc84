/** Few connections, our own name and credentials on each request, and errors that say what happened. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { KubeClient } from "../../src/kube/client.ts";
import { KubeError } from "../../src/kube/errors.ts";
import { serviceAccountIssuer } from "../../src/kube/issuer.ts";
import { Transport } from "../../src/kube/transport.ts";
import { Failure } from "../../src/plan/outcome.ts";
import { type Answer, json, status } from "./fake-api.ts";
import { CONFIG_MAPS, eventually, Fixture, TOKEN, thrownBy } from "./fixture.ts";

const GET = { method: "GET", path: "/api/v1/configmaps?limit=1" } as const;

describe("transport", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.stop());

  it("shares at most 32 connections among 500 requests at once, from the first on", async () => {
    const transport = await fixture.transport();
    await Promise.all(Array.from({ length: 500 }, () => transport.json(GET)));
    expect(fixture.api.requests).to.have.length(500);
    expect(fixture.api.connections).to.be.at.most(32);
  });

  it("uses its connections again for requests one after the other", async () => {
    const transport = await fixture.transport();
    for (let n = 0; n < 20; n += 1) await transport.json(GET);
    expect(fixture.api.connections).to.be.at.most(2);
  });

  it("sends the kubeconfig's token and our own user agent", async () => {
    const transport = await fixture.transport();
    await transport.json(GET);
    expect(fixture.api.requests[0]?.headers).to.deep.include({
      authorization: `Bearer ${TOKEN}`,
      "user-agent": "podidentity/1.2.3",
      accept: "application/json",
    });
  });

  it("says what the API server refused, with its status and the wait it asked for", async () => {
    const transport = await fixture.transport();
    const message = 'configmaps is forbidden: User "operator" cannot list resource';
    fixture.api.answerNext(status(403, message), status(429, "busy", { "retry-after": "7" }));
    const forbidden = (await thrownBy(transport.json(GET))) as KubeError;
    expect(forbidden).to.be.instanceOf(KubeError).with.property("status", 403);
    expect(forbidden.message).to.equal(`GET /api/v1/configmaps: ${message}`);
    expect(forbidden).to.have.property("retryAfterMs", undefined);
    expect(await thrownBy(transport.json(GET))).to.include({ status: 429, retryAfterMs: 7_000 });
  });

  for (const [code, reason, retry] of [
    [400, "KubernetesRefused", { kind: "never" }],
    [401, "KubernetesForbidden", { kind: "backoff" }],
    [403, "KubernetesForbidden", { kind: "never" }],
    [404, "KubernetesConflict", { kind: "after", ms: 200 }],
    [409, "KubernetesConflict", { kind: "after", ms: 200 }],
    [422, "KubernetesRefused", { kind: "never" }],
    [500, "KubernetesUnavailable", { kind: "backoff" }],
    [503, "KubernetesUnavailable", { kind: "backoff" }],
  ] as const) {
    it(`takes ${code} as ${reason}, to be tried again: ${retry.kind}`, async () => {
      const transport = await fixture.transport();
      fixture.api.answerNext(status(code));
      const problem = (await thrownBy(transport.json(GET))) as KubeError;
      expect({ reason: problem.reason, retry: problem.retry }).to.deep.equal({ reason, retry });
    });
  }

  it("takes 403 of a namespace that is being deleted for what it is: no right is missing, and the watch is about to show it", async () => {
    const transport = await fixture.transport();
    const causes = [{ reason: "NamespaceTerminating", field: "metadata.namespace" }];
    fixture.api.answerNext(status(403, "it is being terminated", {}, { causes }));
    const problem = (await thrownBy(transport.json(GET))) as KubeError;
    expect(problem).to.include({ status: 403, reason: "KubernetesConflict" });
    expect(problem.retry).to.deep.equal({ kind: "after", ms: 200 });
  });

  it("tells no answer from a refusal: cut, nobody there, silent, cut within the answer", async () => {
    const transport = await fixture.transport({ answer: 50 });
    const nobody = fixture.transportTo("http://127.0.0.1:1");
    fixture.api.answerNext(
      (response) => response.destroy(),
      () => {},
      (response) => response.writeHead(200).write('{"items"', () => response.destroy()),
    );
    for (const one of [transport, nobody, transport, transport]) {
      const problem = (await thrownBy(one.json(GET))) as KubeError;
      expect(problem).to.be.instanceOf(KubeError);
      expect(problem).to.include({ status: 0, reason: "KubernetesUnavailable" });
      expect(problem.message).to.match(/^GET \/api\/v1\/configmaps: no answer from the API server/);
      expect(problem.message).to.not.contain(TOKEN);
    }
  });

  it("reads a missing object as undefined, whatever else is refused as an error", async () => {
    const client = new KubeClient(await fixture.transport());
    const name = { name: "a", namespace: "team" };
    fixture.api.answerNext(status(404), json(200, { metadata: name }), status(500));
    expect(await client.get(CONFIG_MAPS, name)).to.equal(undefined);
    expect(await client.get(CONFIG_MAPS, name)).to.deep.equal({ metadata: name });
    expect(fixture.api.requests[1]?.path).to.equal("/api/v1/namespaces/team/configmaps/a");
    expect(await thrownBy(client.get(CONFIG_MAPS, name))).to.have.property("status", 500);
  });

  it("reads who signs ServiceAccount tokens, and takes it as unknown where that may not be read", async () => {
    const transport = await fixture.transport();
    const issuer = "https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    fixture.api.answerNext(json(200, { issuer }), status(403), status(404), status(503));
    expect(await serviceAccountIssuer(transport)).to.equal(issuer);
    expect(await serviceAccountIssuer(transport)).to.equal(undefined);
    expect(await serviceAccountIssuer(transport)).to.equal(undefined);
    expect(await thrownBy(serviceAccountIssuer(transport))).to.have.property("status", 503);
    expect(fixture.api.requests[0]?.path).to.equal("/.well-known/openid-configuration");
  });
});

describe("the fence", () => {
  let fixture: Fixture;
  let isLeading: boolean;
  beforeEach(() => {
    fixture = new Fixture();
    isLeading = true;
  });
  afterEach(() => fixture.stop());
  const lost = new Failure("LeaseLost", "another one leads", { kind: "after", ms: 1 });
  const fence = () => {
    if (!isLeading) throw lost;
  };
  const NAME = { name: "a", namespace: "team" };

  it("lets reads pass and refuses every kind of write before it is sent", async () => {
    const transport = await fixture.transport({ fence });
    const client = new KubeClient(transport);
    isLeading = false;
    const writes = [
      client.create(CONFIG_MAPS, { metadata: NAME }),
      client.apply(CONFIG_MAPS, { metadata: NAME }, "us"),
      client.mergePatch(CONFIG_MAPS, NAME, { body: {} }),
      client.jsonPatch(CONFIG_MAPS, NAME, { operations: [] }),
      client.delete(CONFIG_MAPS, NAME),
    ];
    for (const write of writes) expect(await thrownBy(write)).to.equal(lost);
    await transport.json(GET);
    expect(fixture.api.requests.map(({ method }) => method)).to.deep.equal(["GET"]);
  });

  it("lets writes pass for whoever leads", async () => {
    const client = new KubeClient(await fixture.transport({ fence }));
    fixture.api.answerNext(json(200, { metadata: NAME }));
    expect(await client.mergePatch(CONFIG_MAPS, NAME, { body: {} })).to.have.property("metadata");
  });

  it("is asked when a connection is free, not when the write began to wait for one", async () => {
    const client = new KubeClient(await fixture.transport({ fence }));
    const answers: (() => void)[] = [];
    const held = Array.from({ length: 32 }, () => (response: Parameters<Answer>[0]) => {
      answers.push(() => json(200, {})(response));
    });
    fixture.api.answerNext(...held);
    const write = () => client.mergePatch(CONFIG_MAPS, NAME, { body: {} });
    const first = Array.from({ length: 32 }, write);
    await eventually(() => expect(answers).to.have.length(32));
    const waiting = thrownBy(write());
    isLeading = false;
    for (const answer of answers) answer();
    await Promise.all(first);
    expect(await waiting).to.equal(lost);
    expect(fixture.api.requests).to.have.length(32);
  });
});

describe("credentials", () => {
  const { KUBECONFIG, HOME } = process.env;
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "credentials-"));
    process.env["HOME"] = directory;
  });
  afterEach(async () => {
    restore("KUBECONFIG", KUBECONFIG);
    restore("HOME", HOME);
    await rm(directory, { recursive: true });
  });

  for (const [what, kubeconfig, says] of [
    ["are nowhere", "", "none were found"],
    ["are in a file that is missing", "missing", "no such file"],
    ["are in a file that is no kubeconfig", "{]", "missed comma"],
    ["name no current cluster", '{"clusters": []}', "names no current cluster"],
  ] as const) {
    it(`are asked for in one sentence where they ${what}`, async () => {
      const file = join(directory, "config");
      if (kubeconfig && kubeconfig !== "missing") await writeFile(file, kubeconfig);
      process.env["KUBECONFIG"] = kubeconfig ? file : "";
      const thrown = failureOf(() => Transport.fromEnvironment("podidentity/1.2.3"));
      expect(thrown).to.include({ reason: "KubernetesUnavailable" });
      expect(thrown.retry).to.deep.equal({ kind: "never" });
      expect(thrown.message).to.contain(says).and.to.contain("set KUBECONFIG to a kubeconfig file");
      expect(thrown.message).to.not.contain("\n");
    });
  }

  it("that an exec plugin does not give are an error that may pass", async () => {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: "c", server: "https://127.0.0.1:1", skipTLSVerify: false },
      { name: "u", exec: { command: "sh", args: ["-c", "echo token expired >&2; exit 1"] } },
    );
    const transport = new Transport(config, "podidentity/1.2.3");
    const problem = (await thrownBy(transport.json(GET))) as KubeError;
    expect(problem).to.include({ status: 0, reason: "KubernetesUnavailable" });
    expect(problem.message).to.equal("cannot read the Kubernetes credentials: token expired");
    expect(problem.retry).to.deep.equal({ kind: "backoff" });
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

function failureOf(task: () => unknown): Failure {
  try {
    task();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}
