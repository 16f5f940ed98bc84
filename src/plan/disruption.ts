/** Does a PodDisruptionBudget ask to leave a workload's pods alone just now? */

type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** policy/v1, as far as it is looked at. */
export interface PodDisruptionBudget {
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly selector?: {
      readonly matchLabels?: Labels;
      readonly matchExpressions?: readonly Requirement[];
    };
  };
  readonly status?: { readonly disruptionsAllowed?: number };
}

/** Name of a budget that has no disruption left for pods with these labels; `undefined` if none is in the way. */
export function budgetInTheWay(
  budgets: Iterable<PodDisruptionBudget>,
  labels: Labels,
): string | undefined {
  for (const { metadata, spec, status } of budgets) {
    const isSpent = (status?.disruptionsAllowed ?? 0) < 1;
    if (isSpent && matches(spec?.selector, labels)) return metadata.name;
  }
  return undefined;
}

/** An empty selector selects all pods of the namespace, an absent one none (policy/v1). */
function matches(
  selector: NonNullable<PodDisruptionBudget["spec"]>["selector"],
  labels: Labels,
): boolean {
  if (!selector) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((requirement) => meets(requirement, labels))
  );
}

function meets({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      // A meaning that came later: better to wait in vain than to disrupt.
      return true;
  }
}
