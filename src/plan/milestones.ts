/** How long users wait: from creating an object to its first Ready, and from its association to the first pod with credentials. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";

/** Called once for an object at most, in seconds. */
export interface Reached {
  readonly ready: (seconds: number) => void;
  readonly injected: (seconds: number) => void;
}

type Seen = Pick<PodIdentityAssociation, "metadata" | "status">;

/** An object that is not there yet, by UID. Only those are kept, and only those that this process saw without. */
export class Milestones {
  readonly #reached: Reached;
  readonly #awaitReady = new Set<string>();
  readonly #awaitInjection = new Set<string>();

  constructor(reached: Reached) {
    this.#reached = reached;
  }

  /**
   * @param previous what was known of it before; `undefined`: nothing
   * @param now milliseconds since the epoch
   */
  note(object: Seen, previous: Seen | undefined, now: number): void {
    this.#noteReady(object, previous, now);
    this.#noteInjection(object, previous, now);
  }

  /** It is no more. */
  forget({ metadata: { uid = "" } }: Seen): void {
    this.#awaitReady.delete(uid);
    this.#awaitInjection.delete(uid);
  }

  #noteReady(object: Seen, previous: Seen | undefined, now: number): void {
    const { uid = "", generation, creationTimestamp = "" } = object.metadata;
    // An edit begins a new wait, and nobody notes when it was made.
    const isAsCreated = generation === 1;
    if (!isAsCreated) this.#awaitReady.delete(uid);
    else if (isReady(object)) {
      if (this.#awaitReady.delete(uid)) this.#reached.ready(secondsSince(creationTimestamp, now));
    } else if (!previous && object.status?.associatedAt === undefined) this.#awaitReady.add(uid);
  }

  #noteInjection({ metadata, status }: Seen, previous: Seen | undefined, now: number): void {
    const { uid = "" } = metadata;
    if (status?.associatedAt === undefined) return;
    const isInjected = (status.pods?.injected ?? 0) > 0;
    if (isInjected) {
      if (this.#awaitInjection.delete(uid)) {
        this.#reached.injected(secondsSince(status.associatedAt, now));
      }
    } else if (previous && previous.status?.associatedAt === undefined) {
      this.#awaitInjection.add(uid);
    }
  }
}

function isReady({ status }: Seen): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === "Ready" && is === "True",
  );
}

/** The API server writes whole seconds, and its clock may be ahead of ours. */
function secondsSince(timestamp: string, now: number): number {
  return Math.max(0, (now - Date.parse(timestamp)) / 1000);
}
