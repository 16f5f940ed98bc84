/** The pod webhook as a program: answers the API server's admission reviews over HTTPS. */
import type { Server } from "node:http";
import { createServer } from "node:https";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import type { KeyPair } from "../../control-plane/certificates.ts";
import type { Pod } from "../pod.ts";
import type { PatchOperation } from "./inject.ts";

interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: { readonly uid: string; readonly namespace: string; readonly object: Pod };
}

export type Mutate = (pod: Pod) => Promise<readonly PatchOperation[] | undefined>;

export function webhookServer({ certificate, key }: KeyPair, mutate: Mutate): Server {
  const app = new Hono();
  app.post("/mutate", async (context) => {
    const { apiVersion, kind, request } = await context.req.json<AdmissionReview>();
    const { uid, namespace, object } = request;
    // A Pod that a controller makes does not say its namespace itself.
    const patch = await mutate({ ...object, metadata: { ...object.metadata, namespace } });
    const change = patch && { patchType: "JSONPatch", patch: base64(patch) };
    return context.json({ apiVersion, kind, response: { uid, allowed: true, ...change } });
  });
  return createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: { cert: certificate, key },
    overrideGlobalObjects: false,
  }) as Server;
}

function base64(patch: readonly PatchOperation[]): string {
  return Buffer.from(JSON.stringify(patch)).toString("base64");
}
