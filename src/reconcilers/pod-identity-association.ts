/** Brings one PodIdentityAssociation to AWS, keeps it so, and takes it away again. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Reconciler } from "../engine/reconciler.ts";
import type { Observed } from "../plan/actions.ts";
import { duplicateClaim, usersOf } from "../plan/claims.ts";
import { isNewRefusal, isReadyFor, isRoleReferenced } from "../plan/conditions.ts";
import { type Desired, desired, type ObjectName } from "../plan/desired.ts";
import { namesAwsPolicies } from "../plan/managed-policies.ts";
import { isSameRole, parseRoleArn } from "../plan/names.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import type { ObservedRole } from "../plan/resources.ts";
import { type Ending, type Moment, statusOf, suspendedStatus } from "../plan/status.ts";
import type { Fixed, Surroundings } from "../plan/surroundings.ts";
import { attempt } from "./attempt.ts";
import { missingRole, observe } from "./observe.ts";
import type { Ports } from "./ports.ts";
import { tearDown } from "./tear-down.ts";

interface Result extends Ending {
  readonly changes: readonly string[];
}

const SETTLED: Outcome = { kind: "settled" };

export class PodIdentityAssociationReconciler implements Reconciler {
  readonly name = "PodIdentityAssociation";
  readonly #ports: Ports;
  readonly #fixed: Fixed;
  readonly #startedAt: number;

  constructor(ports: Ports, fixed: Fixed) {
    this.#ports = ports;
    this.#fixed = fixed;
    this.#startedAt = ports.clock.monotonic();
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    const object = this.#ports.objects.get(key);
    if (!object) return SETTLED;
    if (object.metadata.deletionTimestamp) return this.#takeAway(object, signal);
    if (object.spec.suspend) {
      await this.#ports.objects.patchStatus(
        object,
        suspendedStatus(object.status, this.#moment(object)),
      );
      return SETTLED;
    }
    return this.#sync(object, signal);
  }

  #takeAway(object: PodIdentityAssociation, signal: AbortSignal): Promise<Outcome> {
    const moment = this.#moment(object);
    return tearDown(object, { ports: this.#ports, fixed: this.#fixed, moment, signal });
  }

  async #sync(object: PodIdentityAssociation, signal: AbortSignal): Promise<Outcome> {
    const result = await this.#bringAbout(object, signal);
    // Stopped half-way: nothing is wrong, and the next process goes on from what AWS shows.
    if (signal.aborted) return result.outcome;
    this.#announce(object, result);
    const latest = this.#ports.objects.get(keyOf(object));
    // Deleted meanwhile, or deleted and made again: this status is about an object that is no more.
    if (!latest || latest.metadata.uid !== object.metadata.uid) return result.outcome;
    await this.#ports.objects.patchStatus(
      latest,
      statusOf(latest.status, result, this.#moment(object)),
    );
    return result.outcome;
  }

  /** Refuses what cannot be before anything is written, AWS and finalizer alike. */
  async #bringAbout(object: PodIdentityAssociation, signal: AbortSignal): Promise<Result> {
    const wanted = await this.#desired(object);
    if (wanted instanceof Failure) return failed(wanted, undefined);
    // What Kubernetes refuses here is the queue's to try again, not the user's to read.
    const claimed = await this.#ports.objects.addFinalizer(object);
    const noted = await this.#noteFormerRole(claimed, wanted);
    try {
      const { aws, clock } = this.#ports;
      const observed = this.#withoutUsed(object, await observe(noted, wanted, aws));
      const obstacle = this.#duplicate(object, observed) ?? (await missingRole(wanted, aws));
      if (obstacle) return { ...failed(obstacle, wanted), observed };
      const how = { aws, clock, startedAt: this.#startedAt, signal };
      return { desired: wanted, ...(await attempt(wanted, observed, how)) };
    } catch (thrown) {
      return failed(asFailure(thrown), wanted);
    }
  }

  /** An object that had an association keeps its claim: the association may just have been deleted by hand. */
  #duplicate(object: PodIdentityAssociation, { association }: Observed): Failure | undefined {
    if (association || object.status?.associationId !== undefined) return undefined;
    return duplicateClaim(object, this.#ports.objects.all());
  }

  /** A former role that other objects name by roleArn stays until they do not, or until this object goes. */
  #withoutUsed(object: PodIdentityAssociation, observed: Observed): Observed {
    const { cluster } = this.#fixed;
    const isUnused = ({ arn }: ObservedRole) =>
      usersOf(arn, object, { all: this.#ports.objects.all(), cluster }).length === 0;
    return { ...observed, formerRoles: observed.formerRoles.filter(isUnused) };
  }

  async #desired(object: PodIdentityAssociation): Promise<Desired | Failure> {
    try {
      return desired(nameOf(object), object.spec, await this.#surroundings(object));
    } catch (thrown) {
      return asFailure(thrown);
    }
  }

  /** A rename is noted before its first call: killed in between, the next process still finds the old role. */
  async #noteFormerRole(
    object: PodIdentityAssociation,
    wanted: Desired,
  ): Promise<PodIdentityAssociation> {
    const { status } = object;
    const former = status?.roleName;
    if (!status || former === undefined || status.previousRoleName === former) return object;
    if (isSameRole(former, parseRoleArn(wanted.roleArn)?.name ?? "")) return object;
    // Somebody else's role was only referred to: there is nothing to find again.
    if (isRoleReferenced(status)) return object;
    return this.#ports.objects.patchStatus(object, { ...status, previousRoleName: former });
  }

  async #surroundings({ spec }: PodIdentityAssociation): Promise<Surroundings> {
    if (!namesAwsPolicies(spec)) return { ...this.#fixed, awsManagedPolicies: undefined };
    try {
      return {
        ...this.#fixed,
        awsManagedPolicies: await this.#ports.aws.roles.awsManagedPolicies(),
      };
    } catch (thrown) {
      // Without the right to list policies their paths are guessed, which is right for most of them.
      if (asFailure(thrown).reason === "AccessDenied") {
        return { ...this.#fixed, awsManagedPolicies: undefined };
      }
      throw thrown;
    }
  }

  #announce(object: PodIdentityAssociation, { outcome, changes }: Result): void {
    const { events, log } = this.#ports;
    if (changes.length > 0) {
      const drift = isReadyFor(object.metadata.generation ?? 0, object.status);
      const reason = drift ? "DriftRepaired" : "Applied";
      events.record(object, {
        type: "Normal",
        reason,
        action: "Reconcile",
        note: changes.join("; "),
      });
      log.info(drift ? "repaired drift" : "applied", { ...nameOf(object), changes });
    }
    if (outcome.kind === "failed" && isNewRefusal(object.status, outcome.failure)) {
      const { reason, message } = outcome.failure;
      events.record(object, { type: "Warning", reason, action: "Reconcile", note: message });
    }
  }

  #moment(object: PodIdentityAssociation): Moment {
    return {
      generation: object.metadata.generation ?? 0,
      clusterName: this.#fixed.cluster.name,
      now: this.#ports.clock.timestamp(),
    };
  }
}

function failed(failure: Failure, wanted: Desired | undefined): Result {
  return {
    outcome: { kind: "failed", failure },
    desired: wanted,
    observed: undefined,
    changes: [],
  };
}

function nameOf({ metadata }: PodIdentityAssociation): ObjectName {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function keyOf(object: PodIdentityAssociation): string {
  const { namespace, name } = nameOf(object);
  return `${namespace}/${name}`;
}
