/** The image, without Docker: the same files from every build, started as the Dockerfile starts them. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "chai";
import { type Fixture, QUICK, startFixture, sweeps, until } from "../operator/fixture.ts";
import { type Container, canContain, startContainer } from "./container.ts";

const SETTLED = /^podidentity_reconciles_total\{[^}]*outcome="settled"[^}]*\} [1-9]/m;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
/** In /proc's kB. */
const MEBIBYTE = 1024;

function layOut(source: string, image: string): void {
  execFileSync(process.execPath, ["tools/image.ts", image], { cwd: source, stdio: "pipe" });
}

/** Mode, time and SHA-256 of each file, by path. */
function fingerprints(folder: string): Record<string, string> {
  const files = globSync(join(folder, "**", "*")).filter((path) => statSync(path).isFile());
  return Object.fromEntries(
    files.toSorted().map((file) => {
      const { mode, mtimeMs } = statSync(file);
      const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
      return [relative(folder, file), `${mode.toString(8)} ${mtimeMs} ${hash}`];
    }),
  );
}

/** The checked-out project in another folder, as another machine has it. */
function copyOfProject(folder: string): string {
  mkdirSync(folder);
  for (const name of ["src", "tools", "package.json", "package-lock.json", "LICENSE"]) {
    cpSync(name, join(folder, name), { recursive: true });
  }
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  return folder;
}

describe("the image", function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), "podidentity-builds-"));
  const image = join(folder, "image");
  before(() => layOut(process.cwd(), image));
  after(() => rmSync(folder, { recursive: true }));

  it("built twice, in different folders, is the same in every file", () => {
    const again = join(folder, "again");
    layOut(copyOfProject(join(folder, "elsewhere")), again);
    const files = fingerprints(image);
    expect(Object.keys(files)).to.include.members(["app/main.js", "app/operator.js"]);
    expect(fingerprints(again)).to.deep.equal(files);
    const unreadable = Object.entries(files).filter(([, one]) => !one.startsWith("100644 "));
    expect(unreadable, "what only the builder may read").to.deep.equal([]);
  });

  it("lists what it is made of: each runtime package of the lockfile, and no other", () => {
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean; version: string }>;
    };
    const runtime = Object.entries(packages)
      .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
      .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")}@${version}`);
    const { components } = JSON.parse(readFileSync(join(image, "app/sbom.cdx.json"), "utf8")) as {
      components: { name: string; version: string; licenses?: object[] }[];
    };
    const listed = components.map(({ name, version }) => `${name}@${version}`);
    expect(listed).to.have.members([...new Set(runtime)]);
    expect(readFileSync(join(image, "app/THIRD-PARTY-NOTICES.txt"), "utf8")).to.contain(
      "@kubernetes/client-node 2.0.1: Apache-2.0",
    );
  });

  describe("that is started", () => {
    let it_: Fixture;
    let container: Container;
    const took = { ready: 0, reconciled: 0 };
    const facts = (file: string) => readFileSync(`/proc/${container.operator.pid}/${file}`, "utf8");
    const fact = (name: string) =>
      new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(facts("status"))?.[1];
    const mebibytes = (name: string) => Number.parseInt(fact(name) ?? "", 10) / MEBIBYTE;

    const metrics = async () => (await fetch(`${container.operator.probes}/metrics`)).text();
    before(async function () {
      if (!canContain) this.skip();
      it_ = await startFixture();
      // Its own operator gives way to the image's.
      await it_.operator.stop();
      await it_.apply("reader", { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } });
      const begun = performance.now();
      container = await startContainer(image, { ...it_.sandbox.environment, ...QUICK });
      took.ready = performance.now() - begun;
      await until("an object is reconciled", async () => SETTLED.test(await metrics()));
      took.reconciled = performance.now() - begun;
    });
    after(async () => {
      await container?.stop();
      await it_?.stop();
    });

    it("runs as user 65532 with no capability, in a root directory that cannot be written to", () => {
      expect(fact("CapEff")).to.equal("0000000000000000");
      if (process.getuid?.() === 0) {
        expect(fact("Uid")?.split("\t")).to.deep.equal(["65532", "65532", "65532", "65532"]);
        expect(fact("Gid")?.split("\t")).to.deep.equal(["65532", "65532", "65532", "65532"]);
        expect(fact("Groups")).to.equal("");
      }
      const roots = facts("mountinfo")
        .split("\n")
        .filter((line) => line.split(" ")[4] === "/");
      expect(roots.map((line) => line.split(" ")[5]?.split(",")[0])).to.deep.equal(["ro"]);
    });

    it("makes an object Ready, serves metrics, and changes none of its files", async () => {
      await it_.untilReady("reader", "True Reconciled");
      expect(await metrics()).to.match(SETTLED);
      expect(fingerprints(join(container.root, "app"))).to.deep.equal(
        fingerprints(join(image, "app")),
      );
    });

    it("is idle within 160 MiB", async () => {
      await sweeps(it_, 3);
      console.log(
        `    the image: ready after ${seconds(took.ready)}, first reconciliation after ${seconds(took.reconciled)}, idle ${mebibytes("VmRSS").toFixed(0)} MiB (${mebibytes("RssAnon").toFixed(0)} without the pages of files), at most ${mebibytes("VmHWM").toFixed(0)} MiB`,
      );
      expect(mebibytes("VmHWM")).to.be.within(20, 160);
    });

    it("ends within its grace when it is told to, with 0", async () => {
      expect(await container.operator.stop()).to.equal(0);
    });
  });
});
