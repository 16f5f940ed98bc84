/**
 * Plays the part of EKS that installs add-ons: what the add-ons of the emulated cluster are is applied to the API
 * server, restarted when their identities have changed, and removed with them.
 * NV: when EKS begins; here it does so once the add-on is made, and its associations are known.
 */
import { setTimeout as wait } from "node:timers/promises";
import { KubeClient, type Resource } from "../../../../src/kube/client.ts";
import { KubeError } from "../../../../src/kube/errors.ts";
import type { KubeObject } from "../../../../src/kube/object.ts";
import { SERVICE_ACCOUNTS } from "../../../../src/kube/service-accounts.ts";
import type { Transport } from "../../../../src/kube/transport.ts";
import type { InstalledAddon } from "../../aws/controls/addons.ts";
import { type AddonPlace, addonObjects } from "./objects.ts";

export interface InstallerOptions extends AddonPlace {
  readonly transport: Transport;
  /** What there is to be in the cluster, at this moment. */
  readonly addons: () => readonly InstalledAddon[];
  /** Absent: all. */
  readonly namespaces?: readonly string[] | undefined;
  readonly report: (line: string) => void;
}

export interface AddonInstaller {
  /** Removes what it has installed. */
  stop(): Promise<void>;
}

const FIELD_MANAGER = "eks";
const ROUND_MS = 100;
const GONE_WITHIN_MS = 60_000;

const apps = (plural: string): Resource => ({
  group: "apps",
  version: "v1",
  plural,
  namespaced: true,
});
const RESOURCES: Readonly<Record<string, Resource>> = {
  ServiceAccount: SERVICE_ACCOUNTS,
  DaemonSet: apps("daemonsets"),
  Deployment: apps("deployments"),
};
const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };

export function startInstaller(options: InstallerOptions): AddonInstaller {
  const installer = new Installer(options);
  const stop = new AbortController();
  const running = installer.run(stop.signal);
  return {
    stop: async () => {
      stop.abort();
      await running;
      await installer.removeAll();
    },
  };
}

interface Applied {
  /** What it was made of. */
  readonly facts: string;
  readonly objects: readonly KubeObject[];
}

class Installer {
  readonly #options: InstallerOptions;
  readonly #client: KubeClient;
  readonly #applied = new Map<string, Applied>();

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.#client = new KubeClient(options.transport);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#round();
      } catch (problem) {
        // The next round tries again.
        if (!signal.aborted) this.#options.report(`add-ons: ${String(problem)}`);
      }
      await wait(ROUND_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The API server may be gone already; then so is what it had. */
  async removeAll(): Promise<void> {
    const objects = [...this.#applied.values()].flatMap((one) => one.objects);
    await this.#removeAllOf(objects).catch(() => undefined);
    await this.#untilGone(objects);
  }

  async #round(): Promise<void> {
    const { addons, namespaces } = this.#options;
    const wanted = addons().filter(({ namespace }) => namespaces?.includes(namespace) ?? true);
    for (const addon of wanted) await this.#install(addon);
    for (const [name, { objects }] of this.#applied) {
      if (wanted.some((addon) => addon.name === name)) continue;
      await this.#removeAllOf(objects);
      // What is applied to an object on its way out goes with it.
      await this.#untilGone(objects);
      this.#applied.delete(name);
    }
  }

  async #install(addon: InstalledAddon): Promise<void> {
    const objects = addonObjects(addon, this.#options);
    const facts = JSON.stringify(objects);
    if (this.#applied.get(addon.name)?.facts === facts) return;
    await this.#client
      .create(NAMESPACES, { metadata: { name: addon.namespace } })
      .catch(ifThereAlready);
    // Also what is applied half is to be removed.
    this.#applied.set(addon.name, { facts: "", objects });
    for (const object of objects) {
      await this.#client.apply(resourceOf(object), object, FIELD_MANAGER);
    }
    this.#applied.set(addon.name, { facts, objects });
  }

  /** Workloads go once their Pods have. */
  async #removeAllOf(objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects.toReversed()) {
      const { group, version, plural } = resourceOf(object);
      const { namespace, name } = object.metadata;
      const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
      const path = `${root}/namespaces/${namespace}/${plural}/${name}`;
      const body = { propagationPolicy: "Foreground" };
      await this.#options.transport.json({ method: "DELETE", path, body }).catch(ifGone);
    }
  }

  async #untilGone(objects: readonly KubeObject[]): Promise<void> {
    const deadline = performance.now() + GONE_WITHIN_MS;
    for (const object of objects) {
      while (performance.now() < deadline && (await this.#exists(object))) await wait(ROUND_MS / 2);
    }
  }

  async #exists(object: KubeObject): Promise<boolean> {
    const found = this.#client.get(resourceOf(object), object.metadata);
    return (await found.catch(() => undefined)) !== undefined;
  }
}

function resourceOf({ kind = "" }: KubeObject): Resource {
  const resource = RESOURCES[kind];
  if (!resource) throw new Error(`add-ons here have no ${kind}`);
  return resource;
}

const unless = (status: number) => (problem: unknown) => {
  if (!(problem instanceof KubeError && problem.status === status)) throw problem;
};
const ifThereAlready = unless(409);
const ifGone = unless(404);
