/**
 * Keeps credentials by token as the agent does: three hours, then they are renewed; while that fails, those that are
 * still valid serve on. So a changed association reaches a Pod late.
 */
import { type AgentCredentials, type AskEksAuth, Refusal } from "./eks-auth.ts";

interface Entry {
  readonly credentials: AgentCredentials;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
}

const RENEW_AFTER_MS = 3 * 60 * 60_000;
const RETRY_AFTER_MS = 60_000;
/** Credentials that end sooner are not given out. */
const SHORTEST_MS = 15_000;

/** After these, and only these, what is kept is thrown away: it will not get better. */
const FINAL = [
  "ResourceNotFoundException",
  "ExpiredTokenException",
  "InvalidTokenException",
  "AccessDeniedException",
];

export class CredentialCache {
  readonly #ask: AskEksAuth;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  /** @param now milliseconds since 1970 */
  constructor(ask: AskEksAuth, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** @throws Refusal */
  async get(token: string): Promise<AgentCredentials> {
    const kept = this.#entries.get(token);
    const serves = kept && Date.parse(kept.credentials.Expiration) - this.#now() > SHORTEST_MS;
    if (serves && this.#now() < kept.renewAt) return kept.credentials;
    try {
      return this.#keep(token, await this.#ask(token), RENEW_AFTER_MS);
    } catch (problem) {
      if (!serves || (problem instanceof Refusal && FINAL.includes(problem.code))) {
        this.#entries.delete(token);
        throw problem;
      }
      return this.#keep(token, kept.credentials, RETRY_AFTER_MS);
    }
  }

  clear(): void {
    this.#entries.clear();
  }

  #keep(token: string, credentials: AgentCredentials, ms: number): AgentCredentials {
    this.#entries.set(token, { credentials, renewAt: this.#now() + ms });
    return credentials;
  }
}
