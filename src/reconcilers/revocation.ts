/**
 * Deletes the association of an object that is allowed no more, where all guardrails of its namespace say
 * Revoke. A guardrail may be replaced in two steps, or be seen late: it must be found so twice.
 */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Desired } from "../plan/desired.ts";
import { Failure } from "../plan/outcome.ts";
import { ownership } from "../plan/ownership.ts";
import type { Result } from "./announce.ts";
import { apply } from "./apply.ts";
import { readAssociation } from "./observe.ts";
import { keyOf, type Ports } from "./ports.ts";

export class Revocation {
  readonly #ports: Pick<Ports, "aws" | "clock">;
  readonly #afterMs: number;
  /** When an object was first found so. */
  readonly #foundAt = new Map<string, number>();

  constructor(
    ports: Pick<Ports, "aws" | "clock">,
    { revokeAfterMs }: { readonly revokeAfterMs: number },
  ) {
    this.#ports = ports;
    this.#afterMs = revokeAfterMs;
  }

  /** It is allowed (again). */
  forget(object: PodIdentityAssociation): void {
    this.#foundAt.delete(keyOf(object));
  }

  /** What differs from leaving it as it is. */
  async revoke(
    object: PodIdentityAssociation,
    { key, owner }: Desired,
    failure: Failure,
  ): Promise<Partial<Result>> {
    const { aws, clock } = this.#ports;
    const foundAt = this.#foundAt.get(keyOf(object));
    const left =
      foundAt === undefined ? this.#afterMs : foundAt + this.#afterMs - clock.monotonic();
    if (foundAt === undefined) this.#foundAt.set(keyOf(object), clock.monotonic());
    if (left > 0) {
      const { reason, message } = failure;
      const again = new Failure(reason, message, { kind: "after", ms: Math.ceil(left) });
      return { outcome: { kind: "failed", failure: again } };
    }
    const association = await readAssociation(key, aws);
    const tags = association?.details?.tags ?? {};
    if (!association || ownership(tags, owner).kind !== "ours") return { isFrozen: false };
    const observed = { role: undefined, formerRoles: [], association };
    await apply({ type: "DeleteAssociation", id: association.id }, observed, aws, key);
    return {
      isFrozen: false,
      observed: { ...observed, association: undefined },
      changes: [`deleted association ${association.id}, which is allowed no more`],
      changed: "Revoked",
    };
  }
}
