/** Brings one PodIdentityAssociation to AWS, keeps it so, and takes it away again. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Reconciler } from "../engine/reconciler.ts";
import type { Observed } from "../plan/actions.ts";
import type { Refusal } from "../plan/authorize.ts";
import { isReadyFor } from "../plan/conditions.ts";
import { type Desired, desired } from "../plan/desired.ts";
import { granted } from "../plan/granted.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { plan } from "../plan/plan.ts";
import { frozenStatus, plannedStatus, suspendedStatus } from "../plan/standstill.ts";
import { type Moment, statusOf } from "../plan/status.ts";
import type { Fixed } from "../plan/surroundings.ts";
import { announce, type Result } from "./announce.ts";
import { attempt } from "./attempt.ts";
import { decide, type Tally } from "./authorization.ts";
import { amongNeighbours, noteFormerRole, rivalOf } from "./neighbours.ts";
import { missingRole, observe } from "./observe.ts";
import { keyOf, nameOf, type Ports } from "./ports.ts";
import { Revocation } from "./revocation.ts";
import { ensureServiceAccount } from "./service-account.ts";
import { surroundingsOf } from "./surroundings.ts";
import { tearDown } from "./tear-down.ts";

const SETTLED: Outcome = { kind: "settled" };

/** What main.ts decides once, beside what plans need to know. */
export interface Mode {
  readonly fixed: Fixed;
  /** Nothing in AWS is changed, whatever an object says. */
  readonly readOnly: boolean;
  /** "" if it is not known. */
  readonly operatorNamespace: string;
  readonly tally: Tally;
  /** An association that is allowed no more must be found so twice, this far apart. */
  readonly revokeAfterMs: number;
}

export class PodIdentityAssociationReconciler implements Reconciler {
  readonly name = "PodIdentityAssociation";
  readonly #ports: Ports;
  readonly #mode: Mode;
  readonly #revocation: Revocation;
  readonly #startedAt: number;

  constructor(ports: Ports, mode: Mode) {
    this.#ports = ports;
    this.#mode = mode;
    this.#revocation = new Revocation(ports, mode);
    this.#startedAt = ports.clock.monotonic();
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    const object = this.#ports.objects.get(key);
    if (!object) return SETTLED;
    if (object.metadata.deletionTimestamp) return this.#takeAway(object, signal);
    if (object.spec.suspend) {
      this.#mode.tally.note(key, new Map());
      const status = suspendedStatus(object.status, this.#moment(object));
      await this.#ports.objects.patchStatus(object, status);
      return SETTLED;
    }
    return this.#sync(object, signal);
  }

  #takeAway(object: PodIdentityAssociation, signal: AbortSignal): Promise<Outcome> {
    const { fixed, readOnly } = this.#mode;
    return tearDown(object, {
      ports: this.#ports,
      fixed,
      readOnly,
      moment: this.#moment(object),
      signal,
    });
  }

  async #sync(object: PodIdentityAssociation, signal: AbortSignal): Promise<Outcome> {
    const result = await this.#bringAbout(object, signal);
    // Stopped half-way: nothing is wrong, and the next process goes on from what AWS shows.
    if (signal.aborted) return result.outcome;
    announce(object, result, this.#ports);
    const latest = this.#ports.objects.get(keyOf(object));
    // Deleted meanwhile, or deleted and made again: this status is about an object that is no more.
    if (!latest || latest.metadata.uid !== object.metadata.uid) return result.outcome;
    const status = statusFor(latest, result, this.#moment(object));
    await this.#ports.objects.patchStatus(latest, status);
    return result.outcome;
  }

  /** Refuses what cannot be before anything is written, AWS and finalizer alike. */
  async #bringAbout(object: PodIdentityAssociation, signal: AbortSignal): Promise<Result> {
    const asked = await this.#desired(object);
    if (asked instanceof Failure) {
      this.#mode.tally.note(keyOf(object), new Map());
      return failed(asked);
    }
    const { operatorNamespace, tally } = this.#mode;
    const { decision, noAdoption } = decide(object, asked, {
      ports: this.#ports,
      operatorNamespace,
    });
    tally.note(keyOf(object), decision.verdicts);
    if (!decision.allowed) return this.#refuse(object, asked, decision);
    this.#revocation.forget(object);
    const authorization = { allowed: true, guardrail: decision.guardrail } as const;
    try {
      const wanted = granted(asked, object.spec, { grant: decision, noAdoption });
      return { ...(await this.#approach(object, wanted, signal)), authorization };
    } catch (thrown) {
      return { ...failed(asFailure(thrown), asked), authorization };
    }
  }

  async #refuse(
    object: PodIdentityAssociation,
    asked: Desired,
    { failure, revokes }: Refusal,
  ): Promise<Result> {
    const authorization = { allowed: false, failure } as const;
    const isFrozen = isReadyFor(object.metadata.generation ?? 0, object.status);
    const refused = { ...failed(failure, asked), authorization, isFrozen };
    if (!revokes || this.#plansOnly(object)) return refused;
    try {
      return { ...refused, ...(await this.#revocation.revoke(object, asked, failure)) };
    } catch (thrown) {
      return { ...failed(asFailure(thrown), asked), authorization, isFrozen };
    }
  }

  #plansOnly({ spec }: PodIdentityAssociation): boolean {
    return this.#mode.readOnly || spec.mode === "Plan";
  }

  async #approach(
    object: PodIdentityAssociation,
    wanted: Desired,
    signal: AbortSignal,
  ): Promise<Result> {
    const plansOnly = this.#plansOnly(object);
    // What Kubernetes refuses here is the queue's to try again, not the user's to read.
    const claimed = plansOnly ? object : await this.#claim(object, wanted);
    try {
      const { aws, clock, serviceAccounts } = this.#ports;
      const seen = await observe(claimed, wanted, { aws, looksFirst: plansOnly });
      const { objects } = this.#ports;
      const observed = amongNeighbours(object, seen, {
        objects,
        cluster: this.#mode.fixed.cluster,
      });
      const obstacle = rivalOf(object, observed, objects) ?? (await missingRole(wanted, aws));
      if (obstacle) return { ...failed(obstacle, wanted), observed };
      if (plansOnly) return foreseen(wanted, observed);
      const how = { aws, clock, startedAt: this.#startedAt, signal };
      const tried = await attempt(wanted, observed, how);
      const ended = { desired: wanted, authorization: undefined, ...tried };
      if (tried.outcome.kind !== "settled") return ended;
      const made = await ensureServiceAccount(object, wanted.key, serviceAccounts);
      return { ...ended, changes: [...tried.changes, ...made] };
    } catch (thrown) {
      return failed(asFailure(thrown), wanted);
    }
  }

  async #claim(object: PodIdentityAssociation, wanted: Desired): Promise<PodIdentityAssociation> {
    const { objects } = this.#ports;
    return noteFormerRole(await objects.addFinalizer(object), wanted, objects);
  }

  async #desired(object: PodIdentityAssociation): Promise<Desired | Failure> {
    try {
      const surroundings = await surroundingsOf(object, this.#mode.fixed, this.#ports.aws.roles);
      return desired(nameOf(object), object.spec, surroundings);
    } catch (thrown) {
      return asFailure(thrown);
    }
  }

  #moment(object: PodIdentityAssociation): Moment {
    return {
      generation: object.metadata.generation ?? 0,
      cluster: this.#mode.fixed.cluster,
      now: this.#ports.clock.timestamp(),
    };
  }
}

function statusFor(
  { status }: PodIdentityAssociation,
  result: Result,
  moment: Moment,
): ReturnType<typeof statusOf> {
  const { outcome, authorization, isFrozen, planned = [] } = result;
  if (isFrozen && outcome.kind === "failed") return frozenStatus(status, outcome.failure, moment);
  if (planned.length > 0 && authorization?.allowed) {
    const { guardrail } = authorization;
    return plannedStatus(status, { actions: planned, guardrail }, moment);
  }
  const now = statusOf(status, result, moment);
  return result.planned ? { ...now, plannedActions: [] } : now;
}

/** What `attempt` would do. */
function foreseen(wanted: Desired, observed: Observed): Result {
  const todo = plan(wanted, observed);
  if ("conflict" in todo) return { ...failed(todo.conflict, wanted), observed };
  return {
    authorization: undefined,
    outcome: SETTLED,
    desired: wanted,
    observed,
    changes: [],
    planned: todo.actions,
  };
}

function failed(failure: Failure, wanted?: Desired): Result {
  return {
    outcome: { kind: "failed", failure },
    desired: wanted,
    observed: undefined,
    authorization: undefined,
    changes: [],
  };
}
