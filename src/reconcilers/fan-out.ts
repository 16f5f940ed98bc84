/** Makes the PodIdentityAssociations of a ClusterPodIdentityAssociation, one in each namespace it selects. */
import type {
  ClusterPodIdentityAssociation,
  ClusterPodIdentityAssociationStatus,
} from "../api/cluster-pod-identity-association.ts";
import { API_VERSION } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Reconciler } from "../engine/reconciler.ts";
import { type NewCondition, setConditions } from "../plan/conditions.ts";
import { desired } from "../plan/desired.ts";
import { childSpec, type FanOut, fanOut } from "../plan/fan-out.ts";
import { fanOutConditions } from "../plan/fan-out-status.ts";
import { asFailure, type Failure, type Outcome } from "../plan/outcome.ts";
import { SETTLED } from "./result.ts";
import type { Made, SourceMode, SourcePorts } from "./source-ports.ts";

/** Written at once, so that a thousand namespaces do not keep the API server from others. */
const AT_ONCE = 10;

export class FanOutReconciler implements Reconciler {
  readonly name = "ClusterPodIdentityAssociation";
  readonly #ports: SourcePorts;
  readonly #mode: SourceMode;

  constructor(ports: SourcePorts, mode: SourceMode) {
    this.#ports = ports;
    this.#mode = mode;
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Outcome> {
    const object = this.#ports.templates.get(name);
    // The garbage collector takes what it owned.
    if (!object || object.metadata.deletionTimestamp) return SETTLED;
    const fault = this.#fault(object);
    if (fault) return this.#report(object, undefined, [fault]);
    const plan = fanOut(object, {
      namespaces: this.#ports.namespaces(),
      at: (namespace) => this.#ports.objects.get(`${namespace}/${name}`),
      all: this.#ports.objects.all(),
      operatorNamespace: this.#mode.operatorNamespace,
    });
    const failures = this.#mode.readOnly ? [] : await this.#carryOut(object, plan, signal);
    if (signal.aborted) return SETTLED;
    return this.#report(object, plan, failures);
  }

  /** What no child could carry out is refused here, before there is any. */
  #fault(object: ClusterPodIdentityAssociation): Failure | undefined {
    try {
      const anywhere = { namespace: "namespace", name: object.metadata.name };
      const surroundings = { ...this.#mode.fixed, awsManagedPolicies: undefined };
      desired(anywhere, childSpec(object), surroundings);
      return undefined;
    } catch (thrown) {
      return asFailure(thrown);
    }
  }

  /** One that fails does not hold the others up. */
  async #carryOut(
    object: ClusterPodIdentityAssociation,
    { missing, different, obsolete }: FanOut,
    signal: AbortSignal,
  ): Promise<readonly Failure[]> {
    const { children } = this.#ports;
    const steps = [
      ...obsolete.map((child) => () => children.delete(child as PodIdentityAssociation)),
      ...different.map(
        (child) => () =>
          children.replaceSpec(child as PodIdentityAssociation, childSpec(object), {}),
      ),
      ...missing.map((namespace) => () => children.create(manifest(object, namespace))),
    ];
    const failures: Failure[] = [];
    for (let next = 0; next < steps.length && !signal.aborted; next += AT_ONCE) {
      const some = steps.slice(next, next + AT_ONCE).map((step) => step());
      for (const result of await Promise.allSettled(some)) {
        if (result.status === "fulfilled") continue;
        const failure = asFailure(result.reason);
        // Somebody was faster, or the namespace is gone: the watch is about to show it.
        if (failure.reason !== "KubernetesConflict") failures.push(failure);
      }
    }
    if (steps.length > 0) {
      const counts = { made: missing.length, changed: different.length, deleted: obsolete.length };
      this.#ports.log.info("fanned out", { name: object.metadata.name, ...counts });
    }
    return failures;
  }

  async #report(
    object: ClusterPodIdentityAssociation,
    plan: FanOut | undefined,
    failures: readonly Failure[],
  ): Promise<Outcome> {
    const { templates, objects, clock } = this.#ports;
    const { name, generation = 0 } = object.metadata;
    const selected = plan?.selected ?? [];
    const children = selected.flatMap((namespace) => objects.get(`${namespace}/${name}`) ?? []);
    const seen = { plan, children, failures, readOnly: this.#mode.readOnly };
    const { conditions, ready } = fanOutConditions(seen);
    const status: ClusterPodIdentityAssociationStatus = {
      observedGeneration: generation,
      namespaces: selected.length,
      ready,
      summary: `${ready}/${selected.length}`,
      conditions: conditionsOf(object, conditions, clock.timestamp()),
    };
    await templates.patchStatus(templates.get(name) ?? object, status);
    const [failure] = failures;
    return failure ? { kind: "failed", failure } : SETTLED;
  }
}

function conditionsOf(
  { metadata, status }: ClusterPodIdentityAssociation,
  conditions: readonly NewCondition[],
  now: string,
) {
  const how = { generation: metadata.generation ?? 0, now, remove: ["Reconciling", "Stalled"] };
  return setConditions(status?.conditions ?? [], conditions, how);
}

/** Nothing of the template's own labels and annotations: GitOps tools know their objects by them. */
function manifest(object: ClusterPodIdentityAssociation, namespace: string): Made {
  const { name, uid = "" } = object.metadata;
  const owner = { apiVersion: API_VERSION, kind: "ClusterPodIdentityAssociation", name, uid };
  return {
    apiVersion: API_VERSION,
    kind: "PodIdentityAssociation",
    metadata: { namespace, name, ownerReferences: [{ ...owner, controller: true }] },
    spec: childSpec(object),
  };
}
