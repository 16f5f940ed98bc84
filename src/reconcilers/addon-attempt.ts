/** Brings an add-on and the roles of its ServiceAccounts to what is wanted, step by step. */
import type { EksAddon } from "../api/eks-addon.ts";
import type { AddonAction, AnyAction, RoleAction } from "../plan/actions.ts";
import { type AddonSeen, type ObservedAddon, roleKey } from "../plan/addon.ts";
import type { DesiredAddon } from "../plan/addon-desired.ts";
import { afterAddonStep } from "../plan/addon-fold.ts";
import { planAddon } from "../plan/addon-plan.ts";
import { addonFailure, FAILED_STATES } from "../plan/addon-state.ts";
import { isOnAddon, isOnAssociation } from "../plan/calls.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { afterRefusal } from "../plan/propagation.ts";
import type { AddonPace } from "./addon-pace.ts";
import type { AddonPorts } from "./addon-ports.ts";
import { isPlain, sendStep } from "./addon-step.ts";
import { createRole } from "./apply.ts";
import { forgetRole } from "./attempt.ts";
import { type Attempt, type Taken, takeSteps } from "./steps.ts";

export interface AddonCircumstances {
  readonly object: EksAddon;
  readonly ports: Pick<AddonPorts, "aws" | "addons" | "clock">;
  readonly pace: AddonPace;
  readonly pollMs: number;
  /** When this process began: the bound for roles that an earlier one wrote. */
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

export interface AddonAttempt extends Attempt<AddonSeen> {
  /** Of the update that EKS was asked for; `undefined`: none. */
  readonly updateId: string | undefined;
}

/** Something that EKS carries out in the background. */
type Request = Extract<AddonAction, { type: "CreateAddon" | "UpdateAddon" }>;

export async function attemptAddon(
  desired: DesiredAddon,
  seen: AddonSeen,
  how: AddonCircumstances,
): Promise<AddonAttempt> {
  const noted: { updateId?: string | undefined } = {};
  const course = {
    plan: (observed: AddonSeen) => planAddon(desired, observed, how.pollMs),
    take: async (action: AnyAction, observed: AddonSeen) => {
      if (!isRequest(action)) return takeStep(action, observed, how);
      const taken = await ask(action, observed, desired, how);
      noted.updateId = taken.updateId;
      return taken;
    },
    refused: (action: AnyAction, failure: Failure) => refusal(action, failure, desired, how),
  };
  const attempt = await takeSteps(seen, course, how.signal);
  if (attempt.outcome.kind === "settled") how.pace.forget(uidOf(how));
  return { ...attempt, updateId: noted.updateId };
}

function isRequest(action: AnyAction): action is Request {
  return action.type === "CreateAddon" || action.type === "UpdateAddon";
}

async function ask(
  action: Request,
  seen: AddonSeen,
  desired: DesiredAddon,
  how: AddonCircumstances,
): Promise<Taken<AddonSeen> & { readonly updateId: string | undefined }> {
  const { object, pace, ports } = how;
  const wanted = { generation: object.metadata.generation, ...goalOf(desired) };
  if (seen.addon && pace.waitMs(uidOf(how), wanted) > 0) throw await whyNot(seen.addon, how);
  if (action.type === "UpdateAddon") {
    const replaces = action.identities !== undefined;
    const before = replaces ? await ports.addons.describe(action.name) : seen.addon;
    if (replaces && !hasSameAssociations(before, seen.addon)) {
      return { observed: { ...seen, addon: before }, surprised: true, updateId: undefined };
    }
    const updateId = await ports.addons.change(action);
    pace.asked(uidOf(how), wanted);
    // EKS shows the new associations at once, and they have no tags yet.
    const addon = (replaces ? await ports.addons.describe(action.name) : undefined) ?? before;
    return { observed: afterAddonStep(action, { ...seen, addon }), surprised: false, updateId };
  }
  const created = await ports.addons.create(action);
  pace.asked(uidOf(how), wanted);
  const surprised = created === "AlreadyExists";
  const addon = surprised ? await ports.addons.describe(action.name) : created;
  return { observed: { ...seen, addon }, surprised, updateId: undefined };
}

/** The list replaces what is there, which may have changed while roles were made. */
function hasSameAssociations(
  one: ObservedAddon | undefined,
  other: ObservedAddon | undefined,
): boolean {
  const textOf = (addon: ObservedAddon | undefined) =>
    addon?.associations
      .map(({ id, details }) => `${id} ${details?.roleArn}`)
      .sort()
      .join();
  return textOf(one) === textOf(other);
}

/** What Create and Update are both after. */
function goalOf({ version, configuration, resolveConflicts, identities }: DesiredAddon): object {
  const roles = identities?.map(({ key, roleArn }) => [key.serviceAccount, roleArn]);
  return { version, configuration: configuration ?? "", resolveConflicts, roles: roles ?? "" };
}

function uidOf({ object }: Pick<AddonCircumstances, "object">): string {
  return object.metadata.uid ?? "";
}

/** It was asked for a moment ago, and is not so. */
async function whyNot(
  addon: ObservedAddon,
  { object, ports, pollMs }: AddonCircumstances,
): Promise<Failure> {
  if (!FAILED_STATES.has(addon.status)) {
    return new Failure(
      "AWSStateContested",
      `add-on ${addon.name} was updated and does not show it; it is looked at again. If this stays, another tool may be changing the same add-on`,
      { kind: "after", ms: pollMs },
    );
  }
  const { updateId } = object.status ?? {};
  const update =
    updateId === undefined ? undefined : await ports.addons.update(addon.name, updateId);
  return addonFailure(addon, update);
}

async function takeStep(
  action: Exclude<AnyAction, Request>,
  seen: AddonSeen,
  how: AddonCircumstances,
): Promise<Taken<AddonSeen>> {
  if (isOnRole(action)) return takeRoleStep(action, seen, how);
  if (!isPlain(action)) throw new Error("the add-on alone makes its associations");
  await sendStep(action, how.ports);
  return { observed: afterAddonStep(action, seen), surprised: false };
}

function isOnRole(action: Exclude<AnyAction, Request>): action is RoleAction {
  return !isOnAddon(action) && !isOnAssociation(action);
}

async function takeRoleStep(
  action: RoleAction,
  seen: AddonSeen,
  { ports: { aws } }: AddonCircumstances,
): Promise<Taken<AddonSeen>> {
  try {
    if (action.type === "CreateRole") {
      const { role, surprised } = await createRole(action.role, aws);
      if (surprised) throw hasAppeared(role.name);
      const roles = new Map(seen.roles).set(roleKey(role.name), role);
      return { observed: { ...seen, roles }, surprised: false };
    }
    await aws.roles.change(action);
    const observed = afterAddonStep(action, seen);
    const former = observed.formerRoles.find(({ name }) => roleKey(name) === roleKey(action.name));
    aws.inventory.wroteRole(action.name, observed.roles.get(roleKey(action.name)) ?? former);
    return { observed, surprised: false };
  } catch (thrown) {
    forgetRole(action, asFailure(thrown), aws.inventory);
    throw thrown;
  }
}

/** Whom it trusts has not been looked at. */
function hasAppeared(name: string): Failure {
  return new Failure(
    "ConcurrentModification",
    `role ${name} has just been made by somebody else; it is looked at first`,
    { kind: "after", ms: 1_000 },
  );
}

/** EKS refuses a role that IAM has not spread yet, be it new or just changed. */
function refusal(
  action: AnyAction,
  failure: Failure,
  { identities = [] }: DesiredAddon,
  { ports: { aws, clock }, startedAt }: AddonCircumstances,
): Outcome {
  if (!isRequest(action)) return { kind: "failed", failure };
  const written = identities.flatMap(({ role }) =>
    role ? (aws.inventory.roleWrittenAt(role.name) ?? startedAt) : [],
  );
  const last = written.length > 0 ? Math.max(...written) : undefined;
  return afterRefusal(failure, last === undefined ? undefined : clock.monotonic() - last);
}
