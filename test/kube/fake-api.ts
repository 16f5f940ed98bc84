/** An API server on loopback with one resource, that loses connections, events and history when told to. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { KubeObject } from "../../src/kube/object.ts";

export interface Seen {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answer = (response: ServerResponse, seen: Seen) => void;

interface LogEntry {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
}

const TYPE = { apiVersion: "v1", kind: "ConfigMap" };
const INITIAL_EVENTS_END = { "k8s.io/initial-events-end": "true" };

export class FakeApi {
  readonly requests: Seen[] = [];
  readonly sockets = new Set<Socket>();
  /** Connections ever made. */
  connections = 0;
  /** Does the server know streaming lists? */
  streaming = true;
  /** What a second of `timeoutSeconds` takes here, in milliseconds. */
  secondMs = 1000;
  readonly #server: Server;
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Set<ServerResponse>();
  readonly #answers: Answer[] = [];
  #log: LogEntry[] = [];
  #version = 100;
  #oldest = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket)).on("error", () => {});
    });
  }

  async start(port = 0): Promise<string> {
    await once(this.#server.listen(port, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.reset();
    await closed;
  }

  /** The next requests are answered like this, one each. */
  answerNext(...answers: readonly Answer[]): void {
    this.#answers.push(...answers);
  }

  get watchers(): number {
    return this.#watches.size;
  }

  /** Watches begun so far. */
  get watches(): readonly Seen[] {
    return this.requests.filter(({ query }) => query.get("watch") === "true");
  }

  /** @param more merged into the object; its metadata into the metadata */
  put(name: string, more: Partial<KubeObject> & Record<string, unknown> = {}): KubeObject {
    const known = this.#objects.get(name);
    const uid = known?.metadata.uid ?? `uid-${name}-${this.#version + 1}`;
    const object = {
      ...TYPE,
      ...more,
      metadata: { name, namespace: "team", uid, ...more.metadata, ...this.#nextVersion() },
    };
    this.#objects.set(name, object);
    this.#announce({ type: known ? "MODIFIED" : "ADDED", object });
    return object;
  }

  remove(name: string): void {
    const known = this.#objects.get(name);
    if (!known) throw new Error(`there is no ${name}`);
    this.#objects.delete(name);
    const metadata = { ...known.metadata, ...this.#nextVersion() };
    this.#announce({ type: "DELETED", object: { ...known, metadata } });
  }

  /** Removed, and nobody is told. */
  lose(name: string): void {
    this.#objects.delete(name);
  }

  bookmark(): void {
    for (const watch of this.#watches) this.#write(watch, "BOOKMARK", this.#bookmark({}));
  }

  /** Forgets what happened so far: nobody can watch on from here. */
  compact(): void {
    this.#log = [];
    this.#nextVersion();
    this.#oldest = this.#version;
  }

  /** Cuts every connection. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Ends every watch in order. */
  end(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** The connections stay open, and nothing comes any more. */
  blackHole(): void {
    this.#watches.clear();
  }

  #nextVersion() {
    this.#version += 1;
    return { resourceVersion: String(this.#version) };
  }

  #announce(entry: LogEntry): void {
    this.#log.push(entry);
    for (const watch of this.#watches) this.#write(watch, entry.type, entry.object);
  }

  #write(watch: ServerResponse, type: string, object: unknown): void {
    watch.write(`${JSON.stringify({ type, object })}\n`);
  }

  #bookmark(annotations: Readonly<Record<string, string>>) {
    return { ...TYPE, metadata: { resourceVersion: String(this.#version), annotations } };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://fake");
    const { method = "", headers } = request;
    const body = await text(request);
    const at = performance.now();
    const seen = { at, method, path: pathname, query: searchParams, headers, body };
    this.requests.push(seen);
    const answer = this.#answers.shift();
    if (answer) answer(response, seen);
    else if (searchParams.get("watch") === "true") this.#watch(response, searchParams);
    else if (method === "GET") this.#list(response, searchParams);
    else status(404)(response, seen);
  }

  #list(response: ServerResponse, query: URLSearchParams): void {
    const start = Number(query.get("continue") ?? "0");
    const end = start + Number(query.get("limit"));
    const all = [...this.#objects.values()];
    // As the API server has it: what a built-in kind's list holds does not say what it is.
    const items = all.slice(start, end).map(({ metadata, ...rest }) => {
      const { apiVersion: _, kind: __, ...fields } = rest;
      return { metadata, ...fields };
    });
    const next = end < all.length ? { continue: String(end) } : {};
    const metadata = { resourceVersion: String(this.#version), ...next };
    json(200, { apiVersion: "v1", kind: "ConfigMapList", metadata, items })(response);
  }

  #watch(response: ServerResponse, query: URLSearchParams): void {
    const from = query.get("resourceVersion");
    const expired = from !== null && Number(from) < this.#oldest;
    if (from === null && !this.streaming) {
      status(422, "sendInitialEvents is forbidden")(response);
    } else if (expired) {
      status(410, "too old resource version")(response);
    } else {
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      this.#follow(response, query);
    }
  }

  #follow(response: ServerResponse, query: URLSearchParams): void {
    this.#begin(response, query.get("resourceVersion"));
    const lifetimeMs = Number(query.get("timeoutSeconds")) * this.secondMs;
    const end = setTimeout(() => response.end(), lifetimeMs);
    response.on("close", () => {
      clearTimeout(end);
      this.#watches.delete(response);
    });
  }

  #begin(response: ServerResponse, from: string | null): void {
    this.#watches.add(response);
    if (from === null) {
      for (const object of this.#objects.values()) this.#write(response, "ADDED", object);
      this.#write(response, "BOOKMARK", this.#bookmark(INITIAL_EVENTS_END));
      return;
    }
    for (const { type, object } of this.#log) {
      if (Number(object.metadata.resourceVersion) > Number(from))
        this.#write(response, type, object);
    }
  }
}

export function json(code: number, body: unknown): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
}

/** A watch on which the given events come; it stays open. */
export function stream(...events: readonly { readonly type: string; readonly object: unknown }[]) {
  return (response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json" });
    for (const event of events) response.write(`${JSON.stringify(event)}\n`);
  };
}

/** A refusal, as the API server words it. */
export function status(
  code: number,
  message = "refused",
  headers: Readonly<Record<string, string>> = {},
  details: object = {},
) {
  return (response: ServerResponse, _?: Seen): void => {
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", message, code, details };
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}
