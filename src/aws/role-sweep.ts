/** Brings what is known of roles up to date: in bulk or, where that is not permitted, one by one. */
import { asFailure } from "../plan/outcome.ts";
import type { AssociationKey, ObservedRole } from "../plan/resources.ts";
import { collect } from "./collect.ts";
import type { Roles, RoleTexts } from "./ports.ts";
import type { RoleSweep } from "./schedule.ts";
import type { Sightings } from "./sightings.ts";

/** A ServiceAccount that an object claims, and the role it owns for it. */
export interface Claim extends AssociationKey {
  readonly roleName?: string | undefined;
}

export interface RoleSweepOptions {
  readonly roles: Pick<Roles, "find" | "sweep" | "sweepDescriptions">;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Path of the roles whose descriptions are read. */
  readonly rolePath: string;
  /** Whether any object sets a description or session duration; asked before each sweep. */
  readonly needsTexts: () => boolean;
  readonly claimed: () => Iterable<Claim>;
  readonly log: { warn(message: string, fields: Readonly<Record<string, unknown>>): void };
}

/** IAM tells role names apart without case. */
export function roleKey(name: string): string {
  return name.toLowerCase();
}

export class RoleSweeper {
  readonly #options: RoleSweepOptions;
  readonly #known: Sightings<ObservedRole>;
  #refused = false;

  constructor(options: RoleSweepOptions, known: Sightings<ObservedRole>) {
    this.#options = options;
    this.#known = known;
  }

  /** @throws Failure if a page failed; what was known before stays */
  async sweep(): Promise<RoleSweep> {
    try {
      const calls = await this.#inBulk();
      this.#refused = false;
      return { bulk: true, calls };
    } catch (thrown) {
      if (!isDenied(thrown)) throw thrown;
      this.#noteRefusal(thrown);
      return { bulk: false, calls: await this.#oneByOne() };
    }
  }

  async #inBulk(): Promise<number> {
    const { roles, now, needsTexts } = this.#options;
    const startedAt = now();
    const keyOf = ({ name }: ObservedRole) => roleKey(name);
    const { things, pages } = await collect(roles.sweep(), { keyOf, now });
    if (!needsTexts()) {
      this.#known.swept(things, startedAt, withKnownTexts);
      return pages;
    }
    const texts = await this.#texts();
    const whole = things.map((thing) => ({
      ...thing,
      value: { ...thing.value, ...texts.get(thing.value.name) },
    }));
    this.#known.swept(whole, startedAt);
    return pages + Math.ceil(texts.size / 1000);
  }

  /** Without the right to list roles, descriptions stay unknown, which is no drift. */
  async #texts(): Promise<ReadonlyMap<string, RoleTexts>> {
    const { roles, rolePath } = this.#options;
    return roles.sweepDescriptions(rolePath).catch(emptyIfDenied);
  }

  async #oneByOne(): Promise<number> {
    const { claimed, roles, now } = this.#options;
    const names = new Map<string, string>();
    for (const { roleName } of claimed()) {
      if (roleName !== undefined) names.set(roleKey(roleName), roleName);
    }
    let calls = 0;
    for (const [key, name] of names) {
      const startedAt = now();
      // A role that may not be read stays unknown and does not hide the others.
      const role = await roles.find(name).catch(deniedOrThrow);
      calls += role && role !== "denied" ? 3 + Object.keys(role.inlinePolicies).length : 1;
      if (role !== "denied") this.#known.glimpsed(key, role, startedAt);
    }
    return calls;
  }

  #noteRefusal(thrown: unknown): void {
    this.#known.incomplete();
    if (this.#refused) return;
    this.#refused = true;
    const why = asFailure(thrown).message;
    this.#options.log.warn("roles are read one by one, which takes longer", { why });
  }
}

/** What only a read of the one role shows stays known, as long as it is the same role. */
function withKnownTexts(news: ObservedRole, before: ObservedRole): ObservedRole {
  const { description, maxSessionSeconds } = before;
  return news.roleId === before.roleId ? { ...news, description, maxSessionSeconds } : news;
}

function isDenied(thrown: unknown): boolean {
  return asFailure(thrown).reason === "AccessDenied";
}

function deniedOrThrow(thrown: unknown): "denied" {
  if (isDenied(thrown)) return "denied";
  throw thrown;
}

function emptyIfDenied(thrown: unknown): ReadonlyMap<string, RoleTexts> {
  if (isDenied(thrown)) return new Map();
  throw thrown;
}
