/**
 * Takes away what an object made, when it is deleted. Reads afresh, touches only what our tags prove
 * ours, and lets go of the object when AWS says that all of it is gone.
 */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Observed } from "../plan/actions.ts";
import { ownerOf } from "../plan/desired.ts";
import { isSameRole } from "../plan/names.ts";
import type { Outcome } from "../plan/outcome.ts";
import { isOurs, type Owner } from "../plan/ownership.ts";
import type { AssociationKey, ObservedAssociation, ObservedRole } from "../plan/resources.ts";
import { leavingStatus } from "../plan/standstill.ts";
import type { Moment } from "../plan/status.ts";
import type { Fixed } from "../plan/surroundings.ts";
import { teardown } from "../plan/teardown.ts";
import { inWords } from "../plan/words.ts";
import { apply } from "./apply.ts";
import { leave } from "./leaving.ts";
import { readAssociation } from "./observe.ts";
import { checkUnused, freshRole, namesOwn, roleNames, rolesLeft } from "./own-roles.ts";
import type { Ports } from "./ports.ts";
import { removeServiceAccount } from "./service-account.ts";

/** EKS takes a moment to let go of an association. */
const GONE_CHECK_MS = 2_000;

export interface Circumstances {
  readonly ports: Ports;
  readonly fixed: Fixed;
  /** Nothing in AWS is changed. */
  readonly readOnly: boolean;
  readonly moment: Moment;
  readonly signal: AbortSignal;
}

interface Leaving extends Circumstances {
  readonly object: PodIdentityAssociation;
  readonly key: AssociationKey;
  readonly us: Owner;
  readonly retains: boolean;
  /** In words, in order. */
  readonly changes: string[];
}

export async function tearDown(
  object: PodIdentityAssociation,
  how: Circumstances,
): Promise<Outcome> {
  const { namespace = "", name } = object.metadata;
  const leaving: Leaving = {
    ...how,
    object,
    key: { namespace, serviceAccount: object.spec.serviceAccountName },
    us: ownerOf({ namespace, name }, how.fixed),
    retains: object.spec.deletionPolicy === "Retain",
    changes: [],
  };
  const progress = { associationGone: false };
  const { objects, events, log, isUninstalled } = how.ports;
  return leave({
    ...leaving,
    objects,
    events,
    log,
    isUninstalled: () => isUninstalled(object),
    takeAway: () => takeAway(leaving, progress),
    statusWhile: (outcome) =>
      leavingStatus(
        object.status,
        { outcome, associationGone: progress.associationGone },
        how.moment,
      ),
  });
}

async function takeAway(
  leaving: Leaving,
  progress: { associationGone: boolean },
): Promise<Outcome> {
  const association = await findAssociation(leaving);
  await carryOut(leaving, { association, role: undefined, formerRoles: [] });
  if (association && !(await isGone(leaving, association))) {
    return {
      kind: "waiting",
      reason: "Deleting",
      message: "waiting for EKS to let go of the association",
      checkAfterMs: GONE_CHECK_MS,
    };
  }
  progress.associationGone = !leaving.retains;
  await takeServiceAccount(leaving);
  if (!leaving.fixed.manageRoles) return leaveRoles(leaving);
  const { object, fixed, ports } = leaving;
  const named = namesOwn(object, fixed);
  for (const name of roleNames(leaving)) {
    const role = await freshRole(
      name,
      named.some((one) => isSameRole(one, name)),
      ports,
    );
    if (role) checkUsers(leaving, role);
    await carryOut(leaving, { association: undefined, role, formerRoles: [] });
  }
  return { kind: "settled" };
}

async function takeServiceAccount({
  object,
  key,
  ports,
  retains,
  changes,
}: Leaving): Promise<void> {
  if (retains) return;
  changes.push(...(await removeServiceAccount(object, key, ports.serviceAccounts)));
}

function leaveRoles({ ports, us, changes }: Leaving): Outcome {
  changes.push(...rolesLeft(us, ports.aws));
  return { kind: "settled" };
}

async function carryOut(leaving: Leaving, observed: Observed): Promise<void> {
  const { us, retains, ports, key, changes, signal } = leaving;
  let seen = observed;
  for (const action of teardown(retains ? "Retain" : "Delete", us, observed)) {
    signal.throwIfAborted();
    ({ observed: seen } = await apply(action, seen, ports.aws, key));
    changes.push(inWords(action));
  }
}

/** The noted id is one call; only if that is gone, or another's, the ServiceAccount is asked for. */
async function findAssociation({
  object,
  key,
  ports,
}: Leaving): Promise<ObservedAssociation | undefined> {
  const known = ports.aws.inventory.association(key);
  const id = object.status?.associationId ?? (typeof known === "object" ? known.id : undefined);
  const noted = id === undefined ? undefined : await ports.aws.associations.describe(id);
  // A status that somebody has changed must not hide what is ours.
  const isItsOwn =
    noted?.namespace === key.namespace && noted.serviceAccount === key.serviceAccount;
  return isItsOwn ? noted : readAssociation(key, ports.aws);
}

/** Our own deletion only: somebody else's association stays, and nothing waits for it. */
async function isGone(
  { changes, retains, ports }: Leaving,
  { id }: ObservedAssociation,
): Promise<boolean> {
  if (retains || changes.length === 0) return true;
  return (await ports.aws.associations.describe(id)) === undefined;
}

function checkUsers({ object, us, ports, fixed, retains }: Leaving, role: ObservedRole): void {
  if (retains || !isOurs(role.tags, us)) return;
  checkUnused(role, object, {
    all: ports.objects.all(),
    addons: ports.addonObjects.all(),
    cluster: fixed.cluster,
  });
}
