/** Add-on operations that a test wants to fail once they are under way: what EKS finds out in the cluster only. */
import type { AddonIssue } from "./addon.ts";

export interface AddonFailure {
  readonly cluster: string;
  readonly addonName: string;
  readonly operation: "create" | "update" | "delete";
  /** What `health.issues`, or the update's errors, will say. */
  readonly issues: readonly AddonIssue[];
  /** How many such operations fail. @default 1 */
  readonly times?: number;
}

export class AddonFailures {
  #waiting: readonly (AddonFailure & { readonly left: number })[] = [];

  add(failure: AddonFailure): void {
    this.#waiting = [...this.#waiting, { ...failure, left: failure.times ?? 1 }];
  }

  /** From now on none of the add-on's operations fails. */
  forget({ cluster, addonName }: Pick<AddonFailure, "cluster" | "addonName">): void {
    this.#waiting = this.#waiting.filter(
      (one) => one.cluster !== cluster || one.addonName !== addonName,
    );
  }

  /** The issues of the first that waits for this operation, which uses it up. */
  take(
    asked: Pick<AddonFailure, "cluster" | "addonName" | "operation">,
  ): readonly AddonIssue[] | undefined {
    const found = this.#waiting.find(
      ({ cluster, addonName, operation }) =>
        cluster === asked.cluster && addonName === asked.addonName && operation === asked.operation,
    );
    this.#waiting = this.#waiting
      .map((one) => (one === found ? { ...one, left: one.left - 1 } : one))
      .filter(({ left }) => left > 0);
    return found?.issues;
  }
}
