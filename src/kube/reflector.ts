/**
 * Keeps a store equal to what the API server has of one resource, whatever happens to the connection.
 *
 *     list (streamed, or paged) ──► watch ──► it ends, or an error: wait, then watch on from the last version
 *       ▲                             │
 *       └── 410, or the list is old ──┘ the store is kept meanwhile
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Resource } from "./client.ts";
import { KubeError } from "./errors.ts";
import {
  endsInitialEvents,
  isExpired,
  pagedList,
  refusesStreaming,
  type WatchEvent,
  watch,
} from "./list-watch.ts";
import { type KubeObject, keyOf } from "./object.ts";
import { Store } from "./store.ts";
import type { Transport } from "./transport.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly transport: Transport;
  readonly resource: Resource;
  /** What is kept of an object. @default everything but managedFields and kubectl's copy of the manifest */
  readonly project?: (object: KubeObject) => T;
  readonly onError: (thrown: unknown) => void;
  readonly durations?: Partial<ReflectorDurations>;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** All in milliseconds. */
export interface ReflectorDurations {
  /** Everything is listed anew after so long: a dropped event is found. @default 270_000, so below 5 minutes */
  readonly relist: number;
  /** A connection without a byte for so long is dead. Bookmarks come each minute. @default 90_000 */
  readonly silence: number;
  /** First and longest wait after an error. @default 800, 30_000 */
  readonly backoffBase: number;
  readonly backoffMax: number;
}

const DEFAULTS: ReflectorDurations = {
  relist: 270_000,
  silence: 90_000,
  backoffBase: 800,
  backoffMax: 30_000,
};

export class Reflector<T extends KubeObject> {
  readonly store: Store<T>;
  /** Resolves after the first whole list. */
  readonly synced: Promise<void>;
  readonly transport: Transport;
  readonly #options: ReflectorOptions<T>;
  readonly #durations: ReflectorDurations;
  readonly #random: () => number;
  readonly #project: (object: KubeObject) => T;
  #announceSynced: () => void = () => {};
  #hasSynced = false;
  #streaming = true;
  #version: string | undefined;
  /** Until then the list counts as fresh; watches end with it. */
  #relistAt = 0;
  #connected = false;
  #lastProblem: unknown;
  #lastContactAt = performance.now();

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.transport = options.transport;
    this.#durations = { ...DEFAULTS, ...options.durations };
    this.#random = options.random ?? Math.random;
    this.#project = options.project ?? (withoutCopies as (object: KubeObject) => T);
    this.store = new Store<T>(options.onError);
    this.synced = new Promise((resolve) => {
      this.#announceSynced = resolve;
    });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why the last connection ended; `undefined` if nothing was wrong. */
  get lastProblem(): unknown {
    return this.#lastProblem;
  }

  /** For how long there has been no connection, in milliseconds; 0 while there is one. */
  get outOfTouchMs(): number {
    return this.#connected ? 0 : performance.now() - this.#lastContactAt;
  }

  /** A write of our own to a known object; the answer as it is kept. Listeners hear only of what others wrote. */
  write(key: string, send: () => Promise<KubeObject>): Promise<T> {
    return this.store.own(key, async () => this.#project(await send()));
  }

  /** Runs until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const problem = await this.#connect(signal, () => {
        failures = 0;
      }).catch((thrown: unknown) => thrown);
      if (this.#connected) this.#lastContactAt = performance.now();
      this.#connected = false;
      this.#lastProblem = problem;
      if (signal.aborted) return;
      if (isExpired(problem)) this.#version = undefined;
      else if (problem !== undefined) this.#options.onError(problem);
      // An ordinary end waits too: a server that ends each watch at once must not be called in a loop.
      failures += 1;
      await this.#backOff(failures, problem, signal);
    }
  }

  /** One connection, from its first byte to its last. */
  async #connect(signal: AbortSignal, onProgress: () => void): Promise<void> {
    // However often the connection breaks: a dropped event must not stay unknown for longer than this.
    if (performance.now() >= this.#relistAt) this.#version = undefined;
    if (this.#version === undefined) {
      this.#relistAt = performance.now() + this.#durations.relist * (0.8 + 0.2 * this.#random());
      if (!this.#streaming) await this.#listPages(signal);
    }
    const from = this.#version;
    try {
      await this.#watch(from, signal, onProgress);
    } catch (problem) {
      if (from !== undefined || !refusesStreaming(problem)) throw problem;
      this.#streaming = false;
      await this.#connect(signal, onProgress);
    }
  }

  async #watch(
    from: string | undefined,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<void> {
    const { resource, transport } = this.#options;
    let listing = from === undefined ? new Map<string, T>() : undefined;
    const events = watch(transport, {
      resource,
      from,
      timeoutMs: this.#relistAt - performance.now(),
      silenceMs: this.#durations.silence,
      signal,
      // Not the first event: on a quiet resource that is a bookmark a minute later.
      onOpen: () => {
        this.#connected = true;
      },
    });
    for await (const event of events) {
      onProgress();
      listing = this.#take(event, listing);
    }
  }

  /** @returns what has been listed so far, until the list is whole */
  #take(event: WatchEvent, listing: Map<string, T> | undefined): Map<string, T> | undefined {
    if (event.type === "ERROR") return listing;
    if (event.type === "BOOKMARK") {
      if (listing && !endsInitialEvents(event)) return listing;
      this.#version = event.object.metadata.resourceVersion;
      if (listing) this.#whole(listing);
      return undefined;
    }
    const object = this.#project(event.object);
    const gone = event.type === "DELETED";
    if (listing) return gone ? without(listing, object) : listing.set(keyOf(object), object);
    this.#version = object.metadata.resourceVersion;
    if (gone) this.store.remove(object);
    else this.store.put(object);
    return undefined;
  }

  async #listPages(signal: AbortSignal): Promise<void> {
    const { transport, resource } = this.#options;
    const list = await pagedList(transport, resource, this.#project, signal);
    this.#version = list.resourceVersion;
    this.#whole(list.objects);
  }

  #whole(objects: ReadonlyMap<string, T>): void {
    this.store.replace(objects);
    this.#hasSynced = true;
    this.#announceSynced();
  }

  async #backOff(failures: number, problem: unknown, signal: AbortSignal): Promise<void> {
    const { backoffBase, backoffMax } = this.#durations;
    const ceiling = Math.min(backoffMax, backoffBase * 2 ** (failures - 1));
    const asked = problem instanceof KubeError ? (problem.retryAfterMs ?? 0) : 0;
    const ms = Math.max(asked, ceiling * (0.5 + 0.5 * this.#random()));
    await wait(ms, undefined, { signal }).catch(() => {});
  }
}

function without<T extends KubeObject>(listing: Map<string, T>, object: T): Map<string, T> {
  listing.delete(keyOf(object));
  return listing;
}

/** managedFields and kubectl's copy of the manifest are half of an object's size and say nothing new. */
function withoutCopies(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject["metadata"] & {
    managedFields?: unknown;
  };
  const { "kubectl.kubernetes.io/last-applied-configuration": __, ...annotations } =
    metadata.annotations ?? {};
  return { ...object, metadata: { ...metadata, annotations } };
}
