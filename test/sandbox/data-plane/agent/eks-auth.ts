/** Asks EKS Auth for a Pod's credentials, as the agent of a node does. */
import { request } from "undici";

export interface EksAuthOptions {
  /** "http://127.0.0.1:port" */
  readonly endpoint: string;
  readonly clusterName: string;
  readonly region: string;
}

/** What the agent answers, in its own spelling. */
export interface AgentCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly AccountId: string;
  /** RFC 3339. */
  readonly Expiration: string;
}

export type AskEksAuth = (token: string) => Promise<AgentCredentials>;

/** An answer of EKS Auth, or of the agent itself, that is no credentials. */
export class Refusal extends Error {
  /** HTTP status. */
  readonly status: number;
  /** "ResourceNotFoundException"; "" where the agent itself refused. */
  readonly code: string;

  constructor(status: number, message: string, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Answer {
  readonly assumedRoleUser: { readonly arn: string };
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    /** Seconds since 1970. */
    readonly expiration: number;
  };
}

/** The node's own credentials; the emulator does not check signatures. */
const NODE_KEY = "AKIASANDBOX000000000";

/** Its client in the SDK is not installed: one call does not need it. */
export function eksAuth({ endpoint, clusterName, region }: EksAuthOptions): AskEksAuth {
  const path = `/clusters/${encodeURIComponent(clusterName)}/assume-role-for-pod-identity`;
  return async (token) => {
    const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
    const scope = `${NODE_KEY}/${day}/${region}/eks-auth/aws4_request`;
    const { statusCode, headers, body } = await request(`${endpoint}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify({ token }),
    });
    if (statusCode !== 200) {
      const { message = "" } = (await body.json()) as { readonly message?: string };
      throw refusalOf(statusCode, String(headers["x-amzn-errortype"] ?? ""), message);
    }
    return credentialsOf((await body.json()) as Answer);
  };
}

function refusalOf(status: number, type: string, message: string): Refusal {
  const code = type.split(":")[0] ?? "";
  return new Refusal(status, `(${code}): ${message}`, code);
}

function credentialsOf({ credentials, assumedRoleUser }: Answer): AgentCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    // arn:aws:sts::111122223333:assumed-role/…
    AccountId: assumedRoleUser.arn.split(":")[4] ?? "",
    Expiration: `${new Date(expiration * 1000).toISOString().slice(0, 19)}Z`,
  };
}
