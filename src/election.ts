/** One replica's part in the election: takes the Lease, keeps it, and says at each write whether it still has it. */
import { errorFields, type Logger } from "./engine/log.ts";
import { pause } from "./engine/repeat.ts";
import { systemTiming, type Timing } from "./engine/work-queue.ts";
import { KubeError } from "./kube/errors.ts";
import type { Lease, LeaseSeen } from "./kube/lease.ts";
import {
  candidacy,
  type LeaseDurations,
  type Sighting,
  sighted,
  tenure,
} from "./plan/leadership.ts";
import { Failure } from "./plan/outcome.ts";

export interface ElectionOptions {
  readonly lease: Pick<Lease, "name" | "read" | "write">;
  /** Of this process: no other one ever has it. */
  readonly us: string;
  readonly durations: LeaseDurations;
  readonly log: Logger;
  readonly timing?: Timing;
}

/** A stop must not wait for an API server that is away: the Lease then runs out by itself. Milliseconds. */
const RELEASE_MS = 1_000;

export class Election {
  readonly #options: Required<ElectionOptions>;
  readonly #lost = Promise.withResolvers<never>();
  /** Aborts when the Lease is lost or given back. */
  readonly #over = new AbortController();
  #leads = false;
  #record: LeaseSeen | undefined;
  #renewedAt = 0;
  #triedAt = 0;
  #standby = { ready: false, why: "waiting for a first look at the Lease" };

  constructor(options: ElectionOptions) {
    this.#options = { timing: systemTiming, ...options };
    // It may be lost before anybody listens.
    this.#lost.promise.catch(() => {});
  }

  get isLeading(): boolean {
    return this.#leads;
  }

  get standby() {
    return this.#standby;
  }

  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  /** Goes by the clock, not by a timer: a process that was stopped wakes in the belief it fell asleep with. */
  readonly fence = (): void => {
    if (!this.#leads) throw this.#failure("is not held by this replica");
    if (this.#tenure().kind === "lost") throw this.#lose("was not renewed in time");
  };

  async lead(signal: AbortSignal): Promise<boolean> {
    const { timing, durations, us } = this.#options;
    for (let seen: Sighting | undefined; !signal.aborted; ) {
      let waitMs = durations.renewPeriodMs;
      try {
        const found = await this.#options.lease.read(AbortSignal.any([signal, this.#soon()]));
        seen = sighted(seen, found, timing.now());
        const next = candidacy(seen, timing.now(), { ...durations, us });
        if (next.kind === "acquire") await this.#take(found);
        else {
          this.#standby = { ready: true, why: `standby: ${seen?.holder} leads` };
          waitMs = next.ms;
        }
      } catch (thrown) {
        if (!signal.aborted) this.#explain(thrown);
      }
      if (this.#leads) return true;
      await pause(waitMs, signal, timing);
    }
    return false;
  }

  async release(): Promise<void> {
    const { lease, log, us } = this.#options;
    this.#over.abort(new Error("the Lease is given back"));
    if (!this.#leads) return;
    this.#leads = false;
    try {
      const signal = AbortSignal.timeout(RELEASE_MS);
      // Read again: a renewal may have been under way.
      const found = await lease.read(signal);
      if (found?.holder === us) await lease.write(this.#claim(""), found, signal);
      log.info("the Lease is given back", lease.name);
    } catch (thrown) {
      log.warn("the Lease is not given back and runs out by itself", errorFields(thrown));
    }
  }

  async #take(found: LeaseSeen | undefined): Promise<void> {
    const { lease, timing, log, us } = this.#options;
    await this.#write(found);
    this.#leads = true;
    // An answer that took too long is no Lease.
    if (this.#tenure().kind === "lost") this.#lose("was taken too late");
    else log.info("leads", { ...lease.name, identity: us });
    void this.#keep(timing);
  }

  async #keep(timing: Timing): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const next = this.#tenure();
      if (next.kind === "lost") this.#lose("was not renewed in time");
      else if (next.kind === "wait") await pause(next.ms, signal, timing);
      else await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    try {
      await this.#write(this.#record);
    } catch (thrown) {
      if (this.#over.signal.aborted) return;
      this.#options.log.warn("the Lease is not renewed", errorFields(thrown));
      if (thrown instanceof KubeError && [404, 409].includes(thrown.status)) await this.#look();
    }
  }

  /** Somebody wrote it since, or it was deleted. */
  async #look(): Promise<void> {
    const { lease, us } = this.#options;
    try {
      const found = await lease.read(this.#soon());
      if (found && found.holder !== us) this.#lose(`is held by ${found.holder || "nobody"} now`);
      this.#record = found;
      // At once: a conflict is no reason to let it run out.
      if (found) this.#triedAt = -Infinity;
    } catch {
      // The next renewal says why.
    }
  }

  async #write(before: LeaseSeen | undefined): Promise<void> {
    const { lease, timing, us } = this.#options;
    const sentAt = timing.now();
    this.#triedAt = sentAt;
    this.#record = await lease.write(this.#claim(us), before, this.#soon());
    this.#renewedAt = sentAt;
  }

  #claim(holder: string) {
    return { holder, durationMs: this.#options.durations.leaseDurationMs };
  }

  /** Half of the deadline: one answer that never comes leaves time for another try. */
  #soon(): AbortSignal {
    const timeout = AbortSignal.timeout(this.#options.durations.renewDeadlineMs / 2);
    return AbortSignal.any([timeout, this.#over.signal]);
  }

  #tenure() {
    const { timing, durations } = this.#options;
    const held = { renewedAt: this.#renewedAt, triedAt: this.#triedAt };
    return tenure(held, timing.now(), durations);
  }

  #explain(thrown: unknown): void {
    const { log } = this.#options;
    // Another one was faster.
    if (thrown instanceof KubeError && thrown.status === 409) return;
    const { error = "" } = errorFields(thrown);
    const why = `waiting for the Lease: ${error}`;
    if (why !== this.#standby.why) log.warn("cannot look at the Lease", errorFields(thrown));
    this.#standby = { ready: false, why };
  }

  #lose(why: string): Failure {
    const failure = this.#failure(why);
    this.#leads = false;
    this.#lost.reject(failure);
    this.#over.abort(failure);
    return failure;
  }

  #failure(why: string): Failure {
    const { namespace, name } = this.#options.lease.name;
    const message = `the Lease ${namespace}/${name} ${why}: nothing more is written, and the process begins anew`;
    return new Failure("LeaseLost", message, {
      kind: "after",
      ms: this.#options.durations.renewPeriodMs,
    });
  }
}
