/** A guardrail as it is applied: which namespaces it is about, with its placeholders filled in. */
import type {
  PodIdentityGuardrail,
  PodIdentityGuardrailSpec,
} from "../api/pod-identity-guardrail.ts";
import { asFailure, type Failure } from "./outcome.ts";
import { fillIn } from "./placeholders.ts";
import type { ClusterFacts } from "./resources.ts";

/** What a guardrail is held against beside the request. */
export interface Namespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whatever has a selector of namespaces. */
interface Selecting {
  readonly spec: Pick<PodIdentityGuardrailSpec, "namespaceSelector">;
}

export interface Guardrail {
  readonly name: string;
  readonly spec: PodIdentityGuardrailSpec;
  /** Why it cannot be applied as it is written: it then allows nothing. */
  readonly fault: Failure | undefined;
}

/** With the cluster's own account, region, partition and name in its ARNs and patterns. */
export function guardrailOf(object: PodIdentityGuardrail, cluster: ClusterFacts): Guardrail {
  const { name } = object.metadata;
  try {
    return { name, spec: filledIn(object.spec, cluster), fault: undefined };
  } catch (thrown) {
    return { name, spec: object.spec, fault: asFailure(thrown) };
  }
}

function filledIn(spec: PodIdentityGuardrailSpec, cluster: ClusterFacts): PodIdentityGuardrailSpec {
  const all = (texts: string[] | undefined) => texts?.map((text) => fillIn(text, cluster));
  const { existingRoles, targetRoles, managedRoles } = spec;
  const { permissionsBoundaryArn: boundary, inlinePolicies: inline } = managedRoles ?? {};
  return {
    ...spec,
    existingRoles: existingRoles && { allowedArns: all(existingRoles.allowedArns) },
    targetRoles: targetRoles && { allowedArns: all(targetRoles.allowedArns) },
    managedRoles: managedRoles && {
      ...managedRoles,
      permissionsBoundaryArn: boundary === undefined ? undefined : fillIn(boundary, cluster),
      allowedManagedPolicyArns: all(managedRoles.allowedManagedPolicyArns),
      inlinePolicies: inline && { ...inline, allowedResources: all(inline.allowedResources) },
    },
  };
}

/**
 * Whether it is about this namespace. No selector is no namespace. The system's namespaces, whose
 * ServiceAccounts run the cluster, and the operator's own, are reached by name only.
 *
 * @param operatorNamespace "" if it is not known
 */
export function selects(
  { spec: { namespaceSelector: selector } }: Selecting,
  namespace: Namespace,
  operatorNamespace: string,
): boolean {
  if (!selector) return false;
  const { matchNames, matchLabels = {} } = selector;
  if (!matchNames && isReserved(namespace.name, operatorNamespace)) return false;
  return (
    (matchNames?.includes(namespace.name) ?? true) &&
    Object.entries(matchLabels).every(([key, value]) => namespace.labels[key] === value)
  );
}

function isReserved(name: string, operatorNamespace: string): boolean {
  return name.startsWith("kube-") || name === operatorNamespace;
}
