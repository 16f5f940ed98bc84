/** Credentials of assumed roles: who a call signed with them is, and what it may do. */
import { randomBytes } from "node:crypto";
import { AwsError } from "./aws-error.ts";
import type { Clock } from "./clock.ts";
import type { Texts } from "./world.ts";

export interface Session {
  readonly accessKeyId: string;
  readonly roleArn: string;
  /** AROA… */
  readonly roleId: string;
  readonly roleName: string;
  readonly name: string;
  /** Session tags. */
  readonly tags: Texts;
  /** Session policy as JSON. */
  readonly policy: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Seconds since the epoch. */
  readonly expiration: number;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export class Sessions {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(session: Omit<Session, "accessKeyId">): Credentials {
    const accessKeyId = `ASIA${Array.from(randomBytes(16), (byte) => LETTERS[byte % 32]).join("")}`;
    this.#byKey.set(accessKeyId, { ...session, accessKeyId });
    return {
      accessKeyId,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(120).toString("base64"),
      expiration: session.expiresAt / 1000,
    };
  }

  /**
   * Whose signature it is; `undefined`: the account's administrator, who has any other key.
   *
   * @throws AwsError ExpiredToken, or for a key of the right shape that nobody was given
   */
  callerOf(authorization: string): Session | undefined {
    const key = accessKeyOf(authorization);
    if (!key.startsWith("ASIA")) return undefined;
    const session = this.#byKey.get(key);
    if (!session) {
      const message = "The security token included in the request is invalid.";
      throw new AwsError({ code: "InvalidClientTokenId", status: 403, message });
    }
    if (session.expiresAt > this.#clock.now()) return session;
    const message = "The security token included in the request is expired";
    throw new AwsError({ code: "ExpiredToken", status: 400, message });
  }
}

/** "" where there is none. */
export function accessKeyOf(authorization: string): string {
  return /Credential=([^/,\s]+)/.exec(authorization)?.[1] ?? "";
}

/** arn:aws:sts::111122223333:assumed-role/name/session */
export function sessionArn({ roleArn, roleName, name }: Session): string {
  const [, partition, , , account] = roleArn.split(":");
  return `arn:${partition}:sts::${account}:assumed-role/${roleName}/${name}`;
}
