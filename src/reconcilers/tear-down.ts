/**
 * Takes away what an object made, when it is deleted. Reads afresh, touches only what our tags prove
 * ours, and lets go of the object when AWS says that all of it is gone.
 */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Observed } from "../plan/actions.ts";
import { setConditions } from "../plan/conditions.ts";
import { ownerOf } from "../plan/desired.ts";
import { generatedRoleName } from "../plan/names.ts";
import { asFailure, type Failure, type Outcome } from "../plan/outcome.ts";
import type { Owner } from "../plan/ownership.ts";
import type { AssociationKey, ObservedAssociation } from "../plan/resources.ts";
import { teardown } from "../plan/teardown.ts";
import { inWords } from "../plan/words.ts";
import { apply } from "./apply.ts";
import { readAssociation, readRole } from "./observe.ts";
import type { Fixed } from "./pod-identity-association.ts";
import type { Aws, Ports } from "./ports.ts";

/** EKS takes a moment to let go of an association. */
const GONE_CHECK_MS = 2_000;

interface Leaving {
  readonly object: PodIdentityAssociation;
  readonly key: AssociationKey;
  readonly us: Owner;
  readonly changes: string[];
}

export async function tearDown(
  object: PodIdentityAssociation,
  ports: Ports,
  fixed: Fixed,
): Promise<Outcome> {
  if (!object.metadata.finalizers?.length) return { kind: "settled" };
  const { namespace = "", name } = object.metadata;
  const leaving: Leaving = {
    object,
    key: { namespace, serviceAccount: object.spec.serviceAccountName },
    us: ownerOf({ namespace, name }, fixed),
    changes: [],
  };
  const outcome = await takeAway(leaving, ports.aws, fixed);
  if (outcome.kind === "settled") return letGo(leaving, ports);
  if (outcome.kind === "failed" && object.spec.deletionPolicy === "Retain") {
    // Retain is the way out: it finishes even where AWS, or the right to tag, is missing.
    leaving.changes.push(`left in place, still tagged as ours: ${outcome.failure.message}`);
    return letGo(leaving, ports);
  }
  await report(leaving, outcome, ports, fixed);
  return outcome;
}

async function takeAway(leaving: Leaving, aws: Aws, fixed: Fixed): Promise<Outcome> {
  try {
    const association = await findAssociation(leaving, aws);
    await carryOut(leaving, { association, role: undefined, previousRole: undefined }, aws);
    if (association && !(await isGone(leaving, association, aws))) {
      return {
        kind: "waiting",
        reason: "Deleting",
        message: "waiting for EKS to let go of the association",
        checkAfterMs: GONE_CHECK_MS,
      };
    }
    for (const name of roleNames(leaving.object, fixed)) {
      const role = await readRole(name, aws);
      await carryOut(leaving, { association: undefined, role, previousRole: undefined }, aws);
    }
    return { kind: "settled" };
  } catch (thrown) {
    return { kind: "failed", failure: asFailure(thrown) };
  }
}

async function carryOut(leaving: Leaving, observed: Observed, aws: Aws): Promise<void> {
  const policy = leaving.object.spec.deletionPolicy ?? "Delete";
  let seen = observed;
  for (const action of teardown(policy, leaving.us, observed)) {
    ({ observed: seen } = await apply(action, seen, aws, leaving.key));
    leaving.changes.push(inWords(action));
  }
}

/** The noted id is one call; only if that is gone the ServiceAccount is asked for. */
async function findAssociation(
  { object, key }: Leaving,
  aws: Aws,
): Promise<ObservedAssociation | undefined> {
  const id = object.status?.associationId;
  const noted = id === undefined ? undefined : await aws.associations.describe(id);
  return noted ?? readAssociation(key, aws);
}

/** Our own deletion only: somebody else's association stays, and nothing waits for it. */
async function isGone(
  { changes, object }: Leaving,
  { id }: ObservedAssociation,
  { associations }: Aws,
): Promise<boolean> {
  if (object.spec.deletionPolicy === "Retain" || changes.length === 0) return true;
  return (await associations.describe(id)) === undefined;
}

/** Under every name this object's role may have: noted, generated, given. Tags decide which are ours. */
function roleNames({ metadata, spec, status }: PodIdentityAssociation, fixed: Fixed): Set<string> {
  const generated = generatedRoleName(fixed.cluster.arn, metadata.namespace ?? "", metadata.name);
  const given = spec.role ? [spec.role.name ?? generated, status?.roleName] : [generated];
  return new Set([...given, status?.previousRoleName].filter((name) => name !== undefined));
}

async function letGo({ object, changes }: Leaving, ports: Ports): Promise<Outcome> {
  const { namespace, name } = object.metadata;
  if (changes.length > 0) {
    const reason = object.spec.deletionPolicy === "Retain" ? "Retained" : "Deleted";
    ports.events.record(object, {
      type: "Normal",
      reason,
      action: "Delete",
      note: changes.join("; "),
    });
    ports.log.info("deleted", { namespace, name, changes });
  }
  await ports.objects.removeFinalizer(object);
  return { kind: "settled" };
}

async function report(
  { object }: Leaving,
  outcome: Exclude<Outcome, { kind: "settled" }>,
  ports: Ports,
  fixed: Fixed,
): Promise<void> {
  const why: Pick<Failure, "reason" | "message"> =
    outcome.kind === "waiting" ? outcome : outcome.failure;
  const stuck = outcome.kind === "failed";
  const conditions = setConditions(
    object.status?.conditions ?? [],
    [{ type: "Ready", status: "False", reason: why.reason, message: why.message }],
    {
      generation: object.metadata.generation ?? 0,
      now: ports.clock.timestamp(),
      remove: ["Reconciling", "Stalled"],
    },
  );
  await ports.objects.patchStatus(object, {
    ...object.status,
    clusterName: fixed.cluster.name,
    conditions,
  });
  if (stuck) {
    const { reason, message } = outcome.failure;
    ports.events.record(object, { type: "Warning", reason, action: "Delete", note: message });
  }
}
