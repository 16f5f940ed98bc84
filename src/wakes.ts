/** Who is looked at again when something else changes: what an object waits for is seldom in the object itself. */
import type { PodIdentityAssociation } from "./api/pod-identity-association.ts";
import { type KubeObject, keyOf } from "./kube/object.ts";
import type { Change } from "./kube/store.ts";
import type { Pods } from "./pods.ts";
import type { Watches } from "./watches.ts";

/** What keeps an object back here may be another object of its namespace. */
const AWAIT_OTHERS: ReadonlySet<string> = new Set([
  "DuplicateClaim",
  "TooManyRoles",
  "RoleInUse",
  "RoleNameConflict",
]);

export interface Wakes {
  /** Somebody changed something and waits. */
  readonly enqueue: (key: string) => void;
  /** A change among an object's pods: one of many, and nobody waits. */
  readonly touch: (key: string) => void;
  /** The object is no more. */
  readonly forget: (key: string) => void;
}

export function wakeOnChanges(
  watches: Watches,
  pods: Pick<Pods, "subscribe">,
  { enqueue, touch, forget }: Wakes,
): void {
  const objects = watches.associations.store;
  const claimants = new Claimants(objects.values());
  const wake = (isConcerned: (object: PodIdentityAssociation) => boolean) => {
    for (const object of objects.values()) if (isConcerned(object)) enqueue(keyOf(object));
  };

  objects.subscribe((key, change, object, previous) => {
    claimants.note(object, change);
    if (change === "deleted") forget(key);
    if (change === "added") wakeRivals(object);
    enqueue(key);
    if (!makesRoom(change, object, previous)) return;
    const { namespace, name } = object.metadata;
    wake((other) => {
      const isNeighbour = other.metadata.namespace === namespace && other.metadata.name !== name;
      return isNeighbour && awaitsOthers(other);
    });
  });

  /** It may be theirs no more. */
  const wakeRivals = ({ metadata, spec }: PodIdentityAssociation) => {
    for (const rival of claimants.of(`${metadata.namespace}/${spec.serviceAccountName}`)) {
      // Itself is woken below: a second look would cut short what the first one waits for.
      if (rival !== keyOf({ metadata })) enqueue(rival);
    }
  };

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
    for (const claimant of claimants.of(key)) {
      const one = objects.get(claimant);
      if (one && awaitsAccount(one)) enqueue(claimant);
    }
  });

  pods.subscribe((account) => {
    for (const claimant of claimants.of(account)) touch(claimant);
  });
}

/** Objects by the ServiceAccount they name: thousands of ServiceAccounts come at once. */
class Claimants {
  readonly #keys = new Map<string, Set<string>>();

  constructor(objects: Iterable<PodIdentityAssociation>) {
    for (const object of objects) this.note(object, "added");
  }

  note(object: PodIdentityAssociation, change: Change): void {
    const account = `${object.metadata.namespace}/${object.spec.serviceAccountName}`;
    const keys = this.#keys.get(account) ?? new Set();
    if (change === "deleted") keys.delete(keyOf(object));
    else keys.add(keyOf(object));
    if (keys.size > 0) this.#keys.set(account, keys);
    else this.#keys.delete(account);
  }

  of(account: string): Iterable<string> {
    return this.#keys.get(account) ?? [];
  }
}

/** What it kept others from, they may have now: its ServiceAccount, its role, its place among the namespace's roles. */
function makesRoom(
  change: Change,
  { metadata, spec }: PodIdentityAssociation,
  previous: PodIdentityAssociation | undefined,
): boolean {
  const gaveUpRole = previous?.spec.role !== undefined && spec.role === undefined;
  const leftRole = previous?.spec.roleArn !== undefined && spec.roleArn !== previous.spec.roleArn;
  return change === "deleted" || metadata.deletionTimestamp !== undefined || gaveUpRole || leftRole;
}

function awaitsOthers({ status }: PodIdentityAssociation): boolean {
  const conditions = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === "Ready")?.reason ?? "";
  const authorized = conditions.find(({ type }) => type === "Authorized");
  const isFrozenByCount = authorized?.message.startsWith("TooManyRoles") === true;
  return AWAIT_OTHERS.has(ready) || isFrozenByCount || status?.previousRoleName !== undefined;
}

/** Status may say that it is missing, or what keeps the object back may be in it. */
function awaitsAccount(object: PodIdentityAssociation): boolean {
  const { conditions = [] } = object.status ?? {};
  const isMissing = conditions.some(({ reason }) => reason === "ServiceAccountNotFound");
  return isMissing || isStalled(object) || object.spec.createServiceAccount;
}

function isStalled({ status }: PodIdentityAssociation): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === "Stalled" && is === "True",
  );
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
