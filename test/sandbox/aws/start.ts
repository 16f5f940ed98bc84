/** Starts the emulated AWS on a loopback port: EKS Pod Identity, IAM and STS as their SDKs expect them. */
import { once } from "node:events";
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { AdvancingClock, type Clock, systemClock } from "./clock.ts";
import { CallLog } from "./controls/call-log.ts";
import { type Controls, controlsOf } from "./controls/controls.ts";
import { Faults } from "./controls/faults.ts";
import { Throttles } from "./controls/throttles.ts";
import type { ReviewToken } from "./eks-auth/assume-role.ts";
import { Gateway } from "./gateway.ts";
import { httpSurface } from "./http.ts";
import { LiveSettings, type SettingsChange } from "./settings.ts";
import { type Account, type ClusterFacts, World } from "./world.ts";

export interface AwsOptions {
  /** @default 111122223333 in us-west-2, partition "aws" */
  readonly account?: Partial<Account>;
  /** @default one named "demo" */
  readonly clusters?: readonly (Partial<ClusterFacts> & { readonly name: string })[];
  readonly settings?: SettingsChange;
  /** @default the system's */
  readonly clock?: Clock;
  /** Whose token it is, for EKS Auth. @default nobody's */
  readonly reviewToken?: ReviewToken;
  /** @default 0: any free one */
  readonly port?: number;
}

/** A running emulator: its address and its levers. */
export interface Aws extends Controls {
  /** For AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly account: Account;
  /** Cuts what is under way and closes the port. */
  stop(): Promise<void>;
}

const ACCOUNT: Account = { id: "111122223333", region: "us-west-2", partition: "aws" };

export async function startAws(options: AwsOptions = {}): Promise<Aws> {
  const account = { ...ACCOUNT, ...options.account };
  const settings = new LiveSettings(options.settings);
  const clock = new AdvancingClock(options.clock ?? systemClock);
  const world = new World(account, settings, clock);
  const faults = new Faults();
  const log = new CallLog();
  const controls = controlsOf({ world, settings, clock, faults, log });
  for (const cluster of options.clusters ?? [{ name: "demo" }]) controls.putCluster(cluster);
  const gateway = new Gateway(world, { faults, log, throttles: new Throttles(clock) });
  const server = await listen(
    httpSurface(gateway, controls, options.reviewToken ?? nobodys),
    options.port ?? 0,
  );
  const stop = async () => {
    faults.clear();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { ...controls, account, endpoint: `http://127.0.0.1:${portOf(server)}`, stop };
}

const nobodys: ReviewToken = async () => undefined;

async function listen({ fetch }: ReturnType<typeof httpSurface>, port: number): Promise<Server> {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  // Node's 5 s would cut idle connections just as an SDK reuses them, which looks like a fault.
  server.keepAliveTimeout = 120_000;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
