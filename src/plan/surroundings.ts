/** What a spec is read against: the cluster, and the operator's settings that decide something. */
import type { ClusterFacts } from "./resources.ts";
import type { TrustScope } from "./trust-policy.ts";

/** What is the same for all objects of this operator. */
export interface Surroundings {
  readonly cluster: ClusterFacts;
  /** Keeps two operators apart that share a cluster ARN, e.g. after a move. */
  readonly installation: string;
  /** Path of the roles we make; begins and ends with "/". */
  readonly rolePath: string;
  /** Where a spec names no trustScope. */
  readonly defaultTrustScope: TrustScope;
  /** false: no role is made, changed or deleted. */
  readonly manageRoles: boolean;
  /** ARNs of AWS managed policies by bare name; `undefined`: could not be read, so paths are guessed. */
  readonly awsManagedPolicies: ReadonlyMap<string, string> | undefined;
}

/** The part that does not change while the operator runs. */
export type Fixed = Omit<Surroundings, "awsManagedPolicies">;
