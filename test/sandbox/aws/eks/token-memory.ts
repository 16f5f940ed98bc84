/** Idempotency tokens: the same token with the same parameters gets the first answer again and changes nothing. */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../clock.ts";

/** How long a token is remembered, in milliseconds. Real EKS does not say; not verified. */
const RETENTION_MS = 60 * 60 * 1000;

interface Remembered {
  readonly parameters: unknown;
  readonly answer: unknown;
  readonly at: number;
}

export class TokenMemory {
  readonly #clock: Clock;
  readonly #byToken = new Map<string, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the token was first used for, and whether that was with the same parameters. */
  find<T>(
    token: string,
    parameters: unknown,
  ): { readonly answer: T; readonly same: boolean } | undefined {
    const known = this.#byToken.get(token);
    if (!known || known.at + RETENTION_MS <= this.#clock.now()) return undefined;
    return { answer: known.answer as T, same: isDeepStrictEqual(known.parameters, parameters) };
  }

  remember(token: string, parameters: unknown, answer: unknown): void {
    const at = this.#clock.now();
    this.#byToken.delete(token);
    this.#byToken.set(token, { parameters, answer, at });
    for (const [old, entry] of this.#byToken) {
      if (entry.at + RETENTION_MS > at) break;
      this.#byToken.delete(old);
    }
  }
}
