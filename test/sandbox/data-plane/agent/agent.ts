/** The EKS Pod Identity Agent as far as a Pod sees it: one address that gives credentials for a ServiceAccount token. */
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { listen } from "../listening.ts";
import { CredentialCache } from "./credential-cache.ts";
import { type AskEksAuth, Refusal } from "./eks-auth.ts";

export interface Agent {
  /** On 127.0.0.1; Pods reach it at 169.254.170.23:80. */
  readonly port: number;
  /** Forgets all credentials, as a restart of the agent would. */
  clearCache(): Promise<void>;
  stop(): Promise<void>;
}

/** Pods are told the first one; the other is for clusters with IPv6. */
const HOSTS = ["169.254.170.23", "fd00:ec2::23"];

export async function startAgent(ask: AskEksAuth, now = Date.now): Promise<Agent> {
  const cache = new CredentialCache(ask, now);
  const app = new Hono();
  app.get("/v1/credentials", async (context) => {
    try {
      checkHost(context.req.header("host") ?? "");
      const token = context.req.header("authorization") ?? "";
      checkToken(token, now());
      return context.json(await cache.get(token));
    } catch (problem) {
      return refuse(context, problem);
    }
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  const { port, close } = await listen(server, 0);
  return { port, clearCache: async () => cache.clear(), stop: close };
}

/** Whoever gets here by another address may be on another node, or no Pod at all. */
function checkHost(host: string): void {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (HOSTS.includes(name)) return;
  throw new Refusal(
    403,
    `Access Denied. Called agent through invalid address, please use either [${HOSTS.join(" ")}] address not ${name}`,
  );
}

/** Only what can be seen without keys; whose it is, EKS Auth finds out. */
function checkToken(token: string, now: number): void {
  if (token === "") throw new Refusal(400, "Service account token cannot be empty");
  const expires = expiryOf(token);
  if (expires === undefined) throw new Refusal(400, "Service account token cannot be parsed");
  if (expires * 1000 > now) return;
  throw new Refusal(
    400,
    "Service account token failed basic claim validations: token has invalid claims: token is expired",
  );
}

/** Seconds since 1970; `undefined` if it is no JWT. */
function expiryOf(token: string): number | undefined {
  try {
    const [, claims = "", signature] = token.split(".");
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { exp?: unknown };
    return signature !== undefined && typeof exp === "number" ? exp : undefined;
  } catch {
    return undefined;
  }
}

function refuse(context: Context, problem: unknown): Response {
  const status = problem instanceof Refusal ? problem.status : 500;
  const message = problem instanceof Error ? problem.message : String(problem);
  return context.text(message, status as ContentfulStatusCode);
}
