/** What the engine asks of a kind: to bring one object, named by its key, closer to what its spec wants. */
import type { Outcome } from "../plan/outcome.ts";

export interface Reconciler {
  /** Shown in logs, e.g. "PodIdentityAssociation". */
  readonly name: string;
  /**
   * Level-based: reads the object afresh and trusts no event. Never called twice at once for one key.
   *
   * @param key "namespace/name"
   */
  reconcile(key: string, signal: AbortSignal): Promise<Outcome>;
}

/** `user`: somebody changed something and waits. `resync`: we look again of our own accord. */
export type Priority = "user" | "resync";
