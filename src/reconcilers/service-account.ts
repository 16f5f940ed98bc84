/** Makes the ServiceAccount of an object that asks for it, when the association is there: no pod starts before. */
import { CREATED_BY_ANNOTATION, METADATA_HASH_ANNOTATION } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { hashOf } from "../plan/hash.ts";
import { asFailure, Failure } from "../plan/outcome.ts";
import type { AssociationKey } from "../plan/resources.ts";
import type { Ports, ServiceAccount } from "./ports.ts";

type ServiceAccounts = Omit<Ports["serviceAccounts"], "namesIn">;

/** @returns what was done, in words */
export async function ensureServiceAccount(
  { spec, metadata }: PodIdentityAssociation,
  key: AssociationKey,
  serviceAccounts: ServiceAccounts,
): Promise<readonly string[]> {
  if (!spec.createServiceAccount) return [];
  const { labels = {}, annotations = {} } = spec.serviceAccountMetadata ?? {};
  // What has left the spec shows in the hash alone: others may have set labels of their own.
  const hash = hashOf({ labels, annotations });
  const wanted = { labels, annotations: { ...annotations, [METADATA_HASH_ANNOTATION]: hash } };
  const mark = { [CREATED_BY_ANNOTATION]: metadata.name };
  const found = serviceAccounts.get(key);
  if (!found) {
    const uid = await permitted(serviceAccounts.create(key, mark));
    if (uid === undefined) return [];
    if (spec.serviceAccountMetadata) await permitted(serviceAccounts.apply(key, uid, wanted));
    return [`created ServiceAccount ${key.serviceAccount}`];
  }
  const isSame = spec.serviceAccountMetadata
    ? isWithin(wanted, found)
    : found.annotations?.[METADATA_HASH_ANNOTATION] === undefined;
  if (isSame || !isOurs(found, metadata.name)) return [];
  const asked = spec.serviceAccountMetadata ? wanted : {};
  await permitted(serviceAccounts.apply(key, found.uid, asked));
  return [`set labels and annotations of ServiceAccount ${key.serviceAccount}`];
}

/** @returns what was done, in words */
export async function removeServiceAccount(
  { spec, metadata }: PodIdentityAssociation,
  key: AssociationKey,
  serviceAccounts: ServiceAccounts,
): Promise<readonly string[]> {
  const found = serviceAccounts.get(key);
  if (!spec.createServiceAccount || !found || !isOurs(found, metadata.name)) return [];
  await permitted(serviceAccounts.delete(key, found.uid));
  return [`deleted ServiceAccount ${key.serviceAccount}`];
}

/** The right to write ServiceAccounts may be left out. @throws Failure that says where it is */
async function permitted<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (thrown) {
    const { reason, message, retry } = asFailure(thrown);
    if (reason !== "KubernetesForbidden") throw thrown;
    const remedy =
      "apply config/rbac/create-service-accounts.yaml, or set createServiceAccount: false";
    throw new Failure(reason, `${message}; ${remedy}`, retry, { cause: thrown });
  }
}

/** One that was there before, Helm's for instance, does not carry our annotation. */
function isOurs({ annotations }: ServiceAccount, name: string): boolean {
  return annotations?.[CREATED_BY_ANNOTATION] === name;
}

type Metadata = Omit<ServiceAccount, "uid">;

function isWithin(wanted: Metadata, found: Metadata): boolean {
  const holds = (
    all: Readonly<Record<string, string>> = {},
    some: Readonly<Record<string, string>> = {},
  ) => Object.entries(some).every(([key, value]) => all[key] === value);
  return holds(found.labels, wanted.labels) && holds(found.annotations, wanted.annotations);
}
