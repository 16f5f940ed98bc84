/** Who asks for associations other than by writing one, and what wakes them: annotations, and templates of many. */
import type { PodIdentityAssociation } from "./api/pod-identity-association.ts";
import type { KubeObject } from "./kube/object.ts";
import { isAnnotated } from "./plan/annotations.ts";
import { sourceOf } from "./plan/origin.ts";
import type { Watches } from "./watches.ts";

export interface SourceQueues {
  /** A ServiceAccount, "namespace/name". */
  readonly annotation: (key: string) => void;
  /** A ClusterPodIdentityAssociation changed, and somebody waits. */
  readonly template: (name: string) => void;
  /** Something that it is about has changed, one of many things perhaps. */
  readonly touchTemplate: (name: string) => void;
}

/** All are looked at once, and then again whenever something changes that they depend on. */
export function wakeSources(watches: Watches, queues: SourceQueues): void {
  const { serviceAccounts, namespaces, guardrails, templates, associations } = watches;
  const annotated = (isConcerned: (account: KubeObject) => boolean) => {
    for (const [key, account] of serviceAccounts.store.entries()) {
      if (asks(account) && isConcerned(account)) queues.annotation(key);
    }
  };
  const touchTemplates = () => {
    for (const name of templates.store.keys()) queues.touchTemplate(name);
  };

  serviceAccounts.store.subscribe((key, _, account, previous) => {
    if (asks(account) || (previous && asks(previous))) queues.annotation(key);
  });

  templates.store.subscribe((name, change, object, previous) => {
    const isNews = object.metadata.generation !== previous?.metadata.generation;
    if (change !== "deleted" && isNews) queues.template(name);
  });

  associations.store.subscribe((_, change, object, previous) => {
    // Its namesake may have stood in somebody's way.
    if (change === "deleted") queues.touchTemplate(object.metadata.name);
    for (const name of ownersOf("ServiceAccount", object, previous)) {
      queues.annotation(`${object.metadata.namespace}/${name}`);
    }
  });

  // What we write to their status ourselves is what a template counts.
  associations.store.witness((_, __, object, previous) => {
    for (const name of ownersOf("ClusterPodIdentityAssociation", object, previous)) {
      queues.touchTemplate(name);
    }
  });

  namespaces.store.subscribe((name) => {
    touchTemplates();
    annotated(({ metadata }) => metadata.namespace === name);
  });

  guardrails.store.subscribe((_, change, object, previous) => {
    const isNews = object.metadata.generation !== previous?.metadata.generation;
    if (change === "deleted" || isNews) annotated(() => true);
  });

  annotated(() => true);
  for (const name of templates.store.keys()) queues.template(name);
}

function asks({ metadata }: KubeObject): boolean {
  return isAnnotated(metadata.annotations);
}

/** Those that it is or was made for. */
function ownersOf(
  kind: string,
  object: PodIdentityAssociation,
  previous: PodIdentityAssociation | undefined,
): ReadonlySet<string> {
  const owners = [object, previous].flatMap((one) => (one && sourceOf(one)) ?? []);
  return new Set(owners.filter((owner) => owner.kind === kind).map(({ name }) => name));
}
