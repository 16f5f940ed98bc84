/** Events that users read with `kubectl describe`. A failure to write one is never a failure of ours. */
import { randomBytes } from "node:crypto";
import type { KubeClient, Resource } from "./client.ts";
import { type KubeObject, microTime } from "./object.ts";

const EVENTS: Resource = {
  group: "events.k8s.io",
  version: "v1",
  plural: "events",
  namespaced: true,
};

/** The same Event about the same object is written at most once in this time. Milliseconds. */
const REPEAT_AFTER_MS = 120_000;
/** The API server refuses longer notes. Bytes. */
const NOTE_MAX = 1024;
/** Enough to remember a burst over all objects; older entries are dropped first. */
const REMEMBERED = 10_000;

export interface Event {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  /** What we were about to do, e.g. "Reconcile". */
  readonly action: string;
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly controller: string;
  /** Name of this replica. */
  readonly instance: string;
  readonly onError: (thrown: unknown) => void;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

export class EventRecorder {
  readonly #client: KubeClient;
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #recorded = new Map<string, number>();

  constructor(client: KubeClient, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Does not wait for the write. */
  record(object: KubeObject, event: Event): void {
    const identity = [object.metadata.uid, event.reason, event.note].join("\n");
    const last = this.#recorded.get(identity);
    if (last !== undefined && this.#now() - last < REPEAT_AFTER_MS) return;
    this.#remember(identity);
    this.#client.create(EVENTS, this.#manifest(object, event)).catch(this.#options.onError);
  }

  #remember(identity: string): void {
    // Put last: the map's order is the order of age.
    this.#recorded.delete(identity);
    this.#recorded.set(identity, this.#now());
    const [oldest] = this.#recorded.keys();
    if (this.#recorded.size > REMEMBERED && oldest !== undefined) this.#recorded.delete(oldest);
  }

  #manifest({ apiVersion, kind, metadata }: KubeObject, event: Event): KubeObject {
    const { namespace, name, uid } = metadata;
    const { controller, instance } = this.#options;
    const manifest = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: {
        name: `${name}.${randomBytes(8).toString("hex")}`,
        // Of an object without a namespace the API server takes Events only there.
        namespace: namespace ?? "default",
      },
      eventTime: microTime(),
      reportingController: controller,
      reportingInstance: instance,
      regarding: { apiVersion, kind, namespace, name, uid },
      ...event,
      note: shortened(event.note),
    };
    return manifest;
  }
}

/** Streaming, the decoder leaves out a character that the cut has split. */
function shortened(note: string): string {
  const bytes = new TextEncoder().encode(note).subarray(0, NOTE_MAX);
  return new TextDecoder().decode(bytes, { stream: true });
}
