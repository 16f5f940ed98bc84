/** Makes the ServiceAccount of an object that asks for it, when the association is there: no pod starts before. */
import { CREATED_BY_ANNOTATION } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { AssociationKey } from "../plan/resources.ts";
import type { ServiceAccountMetadata, ServiceAccounts } from "./ports.ts";

/** @returns what was done, in words */
export async function ensureServiceAccount(
  { spec, metadata, status }: PodIdentityAssociation,
  key: AssociationKey,
  serviceAccounts: ServiceAccounts,
): Promise<readonly string[]> {
  if (!spec.createServiceAccount) return [];
  const wanted = spec.serviceAccountMetadata ?? {};
  const found = serviceAccounts.get(key);
  if (!found) {
    // Refused if there is one after all, which then is not ours; nothing of the metadata has touched it.
    await serviceAccounts.create(key, { [CREATED_BY_ANNOTATION]: metadata.name });
    if (spec.serviceAccountMetadata) await serviceAccounts.apply(key, wanted);
    return [`created ServiceAccount ${key.serviceAccount}`];
  }
  // What has left the spec shows in its generation alone: others may have set labels of their own.
  const isSame = status?.observedGeneration === metadata.generation && isWithin(wanted, found);
  if (isSame || !isOurs(found, metadata.name)) return [];
  await serviceAccounts.apply(key, wanted);
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
  await serviceAccounts.delete(key);
  return [`deleted ServiceAccount ${key.serviceAccount}`];
}

/** One that was there before, Helm's for instance, does not carry our annotation. */
function isOurs({ annotations }: ServiceAccountMetadata, name: string): boolean {
  return annotations?.[CREATED_BY_ANNOTATION] === name;
}

function isWithin(wanted: ServiceAccountMetadata, found: ServiceAccountMetadata): boolean {
  const holds = (
    all: Readonly<Record<string, string>> = {},
    some: Readonly<Record<string, string>> = {},
  ) => Object.entries(some).every(([key, value]) => all[key] === value);
  return holds(found.labels, wanted.labels) && holds(found.annotations, wanted.annotations);
}
