/** What a user is told when a process of the control plane ends by itself; the processes here are small shells. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Component } from "./component.ts";
import { Watchdog } from "./watchdog.ts";

const never = async () => false;
const atOnce = async () => true;

describe("a process of the control plane", () => {
  let directory: string;
  let watchdog: Watchdog;
  let told: string[];
  let onTold: (line: string) => void;

  const component = (script: string) => {
    const report = (line: string) => {
      told.push(line);
      onTold(line);
    };
    const args = ["-c", script];
    return new Component({ name: "etcd", program: "sh", args, directory, watchdog, report });
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "component-test-"));
    watchdog = new Watchdog(directory);
    told = [];
    onTold = () => undefined;
  });

  afterEach(() => watchdog.end());

  it("that ends before it is ready gives an error with the end of its log and where to find it", async () => {
    const etcd = component(
      "for i in $(seq 20); do echo line $i; done; echo port is taken >&2; exit 3",
    );
    const message = await etcd.start(never).then(
      () => "",
      (problem: Error) => problem.message,
    );
    expect(message).to.match(/^etcd ended \(exit code 3\)/);
    expect(message).to.match(/line 20\n {2}port is taken$/);
    expect(message).not.to.contain("line 5\n");
    const kept = /its whole log is (\S+),/.exec(message)?.[1] ?? "";
    await watchdog.end();
    expect(await readFile(kept, "utf8")).to.match(/^line 1\n/);
    await rm(kept);
  });

  it("that ends later is reported", async () => {
    const line = new Promise<string>((resolve) => {
      onTold = resolve;
    });
    const etcd = component("echo out of memory; exec sleep 600");
    await etcd.start(async () => (await readFile(join(directory, "etcd.log"), "utf8")) !== "");
    process.kill(etcd.pid ?? 0, "SIGTERM");
    expect(await line).to.match(/^etcd ended \(SIGTERM\)[\s\S]*out of memory$/);
    expect(etcd.pid).to.equal(undefined);
    await rm(/its whole log is (\S+),/.exec(await line)?.[1] ?? "");
  });

  it("that is killed on purpose is not reported, and can be started again", async () => {
    const etcd = component("exec sleep 600");
    await etcd.start(atOnce);
    const first = etcd.pid;
    await etcd.kill();
    expect(etcd.pid).to.equal(undefined);
    await etcd.start(atOnce);
    expect(etcd.pid).to.be.a("number").that.does.not.equal(first);
    await etcd.kill();
    expect(told).to.deep.equal([]);
  });

  it("that cannot be run says which program", async () => {
    const program = join(directory, "missing");
    const options = {
      name: "etcd",
      program,
      args: [],
      directory,
      watchdog,
      report: () => undefined,
    };
    const start = new Component(options).start(atOnce);
    const problem = await start.catch((thrown: Error) => thrown);
    expect(String(problem)).to.contain(`${program} cannot be run`);
  });
});

describe("the watchdog", () => {
  it("kills what is left and removes the folder when its pipe closes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "watchdog-test-"));
    const watchdog = new Watchdog(directory);
    const socket = join(directory, "alive");
    const server = createServer().listen(socket);
    await once(server, "listening");
    const connected = once(server, "connection");
    const script = `require("net").connect(${JSON.stringify(socket)})`;
    watchdog.watch(spawn(process.execPath, ["-e", script]).pid ?? 0);
    const [connection] = await connected;
    const closed = once(connection.resume(), "close");
    await watchdog.end();
    await closed;
    expect(existsSync(directory)).to.equal(false);
    server.close();
  });
});
