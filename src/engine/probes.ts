/** Serves /healthz, /readyz and /metrics. Health never depends on others: restarting cures no outage. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ProbeSources {
  /** One sentence that says why not, or "ready". */
  readonly readiness: () => { readonly ready: boolean; readonly why: string };
  /** Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

const PLAIN = "text/plain; charset=utf-8";
/** Prometheus refuses what does not say which of its formats it is. */
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

export class Probes {
  readonly #server: Server;

  constructor({ readiness, metrics }: ProbeSources) {
    this.#server = createServer((request, response) => {
      const answer = answerTo(request.url ?? "/").catch(asAnswer);
      void answer.then(({ status, text, type = PLAIN }) =>
        response.writeHead(status, { "content-type": type }).end(text),
      );
    });
    // Not URL's parser: it throws on what anybody may send, such as "//", and would end the process.
    const answerTo = async (target: string): Promise<Answer> => {
      const path = target.replace(/\?.*$/, "");
      if (path === "/healthz") return line(200, "alive");
      if (path === "/metrics") return { status: 200, text: await metrics(), type: PROMETHEUS };
      if (path !== "/readyz") return line(404, "there are /healthz, /readyz, /metrics");
      const { ready, why } = readiness();
      return line(ready ? 200 : 503, why);
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

function line(status: number, text: string): Answer {
  return { status, text: `${text}\n` };
}

function asAnswer(thrown: unknown): Answer {
  return line(500, String(thrown));
}
