/** What an EKSAddon wants of AWS, once its version is resolved. */
import type { EksAddonSpec } from "../api/eks-addon.ts";
import type { ResolveConflicts } from "./actions.ts";
import {
  type DesiredIdentity,
  desiredIdentities,
  type IdentityRequest,
} from "./addon-identities.ts";
import { hashOf } from "./hash.ts";
import { Failure } from "./outcome.ts";
import { addonResource, type Owner, ownershipTags } from "./ownership.ts";
import { isDeeperThan } from "./policy-shape.ts";
import type { Tags } from "./resources.ts";
import type { Surroundings } from "./surroundings.ts";

export interface DesiredAddon {
  readonly owner: Owner;
  readonly name: string;
  readonly version: string;
  /** Asked for when it is installed; `undefined`: EKS's own choice. */
  readonly namespace: string | undefined;
  /** JSON; `undefined`: it stays as it is. */
  readonly configuration: string | undefined;
  readonly resolveConflicts: ResolveConflicts;
  /** Of the add-on and of the associations that it causes. */
  readonly tags: Tags;
  /** `undefined`: they stay as they are. `[]`: all go. */
  readonly identities: readonly DesiredIdentity[] | undefined;
  readonly manageRoles: boolean;
  readonly adopts: boolean;
}

/** More than any add-on's schema has levels, and little enough to walk. */
const CONFIGURATION_DEPTH = 50;

const RESOLVE: Readonly<Record<EksAddonSpec["resolveConflicts"], ResolveConflicts>> = {
  None: "NONE",
  Overwrite: "OVERWRITE",
  Preserve: "PRESERVE",
};

/** @throws Failure with what the user has to change */
export function desiredAddon(
  spec: EksAddonSpec,
  request: Omit<IdentityRequest, "owner">,
): DesiredAddon {
  const { surroundings, objectName, version } = request;
  const owner = addonOwner(objectName, surroundings);
  return {
    owner,
    name: spec.addonName,
    version,
    namespace: spec.namespace,
    configuration: configurationText(spec.configurationValues),
    resolveConflicts: RESOLVE[spec.resolveConflicts],
    tags: { ...spec.tags, ...ownershipTags(owner) },
    identities: desiredIdentities(spec, { ...request, owner }),
    manageRoles: surroundings.manageRoles,
    adopts: spec.adoptionPolicy === "Addon",
  };
}

export function addonOwner(
  objectName: string,
  { cluster, installation }: Pick<Surroundings, "cluster" | "installation">,
): Owner {
  return { clusterArn: cluster.arn, installation, resource: addonResource(objectName) };
}

function configurationText(values: EksAddonSpec["configurationValues"]): string | undefined {
  if (values === undefined) return undefined;
  if (!isDeeperThan(CONFIGURATION_DEPTH, values)) return JSON.stringify(values);
  throw new Failure(
    "ConfigurationInvalid",
    `configurationValues is nested more than ${CONFIGURATION_DEPTH} deep, no add-on takes that`,
    { kind: "never" },
  );
}

/** Whether EKS has the configuration that is wanted, whatever its form. A text that is no JSON is another one. */
export function isSameConfiguration(wanted: string, found: string | undefined): boolean {
  const [a, b] = [wanted, found === undefined || found.trim() === "" ? "{}" : found].map(meaningOf);
  return a === b;
}

function meaningOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeperThan(CONFIGURATION_DEPTH, value) ? text : hashOf(value);
  } catch {
    return text;
  }
}
