/** Brings one PodIdentityAssociation to AWS, keeps it so, and takes it away again. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import type { Reconciler } from "../engine/reconciler.ts";
import { appliedHash, isApplied } from "../plan/applied.ts";
import type { Refusal } from "../plan/authorize.ts";
import { clusterFault } from "../plan/cluster.ts";
import { isPlannedFor, withCondition } from "../plan/conditions.ts";
import { type Desired, desired } from "../plan/desired.ts";
import { granted } from "../plan/granted.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import type { Moment } from "../plan/status.ts";
import type { Fixed } from "../plan/surroundings.ts";
import { announce } from "./announce.ts";
import { attempt } from "./attempt.ts";
import { type Decided, decide, type Tally } from "./authorization.ts";
import { amongNeighbours, rivalOf, strangersUse, withFormerRole } from "./neighbours.ts";
import { missingRole, observe } from "./observe.ts";
import { keyOf, nameOf, type Ports } from "./ports.ts";
import { Probe } from "./probe.ts";
import { type RestartLimits, Restarts } from "./restarts.ts";
import {
  again,
  failed,
  foreseen,
  isBroughtAbout,
  type Result,
  SETTLED,
  SUSPENDED,
  statusFor,
} from "./result.ts";
import { Revocation } from "./revocation.ts";
import { ensureServiceAccount } from "./service-account.ts";
import { surroundingsOf } from "./surroundings.ts";
import { tearDown } from "./tear-down.ts";
import { Verification, type VerificationTimes } from "./verification.ts";

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
  readonly verification: VerificationTimes;
  readonly restarts: RestartLimits;
  /** Between two tries to see that pods get credentials, in milliseconds; `undefined`: nothing is tried. */
  readonly probeEveryMs: number | undefined;
}

export class PodIdentityAssociationReconciler implements Reconciler {
  readonly name = "PodIdentityAssociation";
  readonly #ports: Ports;
  readonly #mode: Mode;
  readonly #revocation: Revocation;
  readonly #verification: Verification;
  readonly #probe: Probe | undefined;
  readonly #startedAt: number;

  constructor(ports: Ports, mode: Mode) {
    this.#ports = ports;
    this.#mode = mode;
    this.#revocation = new Revocation(ports, mode);
    const restarts = new Restarts(ports, mode.restarts);
    this.#verification = new Verification(ports, restarts, mode.verification);
    this.#probe = mode.probeEveryMs === undefined ? undefined : new Probe(ports, mode.probeEveryMs);
    this.#startedAt = ports.clock.monotonic();
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    const object = this.#ports.objects.get(key);
    if (!object) return SETTLED;
    if (object.metadata.deletionTimestamp) return this.#takeAway(object, signal);
    return this.#sync(object, signal);
  }

  #takeAway(object: PodIdentityAssociation, signal: AbortSignal): Promise<Outcome> {
    const { fixed, readOnly } = this.#mode;
    this.#revocation.forget(object);
    this.#verification.forget(object);
    this.#probe?.forget(object);
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
    if (signal.aborted && result.outcome.kind !== "settled") return result.outcome;
    announce(object, result, this.#ports);
    const latest = this.#ports.objects.get(keyOf(object));
    // Deleted meanwhile, or deleted and made again: this status is about an object that is no more.
    const isHere = latest?.metadata.uid === object.metadata.uid;
    if (latest && isHere && !result.isStill) {
      const moment = this.#moment(object);
      const status = await this.#verification.look({
        object: latest,
        status: statusFor(latest, result, moment),
        moment,
        mayRestart: isBroughtAbout(result),
        provenAt: this.#probe?.provenAt(object),
      });
      const said = withCondition(status, this.#ports.agent(), moment);
      await this.#ports.objects.patchStatus(latest, said);
    }
    return again(result);
  }

  /** Refuses what cannot be before anything is written, AWS and finalizer alike. */
  async #bringAbout(object: PodIdentityAssociation, signal: AbortSignal): Promise<Result> {
    const asked = await this.#desired(object);
    const decided = asked instanceof Failure ? asked : this.#decide(object, asked);
    if (asked instanceof Failure || decided instanceof Failure) {
      return this.#notJudged(object, decided instanceof Failure ? decided : (asked as Failure));
    }
    const { decision, noAdoption } = decided;
    this.#mode.tally.note(keyOf(object), decision.verdicts);
    if (!decision.allowed) return this.#refuse(object, asked, decision);
    this.#revocation.forget(object);
    if (object.spec.suspend) return SUSPENDED;
    const authorization = { allowed: true, guardrail: decision.guardrail } as const;
    const specHash = appliedHash(object.spec);
    try {
      const wanted = granted(asked, object.spec, { grant: decision, noAdoption });
      return { ...(await this.#approach(object, wanted, signal)), authorization, specHash };
    } catch (thrown) {
      return { ...failed(asFailure(thrown), asked), authorization, specHash };
    }
  }

  #decide(object: PodIdentityAssociation, asked: Desired): Decided | Failure {
    try {
      const { operatorNamespace } = this.#mode;
      return decide(object, asked, { ports: this.#ports, operatorNamespace });
    } catch (thrown) {
      return asFailure(thrown);
    }
  }

  /** The spec cannot be understood, or what is needed to understand it could not be had. */
  #notJudged(object: PodIdentityAssociation, failure: Failure): Result {
    const isPassing = ["backoff", "after"].includes(failure.retry.kind);
    if (!isPassing) {
      this.#mode.tally.note(keyOf(object), new Map());
      this.#revocation.forget(object);
    }
    if (object.spec.suspend) return SUSPENDED;
    const authorized = object.status?.conditions?.find(({ type }) => type === "Authorized");
    return { ...failed(failure), isStill: isPassing && authorized?.reason === "Frozen" };
  }

  async #refuse(
    object: PodIdentityAssociation,
    asked: Desired,
    { failure, revokes }: Refusal,
  ): Promise<Result> {
    const authorization = { allowed: false, failure } as const;
    const isFrozen = isApplied(object.spec, object.status);
    const specHash = appliedHash(object.spec);
    const refused = { ...failed(failure, asked), authorization, isFrozen, specHash };
    // Whatever the user has set: neither mode Plan nor suspend keeps what is allowed no more.
    if (revokes && !this.#mode.readOnly) {
      try {
        const revoked = await this.#revocation.revoke(object, asked);
        const isSuspended = object.spec.suspend && revoked.changed !== "Revoked";
        return { ...(isSuspended ? SUSPENDED : refused), ...revoked };
      } catch (thrown) {
        return { ...refused, outcome: { kind: "failed", failure: asFailure(thrown) } };
      }
    }
    this.#revocation.forget(object);
    return object.spec.suspend ? SUSPENDED : refused;
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
    const claimed = plansOnly
      ? { ...object, status: withFormerRole(object, wanted) }
      : await this.#claim(object, wanted);
    try {
      const { aws, clock, objects, addonObjects, exists } = this.#ports;
      const how = { aws, looksFirst: plansOnly && !isPlannedFor(object) };
      const around = { objects, addonObjects, exists, cluster: this.#mode.fixed.cluster };
      const observed = amongNeighbours(object, await observe(claimed, wanted, how), around);
      const obstacle =
        rivalOf(object, wanted, { observed, objects }) ??
        strangersUse(object, wanted, { ...around, observed }) ??
        (await missingRole(wanted, aws));
      if (obstacle) return { ...failed(obstacle, wanted), observed };
      if (plansOnly) return foreseen(wanted, observed);
      const means = { aws, clock, startedAt: this.#startedAt, signal };
      const tried = { desired: wanted, ...(await attempt(wanted, observed, means)) };
      if (tried.outcome.kind !== "settled") return tried;
      return this.#proven(object, await this.#withServiceAccount(object, tried));
    } catch (thrown) {
      return failed(asFailure(thrown), wanted);
    }
  }

  async #withServiceAccount(object: PodIdentityAssociation, tried: Result): Promise<Result> {
    const { namespace = "" } = object.metadata;
    const key = { namespace, serviceAccount: object.spec.serviceAccountName };
    try {
      const made = await ensureServiceAccount(object, key, this.#ports.serviceAccounts);
      return { ...tried, changes: [...tried.changes, ...made] };
    } catch (thrown) {
      return { ...tried, outcome: { kind: "failed", failure: asFailure(thrown) } };
    }
  }

  /** Ready only once pods really get the credentials, where that is to be tried. */
  async #proven(object: PodIdentityAssociation, tried: Result): Promise<Result> {
    const { association } = tried.observed ?? {};
    if (!this.#probe || !association || tried.outcome.kind !== "settled") return tried;
    const open = await this.#probe.check(object, association, association.id);
    return open ? { ...tried, outcome: open } : tried;
  }

  async #claim(object: PodIdentityAssociation, wanted: Desired): Promise<PodIdentityAssociation> {
    const { objects } = this.#ports;
    const claimed = await objects.addFinalizer(object);
    const noted = withFormerRole(claimed, wanted);
    // From the first call on AWS is between two specs: neither has been brought there in full.
    const isNews = noted?.appliedSpec !== undefined && !isApplied(claimed.spec, noted);
    const status = isNews ? { ...noted, appliedSpec: undefined } : noted;
    return status && status !== claimed.status ? objects.patchStatus(claimed, status) : claimed;
  }

  async #desired(object: PodIdentityAssociation): Promise<Desired | Failure> {
    const fault = clusterFault(this.#mode.fixed.cluster);
    if (fault) return fault;
    try {
      const surroundings = await surroundingsOf(
        [object.spec.role],
        this.#mode.fixed,
        this.#ports.aws.roles,
      );
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
