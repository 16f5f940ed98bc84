/** What a ServiceAccount's annotations ask for: which role, by which of them, and what is to be said of the others. */
import { IRSA_ANNOTATION, OWN_ROLE_ANNOTATION, ROLE_ANNOTATION } from "../api/group.ts";
import { hashOf } from "./hash.ts";
import type { AnnotationKind } from "./origin.ts";

type Annotations = Readonly<Record<string, string>>;

export interface AnnotatedRole {
  readonly kind: AnnotationKind;
  /** As it is written, with its placeholders. */
  readonly roleArn: string;
  /** "pod-identity.eks.amazonaws.com/role" */
  readonly annotation: string;
  /** What the user should know: one annotation stands against another. */
  readonly note: string | undefined;
}

const NAMES = [ROLE_ANNOTATION, OWN_ROLE_ANNOTATION, IRSA_ANNOTATION];

export function isAnnotated(annotations: Annotations | undefined): boolean {
  return NAMES.some((name) => annotations?.[name] !== undefined);
}

/**
 * Those of EKS Pod Identity win over IRSA's, where several are there.
 *
 * @param readsIrsa a guardrail of the namespace says so; else EKS alone reads that one
 */
export function annotatedRole(
  annotations: Annotations | undefined,
  { readsIrsa }: { readonly readsIrsa: boolean },
): AnnotatedRole | undefined {
  const given = NAMES.filter((name) => name !== IRSA_ANNOTATION || readsIrsa).flatMap((name) => {
    const roleArn = annotations?.[name];
    return roleArn === undefined ? [] : [{ annotation: name, roleArn }];
  });
  const [first, ...others] = given;
  if (!first) return undefined;
  const contrary = others.filter(({ roleArn }) => roleArn !== first.roleArn);
  const note =
    contrary.length === 0
      ? undefined
      : `annotation ${first.annotation} counts, not ${contrary.map(({ annotation }) => annotation).join(" and ")}, which name${contrary.length === 1 ? "s" : ""} another role`;
  return { ...first, kind: first.annotation === IRSA_ANNOTATION ? "IRSA" : "PodIdentity", note };
}

const NAME_MAX = 63;
const HASH_LENGTH = 10;

/** Name of the PodIdentityAssociation that is made for a ServiceAccount's annotation. */
export function annotationChildName(serviceAccount: string): string {
  const name = `sa-${serviceAccount}`;
  if (name.length <= NAME_MAX) return name;
  const hash = hashOf(serviceAccount).slice(0, HASH_LENGTH);
  // A name may not end with a dot before the hash.
  return `${name.slice(0, NAME_MAX - HASH_LENGTH - 1).replace(/[.-]+$/, "")}-${hash}`;
}
