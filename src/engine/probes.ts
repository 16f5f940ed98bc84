/** Serves /healthz, /readyz and /metrics. Health never depends on others: restarting cures no outage. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ProbeSources {
  /** One sentence that says why not, or "ready". */
  readonly readiness: () => { readonly ready: boolean; readonly why: string };
  /** Prometheus text format. */
  readonly metrics: () => string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export class Probes {
  readonly #server: Server;

  constructor({ readiness, metrics }: ProbeSources) {
    this.#server = createServer((request, response) => {
      const { status, text } = answerTo(request.url ?? "/");
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
    });
    // Not URL's parser: it throws on what anybody may send, such as "//", and would end the process.
    const answerTo = (target: string): Answer => {
      const path = target.replace(/\?.*$/, "");
      if (path === "/healthz") return { status: 200, text: "alive" };
      if (path === "/metrics") return { status: 200, text: metrics() };
      if (path !== "/readyz") return { status: 404, text: "there are /healthz, /readyz, /metrics" };
      const { ready, why } = readiness();
      return { status: ready ? 200 : 503, text: why };
    };
  }

  /**
   * @param address "host:port" or ":port" (all interfaces); port 0 takes a free one
   * @returns "host:port" as bound
   */
  async listen(address: string): Promise<string> {
    const separator = address.lastIndexOf(":");
    const host = address.slice(0, separator).replace(/^\[|\]$/g, "");
    const port = Number(address.slice(separator + 1));
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, ...(host === "" ? {} : { host }) }, resolve);
    });
    const bound = this.#server.address() as AddressInfo;
    const name = host.includes(":") ? `[${host}]` : host || "localhost";
    return `${name}:${bound.port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
