/** The associations that an add-on owns: what EKS takes as `podIdentityAssociations`, and how the whole set is replaced. */
import { type Association, type Cluster, forPair, ownedBy, type World } from "../../world.ts";
import { addAssociation } from "../new-association.ts";
import type { Parameters } from "../parameters.ts";
import { badBody } from "../refusals.ts";
import { checkRole } from "../role-check.ts";
import type { Addon } from "./addon.ts";
import type { CatalogueVersion } from "./catalogue.ts";
import {
  identitiesUnsupported,
  identityExists,
  invalidAddon,
  unknownServiceAccount,
} from "./refusals.ts";

export interface AddonIdentity {
  readonly serviceAccount: string;
  readonly roleArn: string;
}

/** `undefined` where the member is absent: no change. An empty list: none. NV: texts of refusals. */
export function wantedIdentities(parameters: Parameters): readonly AddonIdentity[] | undefined {
  const list = parameters["podIdentityAssociations"] ?? undefined;
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw badBody("podIdentityAssociations must be a list");
  if (list.every(isIdentity)) return list;
  throw invalidAddon("podIdentityAssociations need a serviceAccount and a roleArn each", {});
}

function isIdentity(value: unknown): value is AddonIdentity {
  const { serviceAccount, roleArn } = (value ?? {}) as Partial<AddonIdentity>;
  return typeof serviceAccount === "string" && typeof roleArn === "string";
}

export function ownedAssociations(cluster: Cluster, addonArn: string): readonly Association[] {
  return cluster.associations.page({ group: ownedBy(addonArn), limit: Infinity }).items;
}

type SupportingVersion = Pick<CatalogueVersion, "version" | "podIdentity">;
type Owner = Pick<Addon, "name" | "arn" | "namespace">;

/**
 * Checks all of them before any is written.
 * @param version the one that the add-on has, or will have
 * @throws AwsError with the refusal of real EKS
 */
export function checkIdentities(
  world: World,
  cluster: Cluster,
  { owner, version, wanted }: WantedIdentities & { readonly version: SupportingVersion },
): void {
  const about = { clusterName: cluster.facts.name, addonName: owner.name };
  if (wanted.length > 0 && version.podIdentity.length === 0) {
    throw identitiesUnsupported(version.version, about);
  }
  const accounts = wanted.map(({ serviceAccount }) => serviceAccount);
  const stranger = accounts.find(
    (account) => !version.podIdentity.some(({ serviceAccount }) => serviceAccount === account),
  );
  if (stranger !== undefined) throw unknownServiceAccount(stranger, about);
  if (new Set(accounts).size < accounts.length) {
    throw invalidAddon("a service account may be given once only", about);
  }
  for (const { serviceAccount, roleArn } of wanted) {
    const existing = cluster.associations.firstOf(forPair(owner.namespace, serviceAccount));
    if (existing && existing.ownerArn !== owner.arn) {
      const answer = world.settings.unverified.addonIdentityExists;
      throw identityExists(existing.associationId, answer, about);
    }
    checkRole(world, roleArn);
  }
}

interface WantedIdentities {
  readonly owner: Owner;
  readonly wanted: readonly AddonIdentity[];
}

/** Makes the add-on's associations these and no others. Returns whether that changed any. */
export function replaceIdentities(
  world: World,
  cluster: Cluster,
  { owner, wanted }: WantedIdentities,
): boolean {
  const before = ownedAssociations(cluster, owner.arn);
  const stays = ({ serviceAccount, roleArn }: AddonIdentity, one: Association) =>
    one.serviceAccount === serviceAccount &&
    (world.settings.unverified.addonIdentityUpdate === "KeepsId" || one.roleArn === roleArn);
  for (const one of before) {
    if (!wanted.some((identity) => stays(identity, one))) {
      cluster.associations.delete(one.associationId);
    }
  }
  for (const identity of wanted) {
    const kept = before.find((one) => stays(identity, one));
    if (!kept) {
      const fresh = { ...identity, namespace: owner.namespace, ownerArn: owner.arn, tags: {} };
      addAssociation(world, cluster, { ...fresh, session: { disableSessionTags: false } });
    } else if (kept.roleArn !== identity.roleArn) {
      const changed = { ...kept, roleArn: identity.roleArn, modifiedAt: world.clock.now() };
      cluster.associations.set(kept.associationId, changed);
    }
  }
  return rolesOf(before) !== rolesOf(ownedAssociations(cluster, owner.arn));
}

const rolesOf = (associations: readonly Association[]) =>
  associations
    .map(({ associationId, roleArn }) => `${associationId} ${roleArn}`)
    .sort()
    .join("\n");
