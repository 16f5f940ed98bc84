/** Which of several replicas works: what the operator is told of it, with an election and without. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Election } from "./election.ts";
import type { Logger } from "./engine/log.ts";
import { KubeClient } from "./kube/client.ts";
import { Lease } from "./kube/lease.ts";
import { Transport } from "./kube/transport.ts";
import type { Fence } from "./plan/leadership.ts";
import type { Settings } from "./settings.ts";

export interface Leadership {
  /** `undefined`: nobody else writes. */
  readonly fence: Fence | undefined;
  readonly isLeading: boolean;
  /** What a replica that does not lead says of itself. */
  readonly standby: { readonly ready: boolean; readonly why: string };
  /** Rejects with LeaseLost once another may lead; never resolves. */
  readonly lost: Promise<never>;
  /** Resolves when this replica leads; `false` if the signal aborted before. */
  lead(signal: AbortSignal): Promise<boolean>;
  /** Lets another one lead at once. Nothing is written after this was called. */
  release(): Promise<void>;
}

/** Without an election. */
export const ALONE: Leadership = {
  fence: undefined,
  isLeading: true,
  standby: { ready: true, why: "ready" },
  lost: new Promise(() => {}),
  lead: async () => true,
  release: async () => {},
};

/** Its requests have connections of their own: no fence is asked, and no queue of other writes comes before a renewal. */
export function leadershipOf(settings: Settings, userAgent: string, log: Logger): Leadership {
  if (!settings.LEADER_ELECTION) return ALONE;
  const client = new KubeClient(Transport.fromEnvironment(userAgent));
  const name = { namespace: settings.OPERATOR_NAMESPACE, name: settings.LEASE_NAME };
  return new Election({
    lease: new Lease(client, name),
    us: `${hostname()}_${randomUUID()}`,
    durations: {
      leaseDurationMs: settings.LEASE_DURATION,
      renewDeadlineMs: settings.RENEW_DEADLINE,
      renewPeriodMs: settings.RENEW_PERIOD,
    },
    log,
  });
}
