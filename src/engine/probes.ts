/** Serves /healthz, /readyz and /metrics. Health never depends on others: restarting cures no outage. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ProbeSources {
  /** One sentence that says why not, or "ready". */
  readonly readiness: () => { readonly ready: boolean; readonly why: string };
  /** Prometheus text format. */
  readonly metrics: () => string;
}

export class Probes {
  readonly #server: Server;

  constructor({ readiness, metrics }: ProbeSources) {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://probe");
      const answer = (status: number, text: string) =>
        response
          .writeHead(status, { "content-type": "text/plain; charset=utf-8" })
          .end(`${text}\n`);
      if (pathname === "/healthz") return answer(200, "alive");
      if (pathname === "/metrics") return answer(200, metrics());
      if (pathname !== "/readyz") return answer(404, "there are /healthz, /readyz and /metrics");
      const { ready, why } = readiness();
      return answer(ready ? 200 : 503, why);
    });
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
    return `${host || "localhost"}:${bound.port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
