/**
 * What a process sees of its node when it runs in a Pod. Given by `--import`, not by variables, so that those are the
 * Pod's alone: files below a mount are the Pod's, the agent's link-local address leads to the agent, and beside this
 * machine's loopback nothing else can be reached: no instance metadata, no real AWS.
 *
 *     node --import "node-world.ts?root=/tmp/pod&mount=/var/run/secrets/…&agent=12345"
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { type NetConnectOpts, Socket } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

const world = new URL(import.meta.url).searchParams;
const root = world.get("root") ?? "";
const mounts = world.getAll("mount");
const agentPort = Number(world.get("agent"));

const AGENT = ["169.254.170.23", "fd00:ec2::23"];
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

/** The credentials of whoever runs this are not the Pod's. */
const HIDDEN = join(homedir(), ".aws");

const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** Where the file is on this machine. */
function located(file: unknown): unknown {
  if (typeof file !== "string") return file;
  const path = resolve(file);
  if (mounts.some((mount) => isBelow(path, mount))) return join(root, path);
  return isBelow(path, HIDDEN) ? join(root, "no-home") : file;
}

/** Calls the function with the file's place on this machine. */
function relocated<F extends (...args: never[]) => unknown>(read: F): F {
  return ((file: unknown, ...more: unknown[]) =>
    Reflect.apply(read, fs, [located(file), ...more])) as unknown as F;
}

fs.readFile = relocated(fs.readFile);
fs.readFileSync = relocated(fs.readFileSync);
fs.promises.readFile = relocated(fs.promises.readFile);
syncBuiltinESMExports();

type Options = NetConnectOpts & { readonly host?: string; readonly port?: number | string };

const connect = Socket.prototype.connect;

/** Whoever connects by node:net, node:http or fetch comes by here, with a list that begins with the options. */
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  const list = args[0] as unknown[];
  const options = (Array.isArray(list) ? list[0] : list) as Options;
  const { host = "localhost", port } = options;
  if (AGENT.includes(host) && Number(port) === 80 && Array.isArray(list)) {
    list[0] = { ...options, host: "127.0.0.1", port: agentPort };
  } else if (!LOOPBACK.includes(host)) {
    const message = `connect ECONNREFUSED ${host}:${port}`;
    process.nextTick(() =>
      this.destroy(Object.assign(new Error(message), { code: "ECONNREFUSED" })),
    );
    return this;
  }
  return Reflect.apply(connect, this, args) as Socket;
} as typeof connect;
