/** EFFECTIVE_PROBE=DryRun: Ready waits until a pod that is only tried comes back with the credentials. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { podFacts } from "../plan/pod.ts";
import type { AssociationKey } from "../plan/resources.ts";
import type { Ports } from "./ports.ts";

/** In a row: the API servers of a cluster learn of an association one after the other. */
const ENOUGH = 2;

interface Tried {
  readonly associationId: string;
  readonly passes: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export class Probe {
  readonly #ports: Ports;
  /** Between two tries, in milliseconds. */
  readonly #everyMs: number;
  /** By the UID of the object. */
  readonly #tried = new Map<string, Tried>();

  constructor(ports: Ports, everyMs: number) {
    this.#ports = ports;
    this.#everyMs = everyMs;
  }

  forget({ metadata: { uid = "" } }: PodIdentityAssociation): void {
    this.#tried.delete(uid);
  }

  /** Since when pods are known to get the credentials; milliseconds since the epoch. */
  provenAt({ metadata: { uid = "" } }: PodIdentityAssociation): number | undefined {
    const tried = this.#tried.get(uid);
    return tried && tried.passes >= ENOUGH ? tried.at : undefined;
  }

  /** @returns what is to be waited for; `undefined` once nothing is */
  async check(
    object: PodIdentityAssociation,
    key: AssociationKey,
    associationId: string,
  ): Promise<Outcome | undefined> {
    const { uid = "" } = object.metadata;
    const before = this.#tried.get(uid);
    const known = before?.associationId === associationId ? before : undefined;
    if (known && known.passes >= ENOUGH) return undefined;
    // It was proven before this process began; an edit of the spec does not make pods lose it.
    if (!known && wasReady(object, associationId)) return undefined;
    // Without its ServiceAccount no pod can exist, tried or real; whoever makes it may wait for Ready.
    if (!this.#ports.serviceAccounts.get(key)) return undefined;
    try {
      const pod = await this.#ports.dryRunPod(key);
      const isInjected = podFacts(pod)?.injection === "injected";
      const passes = isInjected ? (known?.passes ?? 0) + 1 : 0;
      const at = Date.parse(this.#ports.clock.timestamp());
      this.#tried.set(uid, { associationId, passes, at });
      return passes >= ENOUGH ? undefined : this.#notYet();
    } catch (thrown) {
      return { kind: "failed", failure: refusalOf(asFailure(thrown)) };
    }
  }

  #notYet(): Outcome {
    return {
      kind: "waiting",
      reason: "AssociationPropagating",
      message: "the association is made; waiting until new pods really get its credentials",
      checkAfterMs: this.#everyMs,
    };
  }
}

function wasReady({ status }: PodIdentityAssociation, associationId: string): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return status?.associationId === associationId && ready?.status === "True";
}

/** RBAC, a quota, a pod security standard: none of them goes away by itself, and none may look like a wait. */
function refusalOf(failure: Failure): Failure {
  if (!["KubernetesForbidden", "KubernetesRefused"].includes(failure.reason)) return failure;
  return new Failure(
    "ProbeRefused",
    `role and association are made, but no pod may be tried to see that it gets the credentials: ${failure.message}; allow it (config/probe has the operator's right to it), or set EFFECTIVE_PROBE=Off`,
    { kind: "sweep" },
    { cause: failure },
  );
}
