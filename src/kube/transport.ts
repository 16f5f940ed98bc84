/**
 * Requests to the API server over a few kept connections. client-node reads kubeconfigs, tokens and
 * certificates; its own requests would open a TLS connection each (measured with 2.0.1).
 */
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { Agent, type Dispatcher, request } from "undici";
import type { Fence } from "../plan/leadership.ts";
import { Failure } from "../plan/outcome.ts";
import { noCredentials, refused, unreachable, unreadableCredentials } from "./errors.ts";

const CONNECTIONS = 32;

/** What client-node falls back to when it finds neither a kubeconfig nor a ServiceAccount. */
const NOT_FOUND = "http://localhost:8080";

/** Milliseconds. */
interface TransportDurations {
  /** For TCP and TLS. @default 10_000 */
  readonly connect: number;
  /** Until the answer begins, and between two pieces of it. @default 30_000 */
  readonly answer: number;
  /** Tokens and CA files rotate, but reading them is not free: they are kept so long. @default 10_000 */
  readonly credentials: number;
}

export interface TransportOptions extends Partial<TransportDurations> {
  /** Asked before each request that is not a GET. @default lets all pass */
  readonly fence?: Fence | undefined;
}

const DEFAULTS: TransportDurations = { connect: 10_000, answer: 30_000, credentials: 10_000 };

interface Credentials {
  readonly agent: Agent;
  /** Sends through the agent, and no write past the fence. */
  readonly dispatcher: Dispatcher;
  readonly tls: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly readAt: number;
}

export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** @default "application/json" */
  readonly accept?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

const JSON_TYPE = "application/json";

export class Transport {
  readonly #config: KubeConfig;
  readonly #server: string;
  readonly #userAgent: string;
  readonly #durations: TransportDurations;
  readonly #fence: Fence | undefined;
  #credentials: Credentials | undefined;
  #reading: Promise<Credentials> | undefined;

  /** @throws Failure if the kubeconfig names no cluster */
  constructor(
    config: KubeConfig,
    userAgent: string,
    { fence, ...durations }: TransportOptions = {},
  ) {
    const cluster = config.getCurrentCluster();
    if (!cluster) throw noCredentials("the kubeconfig names no current cluster");
    this.#config = config;
    this.#server = cluster.server.replace(/\/$/, "");
    this.#userAgent = userAgent;
    this.#durations = { ...DEFAULTS, ...durations };
    this.#fence = fence;
  }

  /**
   * From `KUBECONFIG`, `~/.kube/config` or the pod's own ServiceAccount, as kubectl does.
   *
   * @throws Failure if there is none of them, or it cannot be read
   */
  static fromEnvironment(userAgent: string, fence?: Fence): Transport {
    const config = new KubeConfig();
    try {
      config.loadFromDefault();
    } catch (cause) {
      throw noCredentials(cause);
    }
    if (config.getCurrentCluster()?.server === NOT_FOUND) throw noCredentials(undefined);
    return new Transport(config, userAgent, { fence });
  }

  /**
   * The answer's JSON.
   *
   * @throws KubeError
   */
  async json<T>(call: Call): Promise<T> {
    const { body } = await this.#send(call, this.#durations.answer);
    try {
      return (await body.json()) as T;
    } catch (cause) {
      throw unreachable(cause, inWords(call));
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
    const call: Call = { method: "GET", path, signal };
    const { body } = await this.#send(call, silenceMs);
    return untilBroken(body, inWords(call));
  }

  async close(): Promise<void> {
    await this.#credentials?.agent.destroy();
    this.#credentials = undefined;
  }

  async #send(call: Call, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const { method, path, body, signal } = call;
    const { contentType = JSON_TYPE, accept = JSON_TYPE } = call;
    const what = inWords(call);
    const { dispatcher, headers } = await this.#current();
    const answer = await request(`${this.#server}${path}`, {
      method,
      dispatcher,
      headers: {
        ...headers,
        accept,
        "user-agent": this.#userAgent,
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: this.#durations.answer,
      bodyTimeout,
      ...(signal ? { signal } : {}),
    }).catch((cause: unknown) => {
      throw cause instanceof Failure ? cause : unreachable(cause, what);
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
    if (known && performance.now() - known.readAt < this.#durations.credentials) return known;
    // Once for all who wait: each for himself would make an agent, and connections, of his own.
    this.#reading ??= this.#read(known).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(known: Credentials | undefined): Promise<Credentials> {
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw unreadableCredentials(cause);
    }
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
    const fence = this.#fence;
    const dispatcher = fence ? agent.compose(fenced(fence)) : agent;
    this.#credentials = { agent, dispatcher, tls, headers, readAt: performance.now() };
    return this.#credentials;
  }

  #connect(tls: object): Agent {
    return new Agent({
      connections: CONNECTIONS,
      connect: {
        ...tls,
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
        timeout: this.#durations.connect,
      },
      keepAliveTimeout: 60_000,
    });
  }
}

/** The fence is asked when a connection is about to take the request, however long it waited for one. */
function fenced(fence: Fence): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    if (options.method !== "GET") {
      handler.onRequestStart = (...args) => {
        // What it throws is what the request ends with.
        fence();
        start?.(...args);
      };
    }
    return dispatch(options, handler);
  };
}

function inWords({ method, path }: Call): string {
  return `${method} ${path.split("?")[0]}`;
}

async function* untilBroken(
  body: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw unreachable(cause, what);
  }
}
