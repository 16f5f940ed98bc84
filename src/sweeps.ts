/** When AWS is looked at, and which objects are looked at again because of it. */
import type { PodIdentityAssociation } from "./api/pod-identity-association.ts";
import type { Inventory } from "./aws/inventory.ts";
import type { Claim } from "./aws/role-sweep.ts";
import { associationSweepMs, describeEveryMs, roleSweepMs } from "./aws/schedule.ts";
import { errorFields, type Logger } from "./engine/log.ts";
import { repeat } from "./engine/repeat.ts";
import { keyOf } from "./kube/object.ts";
import type { Store } from "./kube/store.ts";
import { generatedRoleName } from "./plan/names.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import type { Settings } from "./settings.ts";

export interface SweepOptions {
  readonly lookAgain: (key: string) => void;
  readonly settings: Settings;
  readonly log: Logger;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

export type SweepName = "associations" | "roles";

/** How old what we know of AWS is, and how old it may become. Milliseconds. */
export interface SweepAge {
  readonly sweep: SweepName;
  /** Since the last one that succeeded began; before the first, since the operator began. */
  readonly ageMs: number;
  /** From the end of one to the start of the next. */
  readonly everyMs: number;
}

interface Sweep {
  readonly startedAt: number;
  readonly everyMs: number;
}

type Objects = Store<PodIdentityAssociation>;

/** Described at once: choosing whose turn it is looks at all of them. */
const BATCH = 5;

export class Sweeps {
  readonly #inventory: Inventory;
  readonly #store: Objects;
  readonly #options: SweepOptions;
  readonly #last: Record<SweepName, Sweep>;

  constructor(inventory: Inventory, store: Objects, options: SweepOptions) {
    this.#inventory = inventory;
    this.#store = store;
    this.#options = options;
    const { settings, now } = options;
    const startedAt = now();
    this.#last = {
      associations: { startedAt, everyMs: settings.ASSOCIATION_SWEEP },
      roles: { startedAt, everyMs: settings.ROLE_SWEEP },
    };
  }

  ages(): readonly SweepAge[] {
    const now = this.#options.now();
    const names: readonly SweepName[] = ["associations", "roles"];
    return names.map((sweep) => {
      const { startedAt, everyMs } = this.#last[sweep];
      return { sweep, ageMs: now - startedAt, everyMs };
    });
  }

  /** Before any object is looked at, so that those in sync need no call. What AWS refuses is tried again later. */
  async first(): Promise<void> {
    const { log } = this.#options;
    const sweeps = [this.#associations(), this.#roles()];
    for (const result of await Promise.allSettled(sweeps)) {
      if (result.status === "fulfilled") continue;
      log.warn("will try again", { task: "first sweep", ...errorFields(result.reason) });
    }
  }

  lookAtAll(): void {
    for (const key of this.#store.keys()) this.#options.lookAgain(key);
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { settings, log } = this.#options;
    const describeMs = () => {
      const count = Math.max(1, this.#store.size);
      return Math.min(BATCH, count) * describeEveryMs(count, settings.DESCRIBE_ROTATION);
    };
    await Promise.all([
      repeat(() => this.#associations().then(() => this.lookAtAll()), signal, {
        name: "list of associations",
        everyMs: () => this.#last.associations.everyMs,
        log,
      }),
      repeat(() => this.#roles().then(() => this.lookAtAll()), signal, {
        name: "bulk read of roles",
        everyMs: () => this.#last.roles.everyMs,
        log,
      }),
      repeat(() => this.#describe(), signal, {
        name: "rotating Describe",
        everyMs: describeMs,
        log,
      }),
    ]);
  }

  async #associations(): Promise<void> {
    const { settings, now } = this.#options;
    const startedAt = now();
    const pages = await this.#inventory.sweepAssociations();
    const everyMs = associationSweepMs(pages, settings.ASSOCIATION_SWEEP);
    this.#last.associations = { startedAt, everyMs };
  }

  async #roles(): Promise<void> {
    const { settings, now } = this.#options;
    const startedAt = now();
    const everyMs = roleSweepMs(await this.#inventory.sweepRoles(), settings.ROLE_SWEEP);
    this.#last.roles = { startedAt, everyMs };
  }

  async #describe(): Promise<void> {
    const described = await this.#inventory.describeNext(BATCH);
    const due = new Set(
      described.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`),
    );
    if (due.size === 0) return;
    for (const object of this.#store.values()) {
      const claim = `${object.metadata.namespace}/${object.spec.serviceAccountName}`;
      if (due.has(claim)) this.#options.lookAgain(keyOf(object));
    }
  }
}

/** Whether an object asks for what only the dearer list of roles shows. */
export function setsTexts({ spec }: PodIdentityAssociation): boolean {
  return spec.role?.description !== undefined || spec.role?.maxSessionDurationSeconds !== undefined;
}

/** The role's name is computed: it is needed where roles may not be read in bulk, and status may have lost it. */
export function* claims(store: Objects, cluster: ClusterFacts): Iterable<Claim> {
  for (const { metadata, spec } of store.values()) {
    const { namespace = "", name } = metadata;
    const claim = { namespace, serviceAccount: spec.serviceAccountName };
    if (!spec.role) yield claim;
    else
      yield {
        ...claim,
        roleName: spec.role.name ?? generatedRoleName(cluster.arn, namespace, name),
      };
  }
}
