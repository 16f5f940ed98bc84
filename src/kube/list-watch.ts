/** Listing and watching one resource: the requests, and what comes back, as plain events. */
import { collectionOf, type Resource } from "./client.ts";
import { KubeError } from "./errors.ts";
import { lines } from "./lines.ts";
import { type KubeObject, keyOf } from "./object.ts";
import type { Transport } from "./transport.ts";

const PAGE_SIZE = 500;

/** The bookmark that ends a streaming list carries this annotation. */
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject }
  | { readonly type: "BOOKMARK"; readonly object: KubeObject }
  | {
      readonly type: "ERROR";
      readonly object: { readonly code?: number; readonly message?: string };
    };

export interface Watch {
  readonly resource: Resource;
  /** Watch from here on; `undefined`: begin with everything there is (streaming list). */
  readonly from: string | undefined;
  /** The server ends the watch after so long. */
  readonly timeoutMs: number;
  /** Without a byte for so long the connection counts as dead. Bookmarks come about every minute. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** The server has accepted the watch. */
  readonly onOpen: () => void;
}

/** Resource version and objects of a list, page by page: a server without streaming lists has no other. */
export async function pagedList<T extends KubeObject>(
  transport: Transport,
  resource: Resource,
  keep: (object: KubeObject) => T,
  signal: AbortSignal,
): Promise<{ readonly resourceVersion: string; readonly objects: ReadonlyMap<string, T> }> {
  const objects = new Map<string, T>();
  for (let next = ""; ; ) {
    const query = new URLSearchParams({
      limit: String(PAGE_SIZE),
      ...selection(resource),
      ...(next ? { continue: next } : {}),
    });
    const page = await transport.json<{
      readonly apiVersion: string;
      readonly kind: string;
      readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
      readonly items: readonly KubeObject[];
    }>({ method: "GET", path: `${collectionOf(resource)}?${query}`, signal });
    // The items of a list of built-in kinds do not say what they are; those of a watch do.
    const type = { apiVersion: page.apiVersion, kind: page.kind.replace(/List$/, "") };
    for (const item of page.items) objects.set(keyOf(item), keep({ ...type, ...item }));
    next = page.metadata.continue ?? "";
    if (!next) return { resourceVersion: page.metadata.resourceVersion, objects };
  }
}

/** @throws KubeError; status 410 where `from` is too old, told by HTTP or by an ERROR event alike */
export async function* watch(transport: Transport, how: Watch): AsyncGenerator<WatchEvent> {
  const query = new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    ...selection(how.resource),
    timeoutSeconds: String(Math.max(1, Math.ceil(how.timeoutMs / 1000))),
    ...(how.from === undefined
      ? { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" }
      : { resourceVersion: how.from }),
  });
  const path = `${collectionOf(how.resource)}?${query}`;
  const body = await transport.stream(path, how.silenceMs, how.signal);
  how.onOpen();
  for await (const line of lines(body)) {
    const event = JSON.parse(line) as WatchEvent;
    if (event.type === "ERROR") {
      throw new KubeError(event.object.code ?? 500, event.object.message ?? "the watch failed");
    }
    yield event;
  }
}

function selection({ fieldSelector }: Resource): Readonly<Record<string, string>> {
  return fieldSelector === undefined ? {} : { fieldSelector };
}

export function endsInitialEvents(event: WatchEvent): boolean {
  return (
    event.type === "BOOKMARK" && event.object.metadata.annotations?.[INITIAL_EVENTS_END] === "true"
  );
}

/** An old server refuses the streaming list's parameters, as invalid or unknown. */
export function refusesStreaming(problem: unknown): boolean {
  return problem instanceof KubeError && [400, 422].includes(problem.status);
}

export function isExpired(problem: unknown): boolean {
  return problem instanceof KubeError && problem.status === 410;
}
