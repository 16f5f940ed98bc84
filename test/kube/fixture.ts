/** A fake API server with a transport, a reflector or a client on it, all gone after the test. */
import { KubeConfig } from "@kubernetes/client-node";
import type { Resource } from "../../src/kube/client.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { Reflector, type ReflectorDurations } from "../../src/kube/reflector.ts";
import { Transport, type TransportOptions } from "../../src/kube/transport.ts";
import { FakeApi } from "./fake-api.ts";

export const CONFIG_MAPS: Resource = {
  group: "",
  version: "v1",
  plural: "configmaps",
  namespaced: true,
};

export const TOKEN = "very-secret-token";

/** Long enough for a busy machine, shorter than mocha's: its message says less. Milliseconds. */
const PATIENCE_MS = 20_000;

export interface Watching {
  readonly reflector: Reflector<KubeObject>;
  /** What listeners were told, e.g. "added team/a". */
  readonly told: string[];
  readonly errors: unknown[];
  /** Resolves when the reflector has ended. */
  stop(): Promise<void>;
}

export class Fixture {
  readonly api = new FakeApi();
  readonly #stops: (() => Promise<unknown>)[] = [];

  transportTo(server: string, options?: TransportOptions): Transport {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: "fake", server, skipTLSVerify: true },
      { name: "operator", token: TOKEN },
    );
    const transport = new Transport(config, "podidentity/1.2.3", options);
    this.#stops.push(() => transport.close());
    return transport;
  }

  /** @returns its address */
  server(): Promise<string> {
    this.#stops.push(() => this.api.stop());
    return this.api.start();
  }

  async transport(options?: TransportOptions): Promise<Transport> {
    return this.transportTo(await this.server(), options);
  }

  async watch(
    durations: Partial<ReflectorDurations> = {},
    transportDurations: TransportOptions = {},
  ): Promise<Watching> {
    return this.watchOver(await this.transport(transportDurations), durations);
  }

  watchOver(transport: Transport, durations: Partial<ReflectorDurations> = {}): Watching {
    const errors: unknown[] = [];
    const told: string[] = [];
    const reflector = new Reflector<KubeObject>({
      transport,
      resource: CONFIG_MAPS,
      onError: (thrown) => errors.push(thrown),
      durations: { backoffBase: 10, backoffMax: 50, ...durations },
      random: () => 1,
    });
    reflector.store.subscribe((key, change) => told.push(`${change} ${key}`));
    const abort = new AbortController();
    const ended = reflector.run(abort.signal);
    const stop = () => {
      abort.abort(new Error("stop"));
      return ended;
    };
    this.#stops.push(stop);
    return { reflector, told, errors, stop };
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}

/** Waits for something that a background task brings about; fails with what the last look threw. */
export async function eventually(look: () => void): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    try {
      look();
      return;
    } catch (notYet) {
      if (performance.now() > end) throw notYet;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const thrownBy = (task: Promise<unknown>): Promise<unknown> =>
  task.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
