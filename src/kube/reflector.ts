/**
 * Keeps a store equal to what the API server has of one resource, whatever happens to the connection.
 *
 *     list (streamed, or paged) ──► watch ──► the server ends it: list again (nothing lost may stay lost)
 *                                     │ error: wait, then watch on from the last version
 *                                     └ 410: list again, the store is kept meanwhile
 */

import type { Resource } from "./client.ts";
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
  #connected = false;
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

  /** For how long there has been no connection, in milliseconds; 0 while there is one. */
  get outOfTouchMs(): number {
    return this.#connected ? 0 : performance.now() - this.#lastContactAt;
  }

  /** The answer to a write of our own, as it is kept. */
  assume(object: KubeObject): T {
    const kept = this.#project(object);
    this.store.assume(kept);
    return kept;
  }

  /** Runs until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#connect(signal, () => {
          failures = 0;
        });
        // The server ended the watch in its own time: list anew, in case an event was dropped.
        this.#version = undefined;
      } catch (problem) {
        if (signal.aborted) return;
        if (isExpired(problem)) {
          this.#version = undefined;
        } else {
          this.#options.onError(problem);
        }
        failures += 1;
        await this.#backOff(failures, signal);
      } finally {
        if (this.#connected) this.#lastContactAt = performance.now();
        this.#connected = false;
      }
    }
  }

  /** One connection, from its first byte to its last. */
  async #connect(signal: AbortSignal, onProgress: () => void): Promise<void> {
    if (this.#version === undefined && !this.#streaming) await this.#listPages(signal);
    const { resource, transport } = this.#options;
    const initial = this.#version === undefined ? new Map<string, T>() : undefined;
    const timeoutMs = this.#durations.relist * (0.8 + 0.2 * this.#random());
    const how = {
      resource,
      from: this.#version,
      timeoutMs,
      silenceMs: this.#durations.silence,
      signal,
    };
    let listing = initial;
    try {
      for await (const event of watch(transport, how)) {
        onProgress();
        this.#connected = true;
        listing = this.#take(event, listing);
      }
    } catch (problem) {
      if (initial && this.#streaming && refusesStreaming(problem)) {
        this.#streaming = false;
        return;
      }
      throw problem;
    }
  }

  /** @returns what has been listed so far, until the list is whole */
  #take(event: WatchEvent, listing: Map<string, T> | undefined): Map<string, T> | undefined {
    if (event.type === "ERROR") return listing;
    if (event.type === "BOOKMARK") {
      this.#version = event.object.metadata.resourceVersion;
      if (!listing || !endsInitialEvents(event)) return listing;
      this.#whole(listing);
      return undefined;
    }
    const object = this.#project(event.object);
    if (listing) {
      listing.set(keyOf(object), object);
      return listing;
    }
    this.#version = object.metadata.resourceVersion;
    if (event.type === "DELETED") this.store.remove(object);
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

  #backOff(failures: number, signal: AbortSignal): Promise<void> {
    const { backoffBase, backoffMax } = this.#durations;
    const ceiling = Math.min(backoffMax, backoffBase * 2 ** (failures - 1));
    return sleep(ceiling * (0.5 + 0.5 * this.#random()), signal);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
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
