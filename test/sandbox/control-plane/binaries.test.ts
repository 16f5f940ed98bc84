/** Where binaries come from and what the user hears meanwhile; network, Go and time are stand-ins. */
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { type Ending, type Machine, thisMachine } from "./binaries/machine.ts";
import { type BinaryName, ensureBinaries } from "./binaries.ts";

type Answers = Record<string, string | Uint8Array<ArrayBuffer>>;

const CACHED = "cache/pod-identity-operator/kubernetes-v1.36.3-linux-amd64";
const API_SERVER = "https://dl.k8s.io/v1.36.3/bin/linux/amd64/kube-apiserver";
const ETCD = "https://github.com/etcd-io/etcd/releases/download/v3.6.8";
const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");
const failed = (wanted: Promise<unknown>): Promise<string> =>
  wanted.then(
    () => "",
    (problem: Error) => problem.message,
  );

/** Time that passes only when told. */
class ManualTimer {
  #now = 0;
  readonly #calls = new Set<{ ms: number; call: () => void }>();
  now = () => this.#now;
  every = (ms: number, call: () => void) => {
    const entry = { ms, call };
    this.#calls.add(entry);
    return () => void this.#calls.delete(entry);
  };
  advance(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now += 1000;
      for (const { ms: each, call } of this.#calls) if (this.#now % each === 0) call();
    }
  }
}

describe("binaries of the control plane", () => {
  let root: string;
  let timer: ManualTimer;
  let lines: string[];
  let builds: string[];
  let env: Record<string, string>;
  /** What the network answers; nothing = no network. */
  let answers: Answers | undefined;
  let goVersion: string | undefined;
  let build: (target: string) => Promise<Ending>;

  const machine = (): Machine => ({
    env,
    platform: "linux",
    arch: "x64",
    timer,
    fetch: async (url) => {
      if (!answers) throw new TypeError("fetch failed");
      const content = answers[String(url)];
      return new Response(content ?? "not found", { status: content === undefined ? 404 : 200 });
    },
    run: async (program, args, options) => {
      if (program !== "go") return thisMachine.run(program, args, { ...options, env: process.env });
      if (goVersion === undefined) return undefined;
      if (args[0] === "version")
        return { code: 0, output: `go version ${goVersion} linux/amd64\n` };
      builds.push(String(args.at(-1)));
      return build(args[args.indexOf("-o") + 1] ?? "");
    },
  });
  const report = (line: string) => void lines.push(line);
  const ensure = async (name: BinaryName) =>
    (await ensureBinaries([name], report, machine()))[name];
  const put = async (path: string, mode = 0o755) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), "program");
    await chmod(join(root, path), mode);
  };
  const cached = async () => readdir(join(root, CACHED));

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "binaries-test-"));
    timer = new ManualTimer();
    lines = [];
    builds = [];
    env = { PATH: join(root, "bin"), XDG_CACHE_HOME: join(root, "cache") };
    env["KUBEBUILDER_ASSETS"] = join(root, "assets");
    answers = undefined;
    goVersion = "go1.26.8";
    build = async (target) => {
      await writeFile(target, "built");
      return { code: 0, output: "" };
    };
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  it("are taken from $KUBEBUILDER_ASSETS, then $PATH, then the cache, without a word", async () => {
    const places = ["assets/etcd", "bin/etcd", `${CACHED}/etcd`];
    for (const place of places) await put(place);
    for (const place of places) {
      expect(await ensure("etcd")).to.equal(join(root, place));
      await rm(join(root, place));
    }
    expect(lines).to.deep.equal([]);
  });

  it("are not mistaken for a folder or a file that cannot be run", async () => {
    await mkdir(join(root, "assets/etcd"), { recursive: true });
    await put("bin/etcd", 0o644);
    await put(`${CACHED}/etcd`);
    expect(await ensure("etcd")).to.equal(join(root, CACHED, "etcd"));
  });

  it("are cached in ~/.cache where XDG_CACHE_HOME is not set", async () => {
    env = { PATH: "", HOME: root };
    const path = await ensure("etcd");
    expect(path).to.equal(join(root, `.${CACHED}`, "etcd"));
    expect(await ensure("etcd")).to.equal(path);
    expect(builds).to.have.length(1);
  });

  it("are downloaded from the official release when they have its checksum", async () => {
    // sha256sum of "hello"
    const sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    answers = { [`${API_SERVER}.sha256`]: `${sum}\n`, [API_SERVER]: "hello" };
    expect(await readFile(await ensure("kube-apiserver"), "utf8")).to.equal("hello");
    expect(builds).to.deep.equal([]);
    expect(lines).to.deep.equal(["downloading kube-apiserver v1.36.3 (first time only)"]);
    expect(await cached()).to.deep.equal(["kube-apiserver"]);
  });

  it("are refused when the checksum is another, and leave nothing behind", async () => {
    answers = { [`${API_SERVER}.sha256`]: sha256("hello"), [API_SERVER]: "hell0" };
    expect(await failed(ensure("kube-apiserver"))).to.contain(
      `${API_SERVER} does not have its published SHA-256 checksum`,
    );
    expect(builds).to.deep.equal([]);
    expect(await cached()).to.deep.equal([]);
  });

  it("are unpacked from etcd's archive, which is listed among others", async () => {
    const folder = "etcd-v3.6.8-linux-amd64";
    await put(`${folder}/etcd`);
    const archive = join(root, "archive.tar.gz");
    await thisMachine.run("tar", ["-czf", archive, "-C", root, folder], { env: process.env });
    const content = new Uint8Array(await readFile(archive));
    const sums = `${"0".repeat(64)}  ${folder}.zip\n${sha256(content)}  ${folder}.tar.gz\n`;
    answers = { [`${ETCD}/SHA256SUMS`]: sums, [`${ETCD}/${folder}.tar.gz`]: content };
    expect(await readFile(await ensure("etcd"), "utf8")).to.equal("program");
    expect(await cached()).to.deep.equal(["etcd"]);
  });

  it("are built with Go when a proxy answers with its own page", async () => {
    answers = { [`${API_SERVER}.sha256`]: "<html>please log in</html>", [API_SERVER]: "hello" };
    expect(await readFile(await ensure("kube-apiserver"), "utf8")).to.equal("built");
    expect(builds).to.deep.equal(["k8s.io/kubernetes/cmd/kube-apiserver"]);
  });

  it("are built without asking anybody where they are our own", async () => {
    answers = {};
    const path = await ensure("gitops-health");
    expect(path).to.match(/\/gitops-health-[0-9a-f]{10}-linux-amd64\/gitops-health$/);
    expect(builds).to.deep.equal(["."]);
    expect(lines[0]).to.equal(
      "gitops-health cannot be downloaded (it is our own), so it is built here",
    );
  });

  it("say in one sentence what to do when there is neither network nor Go", async () => {
    goVersion = undefined;
    expect(await failed(ensure("kube-apiserver"))).to.equal(
      "kube-apiserver v1.36.3 is not on this machine, cannot be downloaded (dl.k8s.io cannot be reached), " +
        "and there is no Go to build it with: install Go 1.26 or newer, or set KUBEBUILDER_ASSETS " +
        "to a folder with etcd, kube-apiserver, kube-controller-manager, kubectl",
    );
  });

  it("say that helm may be installed as well", async () => {
    goVersion = undefined;
    expect(await failed(ensure("helm"))).to.match(
      /^helm v4\.\d+\.\d+ is not on this machine, .*: install Go 1\.26 or newer, or install Helm, so that helm is on the PATH$/,
    );
  });

  it("say that Prometheus may be installed as well", async () => {
    goVersion = undefined;
    expect(await failed(ensure("promtool"))).to.match(
      /^promtool v3\.\d+\.\d+ is not on this machine, .*: install Go 1\.26\.7 or newer, or install Prometheus, so that prometheus and promtool are on the PATH$/,
    );
  });

  for (const [version, isEnough] of [
    ["go1.25.9", false],
    ["go1.9", false],
    ["go1.26.0", true],
    ["go1.27rc1", true],
  ] as const) {
    it(`${isEnough ? "are" : "are not"} built with ${version}`, async () => {
      goVersion = version;
      const message = await failed(ensure("kubectl"));
      const tooOld = `the installed Go ${version.slice(2)} is too old to build it: install Go 1.26 or newer`;
      if (isEnough) expect(message).to.equal("");
      else expect(message).to.contain(tooOld);
    });
  }

  it("tell every 5 seconds what is being built and how long that takes", async () => {
    let finish: () => void = () => undefined;
    const building = new Promise<void>((started) => {
      const written = build;
      build = (target) => {
        started();
        return new Promise((resolve) => {
          finish = () => resolve(written(target));
        });
      };
    });
    const done = ensure("kube-apiserver");
    await building;
    timer.advance(85_000);
    finish();
    await done;
    timer.advance(60_000);
    const told = lines.filter((line) => line.startsWith("building"));
    expect(told).to.have.length(1 + 85 / 5);
    expect(told.at(-1)).to.equal(
      "building kube-apiserver v1.36.3 from its Go modules, 85 s (first time only, about 7 minutes on 2 cores)",
    );
  });

  it("show the end of a build that fails, and leave nothing behind", async () => {
    build = async (target) => {
      await writeFile(target, "half");
      return { code: 1, output: "go: downloading\nno space left on device\n" };
    };
    expect(await failed(ensure("etcd"))).to.equal(
      "building etcd v3.6.8 failed:\n  go: downloading\n  no space left on device",
    );
    expect(await cached()).to.deep.equal([]);
  });

  it("are built once when two ask for them at the same time; the second says what it waits for", async () => {
    const paths = await Promise.all([ensure("etcd"), ensure("etcd")]);
    expect(new Set(paths)).to.have.property("size", 1);
    expect(builds).to.have.length(1);
    expect(lines).to.include(`waiting for process ${process.pid}, which is getting etcd`);
  });

  it("are built although a process that was killed has left its lock and half a program", async () => {
    await put(`${CACHED}/etcd.4194304999.part/etcd`);
    await writeFile(join(root, CACHED, "etcd.lock"), "4194304999");
    expect(await readFile(await ensure("etcd"), "utf8")).to.equal("built");
    expect(await cached()).to.deep.equal(["etcd"]);
  });
});
