/** Takes an add-on away with its object, or lets go of it: the add-on first, and when it is gone its own roles. */
import type { EksAddon } from "../api/eks-addon.ts";
import type { AnyAction } from "../plan/actions.ts";
import { type ObservedAddon, roleKey } from "../plan/addon.ts";
import { addonOwner } from "../plan/addon-desired.ts";
import { ownRoleName } from "../plan/addon-identities.ts";
import { addonFailure, busyWith } from "../plan/addon-state.ts";
import { addonStatusOf } from "../plan/addon-status.ts";
import { addonTeardown } from "../plan/addon-teardown.ts";
import { parseRoleArn } from "../plan/names.ts";
import { Failure, type Outcome } from "../plan/outcome.ts";
import { isOurs, type Owner } from "../plan/ownership.ts";
import type { ObservedRole } from "../plan/resources.ts";
import type { Moment } from "../plan/status.ts";
import { inWords } from "../plan/words.ts";
import type { AddonPace } from "./addon-pace.ts";
import type { AddonMode, AddonPorts } from "./addon-ports.ts";
import { isPlain, sendStep } from "./addon-step.ts";
import { leave } from "./leaving.ts";
import { checkUnused, freshRole, IN_USE_CHECK_MS, rolesLeft } from "./own-roles.ts";

export interface AddonDeparture {
  readonly ports: AddonPorts;
  readonly mode: AddonMode;
  readonly pace: AddonPace;
  readonly moment: Moment;
  readonly signal: AbortSignal;
}

interface Leaving extends AddonDeparture {
  readonly object: EksAddon;
  readonly us: Owner;
  /** In words, in order. */
  readonly changes: string[];
}

const DELETION = { deletes: true };

export function tearDownAddon(object: EksAddon, how: AddonDeparture): Promise<Outcome> {
  const { ports, mode, moment, signal } = how;
  const us = addonOwner(object.metadata.name, mode.fixed);
  const leaving: Leaving = { ...how, object, us, changes: [] };
  const { objects, events, log, isUninstalled } = ports;
  return leave({
    object,
    objects,
    events,
    log,
    moment,
    signal,
    readOnly: mode.readOnly,
    retains: object.spec.deletionPolicy === "Retain",
    isUninstalled,
    changes: leaving.changes,
    takeAway: () => takeAway(leaving),
    statusWhile: (outcome) => {
      const status = addonStatusOf(object.status, { outcome }, moment);
      const isDeleting = outcome.kind === "waiting" && outcome.reason === "AddonDeleting";
      return isDeleting ? { ...status, addonStatus: "DELETING" } : status;
    },
  });
}

async function takeAway(leaving: Leaving): Promise<Outcome> {
  const { object, ports, mode, us, changes } = leaving;
  const addon = await ports.addons.describe(object.spec.addonName);
  const open = addon && (await takeAddon(leaving, addon));
  if (open) return open;
  if (!mode.fixed.manageRoles) {
    changes.push(...rolesLeft(us, ports.aws));
    return { kind: "settled" };
  }
  await takeRoles(leaving, addon);
  return { kind: "settled" };
}

/** `undefined`: it is gone, or not ours (any more). */
async function takeAddon(leaving: Leaving, addon: ObservedAddon): Promise<Outcome | undefined> {
  const { object, us, mode, pace } = leaving;
  const policy = object.spec.deletionPolicy;
  const goes = policy !== "Retain" && isOurs(addon.tags, us);
  const busy = goes ? busyWith(addon, mode.pollMs) : undefined;
  if (busy) return busy;
  const uid = object.metadata.uid ?? "";
  const waitMs = goes && addon.status === "DELETE_FAILED" ? pace.waitMs(uid, DELETION) : 0;
  // Its own reason says more than a wait: EKS could not delete it a moment ago.
  if (waitMs > 0) return { kind: "failed", failure: addonFailure(addon, undefined) };
  await carryOut(leaving, addonTeardown(policy, us, { addon, roles: [] }));
  if (!goes) return undefined;
  pace.asked(uid, DELETION);
  const left = await leaving.ports.addons.describe(addon.name);
  return left && busyWith({ ...left, status: "DELETING" }, mode.pollMs);
}

/** @param addon where it is not ours (any more) */
async function takeRoles(leaving: Leaving, addon: ObservedAddon | undefined): Promise<void> {
  const { object, ports, mode, us } = leaving;
  const { cluster } = mode.fixed;
  for (const { name, isNamed } of roleNames(leaving)) {
    const role = await freshRole(name, isNamed, ports);
    if (!role || !isOurs(role.tags, us)) continue;
    const goes = object.spec.deletionPolicy === "Delete";
    if (goes) {
      const addons = ports.objects.all();
      if (addon && !isOurs(addon.tags, us)) checkUnusedBy(addon, role);
      checkUnused(role, object, { all: ports.associations.all(), addons, cluster });
    }
    const steps = addonTeardown(object.spec.deletionPolicy, us, {
      addon: undefined,
      roles: [role],
    });
    await carryOut(leaving, steps);
    ports.aws.inventory.wroteRole(name, goes ? undefined : await ports.aws.roles.find(name));
  }
}

/** @throws Failure RoleInUse: whoever has the add-on now would lose a role of its ServiceAccount */
function checkUnusedBy({ name, associations }: ObservedAddon, { arn }: ObservedRole): void {
  const user = associations.find(({ details }) => details?.roleArn === arn);
  if (!user) return;
  throw new Failure(
    "RoleInUse",
    `role ${arn} is kept while add-on ${name}, which is not this object's, gives it to ServiceAccount ${user.serviceAccount}: give that another role, or set deletionPolicy: Retain here`,
    { kind: "after", ms: IN_USE_CHECK_MS },
  );
}

/** Every name that a role of its own may have; tags on a fresh read decide which are. */
function roleNames({ object, us, ports, mode }: Leaving): readonly {
  readonly name: string;
  /** The spec itself says so; else only a status or a tag does. */
  readonly isNamed: boolean;
}[] {
  const { metadata, spec, status } = object;
  const named = (spec.identities ?? []).flatMap(({ serviceAccountName, role }) =>
    role
      ? (role.name ?? ownRoleName(mode.fixed.cluster.arn, metadata.name, serviceAccountName))
      : [],
  );
  const noted = (status?.identities ?? []).flatMap(
    ({ roleArn }) => parseRoleArn(roleArn ?? "")?.name ?? [],
  );
  const tagged = ports.aws.inventory.rolesWhere(({ tags }) => isOurs(tags, us));
  const names = new Map<string, { name: string; isNamed: boolean }>();
  for (const name of named) names.set(roleKey(name), { name, isNamed: true });
  for (const name of [...noted, ...tagged.map((role) => role.name)]) {
    if (!names.has(roleKey(name))) names.set(roleKey(name), { name, isNamed: false });
  }
  return [...names.values()];
}

async function carryOut(
  { ports, changes, signal }: Leaving,
  actions: readonly AnyAction[],
): Promise<void> {
  for (const action of actions.filter(isPlain)) {
    signal.throwIfAborted();
    await sendStep(action, ports);
    changes.push(inWords(action));
  }
}
