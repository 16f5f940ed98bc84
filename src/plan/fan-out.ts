/** Which PodIdentityAssociations a ClusterPodIdentityAssociation makes, changes and takes away. */
import type { ClusterPodIdentityAssociation } from "../api/cluster-pod-identity-association.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { type Namespace, selects } from "./guardrail.ts";
import { hashOf } from "./hash.ts";
import { sourceOf } from "./origin.ts";

export type Child = Pick<PodIdentityAssociation, "metadata" | "spec" | "status">;

export interface FanOut {
  /** Names of the namespaces that are selected. */
  readonly selected: readonly string[];
  /** Namespaces that have none yet. */
  readonly missing: readonly string[];
  /** Whose spec is not the template's. */
  readonly different: readonly Child[];
  /** In namespaces that are not selected (any more). */
  readonly obsolete: readonly Child[];
  /** Of the same name, but not its own: "namespace/name". */
  readonly foreign: readonly string[];
}

export interface Cluster {
  readonly namespaces: Iterable<Namespace>;
  /** The PodIdentityAssociation of that name in a namespace. */
  readonly at: (namespace: string) => Child | undefined;
  readonly all: Iterable<Child>;
  /** "" if it is not known. */
  readonly operatorNamespace: string;
}

export function fanOut(object: ClusterPodIdentityAssociation, cluster: Cluster): FanOut {
  const { namespaceSelector } = object.spec;
  const template = hashOf(childSpec(object));
  const selected = namespacesOf(namespaceSelector, cluster);
  const seen = selected.map((namespace) => ({ namespace, child: cluster.at(namespace) }));
  const own = seen.flatMap(({ child }) => (child && isOwn(child, object) ? [child] : []));
  const wanted = new Set(selected);
  return {
    selected,
    missing: seen.filter(({ child }) => !child).map(({ namespace }) => namespace),
    different: own.filter(
      ({ metadata, spec }) => !metadata.deletionTimestamp && hashOf(spec) !== template,
    ),
    obsolete: [...cluster.all].filter(
      (child) =>
        isOwn(child, object) &&
        !child.metadata.deletionTimestamp &&
        !wanted.has(child.metadata.namespace ?? ""),
    ),
    foreign: seen
      .filter(({ child }) => child && !isOwn(child, object))
      .map(({ namespace }) => `${namespace}/${object.metadata.name}`),
  };
}

/** The template: the API server has put the same defaults into it that it would put into the child. */
export function childSpec({ spec }: ClusterPodIdentityAssociation): PodIdentityAssociation["spec"] {
  const { namespaceSelector: _, ...template } = spec;
  return template;
}

function namespacesOf(
  namespaceSelector: ClusterPodIdentityAssociation["spec"]["namespaceSelector"],
  { namespaces, operatorNamespace }: Cluster,
): readonly string[] {
  return [...namespaces]
    .filter((namespace) => selects({ spec: { namespaceSelector } }, namespace, operatorNamespace))
    .map(({ name }) => name)
    .toSorted();
}

/** By UID: a namesake that was made since does not own the children of the former. */
function isOwn(child: Child, { metadata }: ClusterPodIdentityAssociation): boolean {
  return sourceOf(child)?.uid === metadata.uid;
}
