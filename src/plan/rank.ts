/** The place of an object among those of its namespace that have a role: guardrails count them. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";

/** From 1; the oldest comes first, then the first by name. */
export function rankOf(
  object: PodIdentityAssociation,
  all: Iterable<PodIdentityAssociation>,
): number {
  let rank = 1;
  for (const other of all) {
    if (other.metadata.namespace !== object.metadata.namespace || !other.spec.role) continue;
    if (other.metadata.name !== object.metadata.name && comesBefore(other, object)) rank += 1;
  }
  return rank;
}

type Dated = Pick<PodIdentityAssociation, "metadata">;

/** By creation, then by name: whoever restores a backup keeps the order. */
export function comesBefore(one: Dated, other: Dated): boolean {
  const [a, b] = [one.metadata.creationTimestamp ?? "", other.metadata.creationTimestamp ?? ""];
  return a === b ? one.metadata.name < other.metadata.name : a < b;
}
