/** EKS Auth in a few lines, for tests of what calls it: knows a token by review, and says what it is told to. */
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { type Listening, listen } from "./listening.ts";
import type { ReviewedToken, ReviewToken } from "./token-review.ts";

export interface FakeEksAuth {
  readonly endpoint: string;
  /** Authorization headers and Pods, one entry a call. */
  readonly calls: { readonly authorization: string; readonly pod: ReviewedToken | undefined }[];
  /** The next calls are refused so, until it is taken back. */
  refusal: { readonly status: 400 | 404 | 429 | 500; readonly code: string } | undefined;
  stop(): Promise<void>;
}

/** @param expiration seconds since 1970 */
export async function startFakeEksAuth(
  review: ReviewToken,
  expiration: () => number,
): Promise<FakeEksAuth> {
  const app = new Hono();
  let listening: Listening | undefined;
  const fake: Omit<FakeEksAuth, "endpoint"> = {
    calls: [],
    refusal: undefined,
    stop: async () => listening?.close(),
  };
  app.post("/clusters/:name/assume-role-for-pod-identity", async (context) => {
    const { token } = await context.req.json<{ token: string }>();
    const pod = await review(token);
    fake.calls.push({ authorization: context.req.header("authorization") ?? "", pod });
    const refusal = pod ? fake.refusal : { status: 400 as const, code: "InvalidTokenException" };
    if (!refusal) return context.json(answer(String(fake.calls.length), expiration()));
    const headers = { "x-amzn-errortype": refusal.code };
    return context.json({ message: "no" }, refusal.status, headers);
  });
  listening = await listen(
    createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server,
    0,
  );
  return Object.assign(fake, { endpoint: `http://127.0.0.1:${listening.port}` });
}

function answer(serial: string, expiration: number): object {
  const arn = "arn:aws:sts::111122223333:assumed-role/reader/eks-demo-app";
  const credentials = {
    accessKeyId: `ASIASANDBOX${serial.padStart(9, "0")}`,
    secretAccessKey: "secret",
    sessionToken: "session",
    expiration,
  };
  return { assumedRoleUser: { arn, assumeRoleId: "AROASANDBOX000000000:app" }, credentials };
}
