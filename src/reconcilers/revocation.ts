/**
 * Deletes the association of an object that is allowed no more, where all guardrails of its namespace say
 * Revoke. A guardrail may be replaced in two steps, or be seen late: it must be found so twice.
 */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Desired } from "../plan/desired.ts";
import { ownership } from "../plan/ownership.ts";
import { apply } from "./apply.ts";
import { readAssociation } from "./observe.ts";
import type { Ports } from "./ports.ts";
import type { Result } from "./result.ts";

export class Revocation {
  readonly #ports: Pick<Ports, "aws" | "clock">;
  readonly #afterMs: number;
  /** When an object, by its UID, was first found so. */
  readonly #foundAt = new Map<string, number>();

  constructor(
    ports: Pick<Ports, "aws" | "clock">,
    { revokeAfterMs }: { readonly revokeAfterMs: number },
  ) {
    this.#ports = ports;
    this.#afterMs = revokeAfterMs;
  }

  /** It is allowed (again), or nobody knows. */
  forget(object: PodIdentityAssociation): void {
    this.#foundAt.delete(object.metadata.uid ?? "");
  }

  /** What differs from leaving it as it is. */
  async revoke(object: PodIdentityAssociation, { key, owner }: Desired): Promise<Partial<Result>> {
    const { aws, clock } = this.#ports;
    // Nothing was made for it, or it was revoked before.
    if (object.status?.associationId === undefined) return {};
    const foundAt = this.#foundAt.get(object.metadata.uid ?? "") ?? clock.monotonic();
    this.#foundAt.set(object.metadata.uid ?? "", foundAt);
    const leftMs = Math.ceil(foundAt + this.#afterMs - clock.monotonic());
    if (leftMs > 0) return { checkAfterMs: leftMs };
    const association = await readAssociation(key, aws);
    const observed = { role: undefined, formerRoles: [], association };
    const tags = association?.details?.tags ?? {};
    if (!association || ownership(tags, owner).kind !== "ours") {
      return { changes: [], changed: "Revoked" };
    }
    await apply({ type: "DeleteAssociation", id: association.id }, observed, aws, key);
    const done = `deleted association ${association.id}, which is allowed no more`;
    return { changes: [done], changed: "Revoked" };
  }
}
