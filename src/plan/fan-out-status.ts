/** What a ClusterPodIdentityAssociation says of itself: are all of its namespaces served, and if not, why. */
import type { NewCondition } from "./conditions.ts";
import type { Child, FanOut } from "./fan-out.ts";
import type { Failure } from "./outcome.ts";

export interface Fanned {
  /** `undefined`: it could not be understood. */
  readonly plan: FanOut | undefined;
  /** What there is in the namespaces that it selects, its own or not. */
  readonly children: readonly Child[];
  readonly failures: readonly Failure[];
  /** Nothing is made. */
  readonly readOnly: boolean;
}

/** More would make the message unreadable. */
const NAMED = 5;

interface Said {
  readonly conditions: readonly NewCondition[];
  /** Namespaces whose child is Ready. */
  readonly ready: number;
}

export function fanOutConditions({ plan, children, failures, readOnly }: Fanned): Said {
  const foreign = new Set(plan?.foreign ?? []);
  const own = children.filter(
    ({ metadata }) => !foreign.has(`${metadata.namespace}/${metadata.name}`),
  );
  const waiting = own.filter((child) => readyOf(child)?.status !== "True");
  const ready = own.length - waiting.length;
  const [failure] = failures;
  if (failure) return { ready, conditions: told("Stalled", failure.reason, failure.message) };
  if (readOnly && plan && plan.missing.length > 0) {
    const message = `${plan.missing.length} PodIdentityAssociations would be made, and none is while the operator runs with OPERATOR_MODE=Plan`;
    return {
      ready,
      conditions: [{ type: "Ready", status: "Unknown", reason: "Planned", message }],
    };
  }
  if (foreign.size > 0) {
    const message = `PodIdentityAssociations of this name exist that were not made for it: ${listed([...foreign])}; delete or rename them, or this object`;
    return { ready, conditions: told("Stalled", "DuplicateClaim", message) };
  }
  const missing = plan?.missing.length ?? 0;
  if (missing + waiting.length === 0) {
    const message = `all ${own.length} namespaces that it selects have their association`;
    return {
      ready,
      conditions: [{ type: "Ready", status: "True", reason: "Reconciled", message }],
    };
  }
  const stalled = waiting.filter(({ status }) =>
    status?.conditions?.some(({ type }) => type === "Stalled"),
  );
  const shown = stalled.length > 0 ? stalled : waiting;
  const reason = (shown[0] && readyOf(shown[0])?.reason) ?? "Pending";
  const names = shown.map(
    (child) => `${child.metadata.namespace} (${readyOf(child)?.reason ?? "Pending"})`,
  );
  const message =
    names.length > 0
      ? `not Ready in ${listed(names)}; see kubectl get pia ${shown[0]?.metadata.name} -A`
      : `${missing} are being made`;
  return {
    ready,
    conditions: told(stalled.length > 0 ? "Stalled" : "Reconciling", reason, message),
  };
}

function told(type: "Stalled" | "Reconciling", reason: string, message: string): NewCondition[] {
  return [
    { type: "Ready", status: "False", reason, message },
    { type, status: "True", reason, message },
  ];
}

function readyOf({ status }: Child) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${more}`;
}
