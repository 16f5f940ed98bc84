/** The names that users, AWS and other tools see: API group, finalizer, labels, annotations, tag keys. */
export const GROUP = "podidentity.io";
export const VERSION = "v1alpha1";
export const API_VERSION: string = `${GROUP}/${VERSION}`;

/** Kept on an object until everything made for it in AWS is gone. */
export const FINALIZER: string = `${GROUP}/aws`;

/** Tags on every role and association we make, written in the call that creates it. */
export const OWNER_TAG: string = `${GROUP}/owner`;
export const INSTALLATION_TAG: string = `${GROUP}/installation`;
export const RESOURCE_TAG: string = `${GROUP}/resource`;
/** Replaces the owner tag of what `deletionPolicy: Retain` left behind. */
export const RETAINED_TAG: string = `${GROUP}/retained-from`;

/**
 * On a role that all clusters of the account share, which nobody owns: "pending" while it is being made,
 * then "true". From then on no operator changes it.
 */
export const SHARED_TAG: string = `${GROUP}/shared`;

/** On a ServiceAccount that we made: the name of the object that asked for it. */
export const CREATED_BY_ANNOTATION: string = `${GROUP}/created-by`;

/** On a ServiceAccount that we made: hash of the labels and annotations that its object asks for. */
export const METADATA_HASH_ANNOTATION: string = `${GROUP}/metadata-hash`;

/** On a PodIdentityAssociation that we made for an annotation: which one it was. */
export const SOURCE_ANNOTATION: string = `${GROUP}/source`;

/** On a ServiceAccount: the role it asks for. No AWS component reads any of these but the last, which is IRSA's. */
export const ROLE_ANNOTATION = "pod-identity.eks.amazonaws.com/role";
export const OWN_ROLE_ANNOTATION: string = `${GROUP}/role`;
export const IRSA_ANNOTATION = "eks.amazonaws.com/role-arn";

/** On a pod template: makes all of its pods anew. The very key that `kubectl rollout restart` uses. */
export const RESTARTED_ANNOTATION = "kubectl.kubernetes.io/restartedAt";

/** On a pod template that we had restarted: id of the association that its pods came too early for. */
export const ASSOCIATION_ANNOTATION: string = `${GROUP}/restarted-for`;

/** The principal that a role must trust, and what it must be allowed to do. */
export const POD_IDENTITY_PRINCIPAL = "pods.eks.amazonaws.com";

/** The six session tags EKS sends with every session; a role tag of the same key would pose as one of them. */
export const SESSION_TAG_KEYS: readonly string[] = [
  "eks-cluster-arn",
  "eks-cluster-name",
  "kubernetes-namespace",
  "kubernetes-service-account",
  "kubernetes-pod-name",
  "kubernetes-pod-uid",
];
