/** One EKS and one IAM client for the whole process, so that all calls of a family share one limit. */
import { EKSClient } from "@aws-sdk/client-eks";
import { IAMClient } from "@aws-sdk/client-iam";
import type { Fence } from "../plan/leadership.ts";
import { Limiter, systemTimers, type Timers } from "./limiter.ts";
import { type Attempt, install } from "./middleware.ts";

export interface ClientOptions {
  readonly region: string;
  /** Of the operator; goes into the user agent. */
  readonly version: string;
  /** For each family, as long as AWS does not throttle. */
  readonly maxCallsPerSecond: number;
  /** Ends what waits for its turn. */
  readonly signal: AbortSignal;
  /** Called after each attempt, for logs and metrics. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Asked before each request that changes something. @default lets all pass */
  readonly fence?: Fence | undefined;
  /** @default 3,000 */
  readonly connectTimeoutMs?: number;
  /** A page of 200 roles may take some seconds. @default 10,000 */
  readonly requestTimeoutMs?: number;
  /** @default the system's */
  readonly timers?: Timers;
}

export interface AwsClients {
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly limiter: Limiter;
  /** Closes idle connections; calls under way fail. */
  close(): void;
}

/** Calls a burst may have at full rate: a fifth of a second's worth. */
const BURST_SECONDS = 0.2;

/** The real retry is the work queue's; one at once saves it the trouble of a hiccup. */
const ATTEMPTS = 2;

/** Endpoints and credentials are the SDK's own business: its environment variables and provider chain. */
export function createClients(options: ClientOptions): AwsClients {
  const { region, version, connectTimeoutMs = 3_000, requestTimeoutMs = 10_000 } = options;
  const { signal, onAttempt = () => {}, timers = systemTimers, fence = () => {} } = options;
  const rate = options.maxCallsPerSecond;
  const burst = Math.max(1, rate * BURST_SECONDS);
  const limiter = new Limiter({ callsPerSecond: rate, burst }, timers);
  const config = {
    region,
    customUserAgent: [["podidentity", version]] as [string, string][],
    retryMode: "standard",
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  };
  const eks = new EKSClient(config);
  const iam = new IAMClient(config);
  install(eks, { service: "eks", limiter, timers, signal, onAttempt, fence });
  install(iam, { service: "iam", limiter, timers, signal, onAttempt, fence });
  const close = () => {
    eks.destroy();
    iam.destroy();
  };
  return { eks, iam, limiter, close };
}
