/** One Lease: read, and written only over the very version that was read. */
import type { LeaseRecord } from "../plan/leadership.ts";
import type { KubeClient, Resource } from "./client.ts";
import { type KubeObject, microTime } from "./object.ts";

const LEASES: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  namespaced: true,
};

interface LeaseObject extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
  };
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** What others read of the one who holds it. */
export interface Claim {
  /** "": nobody any more. */
  readonly holder: string;
  /** Milliseconds; the Lease has whole seconds, so others may wait a little longer. */
  readonly durationMs: number;
}

/** As it was read. */
export interface LeaseSeen extends LeaseRecord {
  /** How often it has changed hands. */
  readonly transitions: number;
}

export class Lease {
  readonly #client: KubeClient;
  readonly name: LeaseName;

  constructor(client: KubeClient, name: LeaseName) {
    this.#client = client;
    this.name = name;
  }

  /**
   * `undefined` if there is none.
   *
   * @throws KubeError
   */
  async read(signal: AbortSignal): Promise<LeaseSeen | undefined> {
    const found = await this.#client.get<LeaseObject>(LEASES, this.name, signal);
    return found && seen(found);
  }

  /**
   * Made, where nothing was read before.
   *
   * @throws KubeError 409 if anybody wrote it since, 404 if it was deleted
   */
  async write(
    { holder, durationMs }: Claim,
    before: LeaseSeen | undefined,
    signal: AbortSignal,
  ): Promise<LeaseSeen> {
    const now = microTime();
    const isNew = before?.holder !== holder;
    const spec = {
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      renewTime: now,
      ...(isNew ? { acquireTime: now, leaseTransitions: before ? before.transitions + 1 : 0 } : {}),
    };
    if (!before) {
      const metadata = { ...this.name };
      const made = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
      return seen(await this.#client.create<LeaseObject>(LEASES, made, signal));
    }
    const body = { metadata: { resourceVersion: before.version }, spec };
    return seen(await this.#client.mergePatch<LeaseObject>(LEASES, this.name, { body, signal }));
  }
}

function seen({ metadata, spec = {} }: LeaseObject): LeaseSeen {
  return {
    holder: spec.holderIdentity ?? "",
    durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
    transitions: spec.leaseTransitions ?? 0,
    version: metadata.resourceVersion ?? "",
  };
}
