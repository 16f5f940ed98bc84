/** The samples of well-known workloads, as an API server with our definitions takes them. */
import { globSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { joinSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../sandbox/shared.ts";

const FOLDER = "config/samples/well-known";
const NAMESPACES = ["cert-manager", "external-secrets"];

describe("the samples of well-known workloads", function () {
  this.timeout(FIRST_BUILD_MS);
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await joinSandbox(await sharedControlPlane(), {});
    for (const name of NAMESPACES) await sandbox.kubectl("create", "namespace", name);
  });
  after(async () => {
    await sandbox.kubectl("delete", "namespace", ...NAMESPACES, "--wait=false");
    await sandbox.stop();
  });

  it("are taken, all of them, in the namespaces that their charts are installed in", async () => {
    const dryRun = ["apply", "--server-side", "--dry-run=server", "--validate=strict"];
    const said = await sandbox.kubectl(...dryRun, "-f", FOLDER);
    const objects = globSync(`${FOLDER}/*.yaml`).flatMap((file) =>
      parseAllDocuments(readFileSync(file, "utf8")),
    );
    const taken = said.trim().split("\n");
    expect(taken).to.have.length(objects.length);
    for (const line of taken) expect(line).to.match(/serverside-applied \(server dry run\)$/);
  });
});
