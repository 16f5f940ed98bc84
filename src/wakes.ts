/** Who is looked at again when something else changes: what an object waits for is seldom in the object itself. */
import type { PodIdentityAssociation } from "./api/pod-identity-association.ts";
import { type KubeObject, keyOf } from "./kube/object.ts";
import type { Watches } from "./watches.ts";

/** What keeps an object back here may be another object of its namespace. */
const AWAIT_OTHERS: ReadonlySet<string> = new Set([
  "DuplicateClaim",
  "TooManyRoles",
  "RoleInUse",
  "RoleNameConflict",
]);

/** @param enqueue somebody changed something and waits */
export function wakeOnChanges(watches: Watches, enqueue: (key: string) => void): void {
  const objects = watches.associations.store;
  const wake = (isConcerned: (object: PodIdentityAssociation) => boolean) => {
    for (const object of objects.values()) if (isConcerned(object)) enqueue(keyOf(object));
  };

  objects.subscribe((key, change, object) => {
    enqueue(key);
    // What it kept others from, they may have now: its ServiceAccount, its place among the namespace's roles.
    const { deletionTimestamp, namespace, name } = object.metadata;
    if (change !== "deleted" && !deletionTimestamp) return;
    wake((other) => {
      const isNeighbour = other.metadata.namespace === namespace && other.metadata.name !== name;
      return isNeighbour && AWAIT_OTHERS.has(reasonOf(other));
    });
  });

  watches.guardrails.store.subscribe((_, change, object, previous) => {
    // Its status is our own.
    const isNews = change !== "modified" || generationOf(object) !== generationOf(previous);
    if (isNews) wake(() => true);
  });

  watches.namespaces.store.subscribe((name, _, object, previous) => {
    if (isSameMetadata(object, previous)) return;
    wake(({ metadata }) => metadata.namespace === name);
  });

  watches.serviceAccounts.store.subscribe((key, _, object, previous) => {
    if (isSameMetadata(object, previous)) return;
    wake((one) => {
      const isIts = key === `${one.metadata.namespace}/${one.spec.serviceAccountName}`;
      return isIts && (isStalled(one) || one.spec.createServiceAccount);
    });
  });
}

function isStalled({ status }: PodIdentityAssociation): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === "Stalled" && is === "True",
  );
}

function reasonOf({ status }: PodIdentityAssociation): string {
  return status?.conditions?.find(({ type }) => type === "Ready")?.reason ?? "";
}

function generationOf(object: KubeObject | undefined): number | undefined {
  return object?.metadata.generation;
}

/** Their specs and status are not even kept. */
function isSameMetadata(object: KubeObject, previous: KubeObject | undefined): boolean {
  const textOf = ({ metadata: { labels, annotations } }: KubeObject) =>
    JSON.stringify([labels, annotations]);
  return previous !== undefined && textOf(object) === textOf(previous);
}
