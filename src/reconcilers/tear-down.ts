/**
 * Takes away what an object made, when it is deleted. Reads afresh, touches only what our tags prove
 * ours, and lets go of the object when AWS says that all of it is gone.
 */
import { FINALIZER } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Observed } from "../plan/actions.ts";
import { usersOf } from "../plan/claims.ts";
import { isNewRefusal } from "../plan/conditions.ts";
import { ownerOf } from "../plan/desired.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { isOurs, type Owner } from "../plan/ownership.ts";
import type { AssociationKey, ObservedAssociation, ObservedRole } from "../plan/resources.ts";
import { leavingStatus } from "../plan/standstill.ts";
import type { Moment } from "../plan/status.ts";
import type { Fixed } from "../plan/surroundings.ts";
import { teardown } from "../plan/teardown.ts";
import { inWords } from "../plan/words.ts";
import { apply } from "./apply.ts";
import { readAssociation } from "./observe.ts";
import { freshRole, roleNames } from "./own-roles.ts";
import type { Ports } from "./ports.ts";
import { removeServiceAccount } from "./service-account.ts";

/** EKS takes a moment to let go of an association. */
const GONE_CHECK_MS = 2_000;

/** Somebody has to change another object first. */
const IN_USE_CHECK_MS = 15_000;

/** For so long after the deletion, Retain tries again what may only be an outage. */
const RETAIN_PATIENCE_MS = 120_000;

const UNTOUCHED = {
  kind: "waiting",
  reason: "Planned",
  message:
    "nothing is deleted while the operator runs with OPERATOR_MODE=Plan; what this object made is deleted once it runs with Apply",
  checkAfterMs: 60_000,
} as const;

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
  if (!object.metadata.finalizers?.includes(FINALIZER)) return { kind: "settled" };
  const { namespace = "", name } = object.metadata;
  const leaving: Leaving = {
    ...how,
    object,
    key: { namespace, serviceAccount: object.spec.serviceAccountName },
    us: ownerOf({ namespace, name }, how.fixed),
    retains: object.spec.deletionPolicy === "Retain",
    changes: [],
  };
  const untouched = await leaveUntouched(leaving);
  if (untouched) return untouched;
  const progress = { associationGone: false };
  const outcome = await takeAway(leaving, progress);
  if (how.signal.aborted) return outcome;
  if (outcome.kind === "settled") return letGo(leaving);
  if (leaving.retains && outcome.kind === "failed" && isEnough(leaving, outcome.failure)) {
    leaving.changes.push(`left in place, still tagged as ours: ${outcome.failure.message}`);
    return letGo(leaving);
  }
  await report(leaving, outcome, progress.associationGone);
  return outcome;
}

/** `undefined`: nothing speaks against taking it away. */
async function leaveUntouched(leaving: Leaving): Promise<Outcome | undefined> {
  const leave = (why: string) => {
    leaving.changes.push(`left everything in AWS, tagged as before: ${why}`);
    return letGo({ ...leaving, retains: true });
  };
  try {
    // Uninstalling is not deleting: whoever installs us again finds all of it.
    if (await leaving.ports.isUninstalled(leaving.object))
      return leave("the operator is being uninstalled");
  } catch (thrown) {
    const outcome: Outcome = { kind: "failed", failure: asFailure(thrown) };
    // Retain takes nothing away, so it need not know.
    if (!leaving.retains) await report(leaving, outcome, false);
    if (!leaving.retains) return outcome;
  }
  if (!leaving.readOnly) return undefined;
  if (leaving.retains) return leave("OPERATOR_MODE=Plan");
  await report(leaving, UNTOUCHED, false);
  return UNTOUCHED;
}

/** Retain is the way out: it finishes even where AWS, or the right to tag, stays away. */
function isEnough({ object, moment }: Leaving, { retry }: Failure): boolean {
  if (retry.kind === "never" || retry.kind === "sweep") return true;
  const deletedAt = Date.parse(object.metadata.deletionTimestamp ?? moment.now);
  return Date.parse(moment.now) - deletedAt > RETAIN_PATIENCE_MS;
}

async function takeAway(
  leaving: Leaving,
  progress: { associationGone: boolean },
): Promise<Outcome> {
  try {
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
    for (const name of roleNames(leaving)) {
      const role = await freshRole(name, leaving);
      if (role) checkUsers(leaving, role);
      await carryOut(leaving, { association: undefined, role, formerRoles: [] });
    }
    return { kind: "settled" };
  } catch (thrown) {
    return { kind: "failed", failure: asFailure(thrown) };
  }
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

/** Without MANAGE_ROLES no call to IAM changes anything: a role that an earlier setting made stays, and is named. */
function leaveRoles({ ports, us, changes }: Leaving): Outcome {
  const left = ports.aws.inventory.rolesWhere(({ tags }) => isOurs(tags, us));
  changes.push(...left.map(({ arn }) => `left role ${arn}: this operator manages no roles`));
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

/** The noted id is one call; only if that is gone the ServiceAccount is asked for. */
async function findAssociation({
  object,
  key,
  ports,
}: Leaving): Promise<ObservedAssociation | undefined> {
  const known = ports.aws.inventory.association(key);
  const id = object.status?.associationId ?? (typeof known === "object" ? known.id : undefined);
  const noted = id === undefined ? undefined : await ports.aws.associations.describe(id);
  return noted ?? readAssociation(key, ports.aws);
}

/** Our own deletion only: somebody else's association stays, and nothing waits for it. */
async function isGone(
  { changes, retains, ports }: Leaving,
  { id }: ObservedAssociation,
): Promise<boolean> {
  if (retains || changes.length === 0) return true;
  return (await ports.aws.associations.describe(id)) === undefined;
}

/** @throws Failure RoleInUse, naming the objects that would lose their role */
function checkUsers({ object, us, ports, fixed, retains }: Leaving, role: ObservedRole): void {
  if (retains || !isOurs(role.tags, us)) return;
  const users = usersOf(role.arn, object, { all: ports.objects.all(), cluster: fixed.cluster });
  if (users.length === 0) return;
  throw new Failure(
    "RoleInUse",
    `role ${role.arn} is kept while other objects name it by roleArn: ${users.slice(0, 5).join(", ")}; change or delete them, or set deletionPolicy: Retain here`,
    { kind: "after", ms: IN_USE_CHECK_MS },
  );
}

async function letGo({ object, changes, retains, ports }: Leaving): Promise<Outcome> {
  const { namespace, name } = object.metadata;
  await ports.objects.removeFinalizer(object);
  if (changes.length > 0) {
    const reason = retains ? "Retained" : "Deleted";
    const note = changes.join("; ");
    ports.events.record(object, { type: "Normal", reason, action: "Delete", note });
    ports.log.info("deleted", { namespace, name, changes });
  }
  return { kind: "settled" };
}

async function report(
  { object, moment, ports }: Leaving,
  outcome: Exclude<Outcome, { kind: "settled" }>,
  associationGone: boolean,
): Promise<void> {
  if (outcome.kind === "failed" && isNewRefusal(object.status, outcome.failure)) {
    const { reason, message: note } = outcome.failure;
    ports.events.record(object, { type: "Warning", reason, action: "Delete", note });
  }
  const status = leavingStatus(object.status, { outcome, associationGone }, moment);
  await ports.objects.patchStatus(object, status);
}
