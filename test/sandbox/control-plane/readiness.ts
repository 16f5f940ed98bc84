/** Looks whether the components of a control plane do their work yet. */
import { once } from "node:events";
import { connect } from "node:net";
import { Agent, request } from "undici";
import type { KeyPair } from "./certificates.ts";

/** A stopped process accepts connections and then says nothing. */
const ANSWER_WITHIN_MS = 5_000;

/** Whether something listens on a Unix socket. */
export async function accepts(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/** Asks the API server, as an administrator. */
export class Readiness {
  readonly #url: string;
  readonly #agent: Agent;

  /** @param ca PEM */
  constructor(url: string, ca: string, { certificate, key }: KeyPair) {
    this.#url = url;
    this.#agent = new Agent({
      connect: { ca, cert: certificate, key },
      headersTimeout: ANSWER_WITHIN_MS,
    });
  }

  /** The API server serves, and has made the roles that a cluster is born with. */
  async isApiServerReady(): Promise<boolean> {
    return (await this.#get("/readyz")) !== undefined;
  }

  /** The controllers have made what every workload needs: a ServiceAccount, and what `edit` permits. */
  async areControllersReady(): Promise<boolean> {
    const [serviceAccount, edit] = await Promise.all([
      this.#get("/api/v1/namespaces/default/serviceaccounts/default"),
      this.#get("/apis/rbac.authorization.k8s.io/v1/clusterroles/edit"),
    ]);
    return serviceAccount !== undefined && JSON.parse(edit ?? "{}").rules?.length > 0;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #get(path: string): Promise<string | undefined> {
    try {
      const answer = await request(`${this.#url}${path}`, { dispatcher: this.#agent });
      const text = await answer.body.text();
      return answer.statusCode === 200 ? text : undefined;
    } catch {
      return undefined;
    }
  }
}
