/** Counts the writes that reached the API server, by its own metrics: an oracle that is not ours. */
import type { Transport } from "../../src/kube/transport.ts";

export interface Writes {
  /** To podidentityassociations and their status. */
  readonly objects: number;
  readonly events: number;
}

const LINE = /^apiserver_request_total\{(?<labels>[^}]*)\} (?<count>\S+)$/;

export async function writesSoFar(transport: Transport): Promise<Writes> {
  const chunks: Buffer[] = [];
  const body = await transport.stream("/metrics", 30_000, AbortSignal.timeout(30_000));
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  let objects = 0;
  let events = 0;
  for (const line of Buffer.concat(chunks).toString().split("\n")) {
    const { labels = "", count = "0" } = LINE.exec(line)?.groups ?? {};
    // Objects are patched by the operator only; the load POSTs and DELETEs them.
    if (
      /resource="podidentityassociations"/.test(labels) &&
      /verb="(PATCH|APPLY|PUT)"/.test(labels)
    ) {
      objects += Number(count);
    }
    if (/resource="events"/.test(labels) && /verb="POST"/.test(labels)) events += Number(count);
  }
  return { objects, events };
}
