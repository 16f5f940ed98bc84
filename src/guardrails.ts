/** Guardrails as the operator applies them, and their status: how many objects each allows and refuses. */
import type { PodIdentityGuardrail } from "./api/pod-identity-guardrail.ts";
import type { Objects } from "./kube/objects.ts";
import type { Store } from "./kube/store.ts";
import { setConditions } from "./plan/conditions.ts";
import { type Guardrail, guardrailOf } from "./plan/guardrail.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import type { Tally } from "./reconcilers/authorization.ts";

export class Guardrails {
  readonly #store: Pick<Store<PodIdentityGuardrail>, "values">;
  readonly #cluster: ClusterFacts;
  /** Each is read once, not once for each object. */
  readonly #read = new WeakMap<PodIdentityGuardrail, Guardrail>();
  /** What the status was last written for. */
  #reported = "";

  constructor(store: Pick<Store<PodIdentityGuardrail>, "values">, cluster: ClusterFacts) {
    this.#store = store;
    this.#cluster = cluster;
  }

  all(): readonly Guardrail[] {
    return [...this.#store.values()].map((object) => this.#of(object));
  }

  /**
   * Writes what has changed.
   *
   * @param keys of all objects that count; while some of them have not been judged, counts stay as they are
   */
  async writeStatus(
    objects: Pick<Objects<PodIdentityGuardrail>, "patchStatus">,
    {
      tally,
      keys,
      now,
    }: {
      readonly tally: Tally;
      readonly keys: ReadonlySet<string>;
      /** RFC 3339, in seconds. */
      readonly now: string;
    },
  ): Promise<void> {
    const all = [...this.#store.values()];
    const version = [
      tally.version,
      keys.size,
      ...all.map(({ metadata }) => metadata.resourceVersion),
    ];
    if (version.join() === this.#reported) return;
    const counts = tally.counts(keys);
    const written = await Promise.allSettled(
      all.map((object) => {
        // Not all have been judged: what was counted before stays.
        const { allowed, refused } = object.status ?? {};
        const count = counts
          ? (counts.get(object.metadata.name) ?? { allowed: 0, refused: 0 })
          : { allowed, refused };
        return objects.patchStatus(object, this.#status(object, count, now));
      }),
    );
    for (const result of written) if (result.status === "rejected") throw result.reason;
    if (counts) this.#reported = version.join();
  }

  #of(object: PodIdentityGuardrail): Guardrail {
    const known = this.#read.get(object) ?? guardrailOf(object, this.#cluster);
    this.#read.set(object, known);
    return known;
  }

  #status(
    object: PodIdentityGuardrail,
    counts: { readonly allowed?: number | undefined; readonly refused?: number | undefined },
    now: string,
  ): NonNullable<PodIdentityGuardrail["status"]> {
    const { generation = 0 } = object.metadata;
    const { fault } = this.#of(object);
    const ready = fault
      ? ({ status: "False", reason: fault.reason, message: fault.message } as const)
      : ({
          status: "True",
          reason: "Enforced",
          message: "it is asked before every change",
        } as const);
    const stalled = fault
      ? [{ type: "Stalled", status: "True", reason: fault.reason, message: fault.message } as const]
      : [];
    const conditions = setConditions(
      object.status?.conditions ?? [],
      [{ type: "Ready", ...ready }, ...stalled],
      { generation, now, remove: ["Stalled"] },
    );
    return { observedGeneration: generation, conditions, ...counts };
  }
}
