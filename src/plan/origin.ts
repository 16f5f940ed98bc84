/** Who wrote a PodIdentityAssociation: a person, or the operator for an annotation or a ClusterPodIdentityAssociation. */
import { GROUP, SOURCE_ANNOTATION } from "../api/group.ts";
import type { OwnerReference } from "../api/object-meta.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";

export type Origin = "hand-written" | "annotation" | "fan-out";

/** Kinds of annotations, as guardrails name them. */
export type AnnotationKind = "PodIdentity" | "IRSA";

const ALL_KINDS: readonly AnnotationKind[] = ["PodIdentity", "IRSA"];

export function originOf(object: Pick<PodIdentityAssociation, "metadata">): Origin {
  const owner = sourceOf(object);
  if (!owner) return "hand-written";
  return owner.kind === "ServiceAccount" ? "annotation" : "fan-out";
}

/** The object that it was made for; `undefined`: it was written by hand. */
export function sourceOf({
  metadata,
}: Pick<PodIdentityAssociation, "metadata">): OwnerReference | undefined {
  return metadata.ownerReferences?.find(
    ({ controller, kind, apiVersion }) =>
      controller &&
      ((kind === "ServiceAccount" && apiVersion === "v1") ||
        (kind === "ClusterPodIdentityAssociation" && apiVersion.startsWith(`${GROUP}/`))),
  );
}

/** What a guardrail has to allow for it. One that does not say which annotation it is of needs both. */
export function annotationsOf(
  object: Pick<PodIdentityAssociation, "metadata">,
): readonly AnnotationKind[] {
  if (originOf(object) !== "annotation") return [];
  const said = object.metadata.annotations?.[SOURCE_ANNOTATION];
  const kind = ALL_KINDS.find((one) => one === said);
  return kind ? [kind] : ALL_KINDS;
}
