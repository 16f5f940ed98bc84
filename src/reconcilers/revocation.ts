/**
 * Deletes the association of an object that is allowed no more, where all guardrails of its namespace say
 * Revoke. A guardrail may be replaced in two steps, or be seen late: it must be found so twice.
 */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Desired } from "../plan/desired.ts";
import { isOurs } from "../plan/ownership.ts";
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
    const { aws } = this.#ports;
    // Nothing was made for it, or it was revoked before.
    const id = object.status?.associationId;
    if (id === undefined && typeof aws.inventory.association(key) !== "object") return {};
    const leftMs = this.#leftMs(object);
    if (leftMs > 0) return { checkAfterMs: leftMs };
    // The id leads there even while lists lag behind.
    const noted = id === undefined ? undefined : await aws.associations.describe(id);
    const association = noted ?? (await readAssociation(key, aws));
    const observed = { role: undefined, formerRoles: [], association };
    const tags = association?.details?.tags ?? {};
    if (!association || !isOurs(tags, owner)) {
      return id === undefined ? {} : { changes: [], changed: "Revoked" };
    }
    await apply({ type: "DeleteAssociation", id: association.id }, observed, aws, key);
    const done = `deleted association ${association.id}, which is allowed no more`;
    return { changes: [done], changed: "Revoked" };
  }

  #leftMs({ metadata: { uid = "" } }: PodIdentityAssociation): number {
    const now = this.#ports.clock.monotonic();
    const foundAt = this.#foundAt.get(uid) ?? now;
    this.#foundAt.set(uid, foundAt);
    return Math.ceil(foundAt + this.#afterMs - now);
  }
}
