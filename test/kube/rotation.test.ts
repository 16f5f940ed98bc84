/** A cluster's certificate authority is replaced while we run: new connections trust the new one, a running watch stays. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { Transport } from "../../src/kube/transport.ts";
import { CertificateAuthority } from "../sandbox/control-plane/certificates.ts";
import { thrownBy } from "./fixture.ts";

const GET = { method: "GET", path: "/version" } as const;

describe("a rotated certificate authority", () => {
  let server: Server;
  let transport: Transport;
  let caFile: string;
  let watch: ServerResponse | undefined;

  beforeEach(async () => {
    caFile = join(await mkdtemp(join(tmpdir(), "rotation-")), "ca.crt");
    const before = await CertificateAuthority.create();
    const { certificate: cert, key } = await before.issueServing();
    server = createServer({ cert, key }, (request, response) => {
      if (request.url === "/watch") {
        response.writeHead(200).flushHeaders();
        watch = response;
      } else {
        response.end("{}");
      }
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    await writeFile(caFile, before.certificate);
    const config = new KubeConfig();
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    config.loadFromClusterAndUser(
      { name: "c", server: url, caFile, skipTLSVerify: false },
      { name: "u", token: "t" },
    );
    transport = new Transport(config, "podidentity/1.2.3", { credentials: 0 });
  });
  afterEach(async () => {
    await transport.close();
    server.closeAllConnections();
    server.close();
    await rm(join(caFile, ".."), { recursive: true });
  });

  it("is trusted as soon as its file has changed, and not before", async () => {
    await transport.json(GET);
    const after = await CertificateAuthority.create();
    const { certificate: cert, key } = await after.issueServing();
    server.setSecureContext({ cert, key });
    server.closeAllConnections();
    expect(await thrownBy(transport.json(GET))).to.have.property("status", 0);
    await writeFile(caFile, after.certificate);
    await Promise.all([transport.json(GET), transport.json(GET), transport.json(GET)]);
  });

  it("does not end a watch that began before", async () => {
    const body = await transport.stream("/watch", 60_000, new AbortController().signal);
    const both = await Promise.all([1, 2].map(() => CertificateAuthority.create()));
    await writeFile(caFile, both.map(({ certificate }) => certificate).join(""));
    await thrownBy(transport.json(GET));
    watch?.end("still here");
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).to.equal("still here");
  });
});
