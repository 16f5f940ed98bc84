/** What EKS's status of an add-on means: wait, try again, or tell the user what is wrong. */
import type { AddonUpdate, HealthIssue, ObservedAddon } from "./addon.ts";
import { Failure, type Outcome } from "./outcome.ts";

const BUSY: Readonly<Record<string, readonly [reason: string, what: string]>> = {
  CREATING: ["AddonCreating", "is installing"],
  UPDATING: ["AddonUpdating", "is updating"],
  DELETING: ["AddonDeleting", "is deleting"],
};

/** An UpdateAddon is the way out of both. */
export const FAILED_STATES: ReadonlySet<string> = new Set(["CREATE_FAILED", "UPDATE_FAILED"]);

/** `undefined`: EKS takes changes. */
export function busyWith({ name, status }: ObservedAddon, pollMs: number): Outcome | undefined {
  const busy = BUSY[status];
  if (!busy) return undefined;
  const [reason, what] = busy;
  const message = `EKS ${what} add-on ${name}; nothing else is changed until it is done`;
  return { kind: "waiting", reason, message, checkAfterMs: pollMs };
}

/** It is as the spec wants, and does not work. */
export function degradation(addon: ObservedAddon): Failure | undefined {
  if (addon.status === "DELETE_FAILED") return addonFailure(addon, undefined);
  if (addon.status !== "DEGRADED") return undefined;
  return new Failure(
    "AddonDegraded",
    `add-on ${addon.name} is as wanted, and EKS finds it degraded: ${inWords(addon.healthIssues)}`,
    { kind: "sweep" },
  );
}

/**
 * Why the add-on could not be brought where it should be.
 *
 * @param update what EKS says of the last update; `undefined`: nothing
 */
export function addonFailure(addon: ObservedAddon, update: AddonUpdate | undefined): Failure {
  const issues = [...(update?.errors ?? []), ...addon.healthIssues];
  const conflict = issues.find(({ code }) => code === "ConfigurationConflict");
  if (conflict) {
    return new Failure(
      "ConfigurationConflict",
      `fields of add-on ${addon.name} were changed in the cluster: ${inWords([conflict])}; set spec.resolveConflicts: Overwrite to have EKS's values, or Preserve to keep the cluster's`,
      { kind: "sweep" },
    );
  }
  return new Failure(
    "AddonFailed",
    `EKS could not bring add-on ${addon.name} to what is wanted (${addon.status}): ${inWords(issues)}; it is tried again`,
    { kind: "sweep" },
  );
}

/** Each once: EKS often says the same of the update and of the add-on. */
function inWords(issues: readonly HealthIssue[]): string {
  const texts = new Set(
    issues.map(({ code, message, resourceIds }) => {
      const about = resourceIds.length > 0 ? ` (${resourceIds.slice(0, 5).join(", ")})` : "";
      return `${code}: ${message}${about}`;
    }),
  );
  return texts.size > 0 ? [...texts].join("; ") : "EKS says nothing more";
}
