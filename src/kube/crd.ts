/** Whether a CustomResourceDefinition is on its way out, and takes all its objects with it. */
import { GROUP } from "../api/group.ts";
import type { KubeClient } from "./client.ts";

const CRDS = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  namespaced: false,
};

export class Definition {
  readonly #client: KubeClient;
  readonly #name: string;
  #reading: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;

  constructor(client: KubeClient, plural: string) {
    this.#client = client;
    this.#name = `${plural}.${GROUP}`;
  }

  /**
   * Read afresh: the API server marks the definition before it deletes the first of the objects, so the
   * read must begin after the object was seen to leave. Whoever asks during a read shares the next one.
   */
  isBeingDeleted(): Promise<boolean> {
    if (!this.#reading) return this.#read();
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#read();
      });
    return this.#next;
  }

  #read(): Promise<boolean> {
    const reading = this.#client
      .getMetadata(CRDS, { name: this.#name })
      .then((crd) => crd === undefined || crd.metadata.deletionTimestamp !== undefined);
    this.#reading = reading;
    const done = () => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    reading.then(done, done);
    return reading;
  }
}
