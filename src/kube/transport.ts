/**
 * Requests to the API server over a few kept connections. client-node reads kubeconfigs, tokens and
 * certificates; its own requests would open a TLS connection each (measured with 2.0.1).
 */
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { Agent, type Dispatcher, request } from "undici";
import { refused, unreachable } from "./errors.ts";

/** Tokens and CA files rotate; reading them is not free. Milliseconds. */
const CREDENTIALS_KEPT_MS = 10_000;
const CONNECTIONS = 32;
const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;

interface Credentials {
  readonly agent: Agent;
  readonly tls: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly readAt: number;
}

export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

export class Transport {
  readonly #config: KubeConfig;
  readonly #server: string;
  readonly #userAgent: string;
  #credentials: Credentials | undefined;

  constructor(config: KubeConfig, userAgent: string) {
    const cluster = config.getCurrentCluster();
    if (!cluster)
      throw new Error(
        "the kubeconfig names no current cluster: set KUBECONFIG, or run in a cluster",
      );
    this.#config = config;
    this.#server = cluster.server.replace(/\/$/, "");
    this.#userAgent = userAgent;
  }

  /** From `KUBECONFIG`, `~/.kube/config` or the pod's own ServiceAccount, as kubectl does. */
  static fromEnvironment(userAgent: string): Transport {
    const config = new KubeConfig();
    config.loadFromDefault();
    return new Transport(config, userAgent);
  }

  /**
   * The answer's JSON.
   *
   * @throws KubeError
   */
  async json<T>(call: Call): Promise<T> {
    const { body } = await this.#send(call, ANSWER_TIMEOUT_MS);
    try {
      return (await body.json()) as T;
    } catch (cause) {
      throw unreachable(cause, `${call.method} ${call.path}`);
    }
  }

  /**
   * The answer's bytes as they come. Ends with an error if none came for `silenceMs`.
   *
   * @throws KubeError
   */
  async stream(
    path: string,
    silenceMs: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#send({ method: "GET", path, signal }, silenceMs);
    return body;
  }

  async close(): Promise<void> {
    await this.#credentials?.agent.destroy();
    this.#credentials = undefined;
  }

  async #send(call: Call, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const { method, path, body, contentType = "application/json", signal } = call;
    const what = `${method} ${path.split("?")[0]}`;
    const { agent, headers } = await this.#current();
    const answer = await request(`${this.#server}${path}`, {
      method,
      dispatcher: agent,
      headers: {
        ...headers,
        accept: "application/json",
        "user-agent": this.#userAgent,
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout,
      ...(signal ? { signal } : {}),
    }).catch((cause: unknown) => {
      throw unreachable(cause, what);
    });
    if (answer.statusCode < 400) return answer;
    const retryAfter = answer.headers["retry-after"];
    const text = await answer.body.text().catch(() => "");
    throw refused(
      answer.statusCode,
      text,
      what,
      typeof retryAfter === "string" ? retryAfter : undefined,
    );
  }

  async #current(): Promise<Credentials> {
    const known = this.#credentials;
    if (known && performance.now() - known.readAt < CREDENTIALS_KEPT_MS) return known;
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
    const given = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized };
    const connect = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    );
    const tls = JSON.stringify(connect);
    // A rotated CA or certificate needs new connections; the old ones end with what runs on them.
    const agent = known?.tls === tls ? known.agent : this.#connect(connect);
    if (known && known.agent !== agent) void known.agent.close();
    const headers = (options.headers ?? {}) as Record<string, string>;
    this.#credentials = { agent, tls, headers, readAt: performance.now() };
    return this.#credentials;
  }

  #connect(tls: object): Agent {
    return new Agent({
      connections: CONNECTIONS,
      connect: {
        ...tls,
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
        timeout: CONNECT_TIMEOUT_MS,
      },
      keepAliveTimeout: 60_000,
    });
  }
}
