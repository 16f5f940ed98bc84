/** What AWS shows, read in bulk and kept in memory, so that looking at an object costs no call. */
import type {
  AssociationKey,
  ObservedAssociation,
  ObservedRole,
  Sighting,
} from "../plan/resources.ts";
import { collect } from "./collect.ts";
import type { Associations } from "./ports.ts";
import { RoleSweeper, type RoleSweepOptions, roleKey } from "./role-sweep.ts";
import { Rotation } from "./rotation.ts";
import { freshForMs, type RoleSweep } from "./schedule.ts";
import { Sightings } from "./sightings.ts";

export interface InventoryOptions extends RoleSweepOptions {
  readonly associations: Pick<Associations, "describe" | "sweep">;
  /** What AWS lists is not believed about a thing we wrote less than this long ago. @default 30,000 */
  readonly consistencyWindowMs?: number;
  /** How old a list may be for a new object. @default 10,000 */
  readonly freshListMs?: number;
}

export class Inventory {
  readonly #options: InventoryOptions;
  readonly #roles: Sightings<ObservedRole>;
  readonly #associations: Sightings<ObservedAssociation>;
  readonly #roleSweeper: RoleSweeper;
  readonly #windowMs: number;
  readonly #rotation = new Rotation();
  #sweepOfAssociations: Promise<number> | undefined;
  #listedAt = Number.NEGATIVE_INFINITY;
  #pages = 0;

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.#windowMs = options.consistencyWindowMs ?? 30_000;
    this.#roles = new Sightings(this.#windowMs);
    this.#associations = new Sightings(this.#windowMs);
    this.#roleSweeper = new RoleSweeper(options, this.#roles);
  }

  /** IAM tells role names apart without case, and so do all methods here. */
  role(name: string): Sighting<ObservedRole> {
    return this.#roles.get(roleKey(name));
  }

  /** What a read of this role has just shown; `undefined`: it is not there. */
  readRole(name: string, role: ObservedRole | undefined): void {
    this.#roles.read(roleKey(name), role, this.#options.now());
  }

  /** What is true after our own write; `undefined`: we deleted it. */
  wroteRole(name: string, role: ObservedRole | undefined): void {
    this.#roles.wrote(roleKey(name), role, this.#options.now());
  }

  /**
   * A write failed: the role is unknown until it is read.
   *
   * @param mayBeWritten it may have happened all the same
   */
  forgetRole(name: string, mayBeWritten = true): void {
    this.#roles.forget(roleKey(name), this.#options.now(), mayBeWritten);
  }

  /** When we last wrote to the role, or may have; by `now`. Known for at least ten minutes. */
  roleWrittenAt(name: string): number | undefined {
    return this.#roles.lastWrite(roleKey(name))?.at;
  }

  /** Whether the last we did to the role was to delete it. */
  isRoleDeletedByUs(name: string): boolean {
    return this.#roles.lastWrite(roleKey(name))?.deleted === true;
  }

  /** We deleted it so shortly ago that IAM may show what it was. */
  isRoleJustDeleted(name: string): boolean {
    const { at, deleted } = this.#roles.lastWrite(roleKey(name)) ?? { at: 0, deleted: false };
    return deleted && this.#options.now() - at < this.#windowMs;
  }

  /** Roles as last seen that a test is true of; looks at all of them. */
  rolesWhere(isSo: (role: ObservedRole) => boolean): readonly ObservedRole[] {
    return [...this.#roles.values()].filter(isSo);
  }

  /** Associations as last seen that a test is true of; looks at all of them. */
  associationsWhere(
    isSo: (association: ObservedAssociation) => boolean,
  ): readonly ObservedAssociation[] {
    return [...this.#associations.values()].filter(isSo);
  }

  association(key: AssociationKey): Sighting<ObservedAssociation> {
    return this.#associations.get(textOf(key));
  }

  /** What a read of this association has just shown; `undefined`: there is none. */
  readAssociation(key: AssociationKey, association: ObservedAssociation | undefined): void {
    this.#associations.read(textOf(key), association, this.#options.now());
    if (association?.details) this.#rotation.done(textOf(key), this.#options.now());
  }

  /** What is true after our own write; `undefined`: we deleted it. */
  wroteAssociation(key: AssociationKey, association: ObservedAssociation | undefined): void {
    this.#associations.wrote(textOf(key), association, this.#options.now());
    if (association?.details) this.#rotation.done(textOf(key), this.#options.now());
  }

  /**
   * A write failed: the association is unknown until it is read.
   *
   * @param mayBeWritten it may have happened all the same
   */
  forgetAssociation(key: AssociationKey, mayBeWritten = true): void {
    this.#associations.forget(textOf(key), this.#options.now(), mayBeWritten);
  }

  /**
   * Lists all associations. Callers at the same time share one sweep.
   *
   * @returns how many pages it took
   * @throws Failure if a page failed: half a list would look like deletions, so none of it counts
   */
  sweepAssociations(): Promise<number> {
    this.#sweepOfAssociations ??= this.#listAssociations().finally(() => {
      this.#sweepOfAssociations = undefined;
    });
    return this.#sweepOfAssociations;
  }

  /**
   * For a new object, which must not get a role if its ServiceAccount is taken: lists again unless the
   * last list began some seconds ago at most (10, or 1 for each page).
   *
   * @throws Failure like sweepAssociations
   */
  async associationsAtMostSecondsOld(): Promise<void> {
    const age = this.#options.now() - this.#listedAt;
    if (age > freshForMs(this.#pages, this.#options.freshListMs)) await this.sweepAssociations();
  }

  /**
   * Reads all roles in bulk or, where that is not permitted, the claimed ones one by one.
   *
   * @throws Failure if a page failed; what was known before stays
   */
  sweepRoles(): Promise<RoleSweep> {
    return this.#roleSweeper.sweep();
  }

  /**
   * Describes those claimed associations whose description is oldest: List leaves out role and tags. Those
   * that nobody claims are described once, to see whether an object of ours has left them behind.
   *
   * @returns their keys, to be looked at again
   */
  async describeNext(count: number): Promise<readonly AssociationKey[]> {
    const existing = [...this.#options.claimed()].filter((key) => this.#idOf(key) !== undefined);
    const due = this.#rotation.next(existing, textOf, count);
    for (const key of due) await this.#describe(key);
    const claimed = new Set([...this.#options.claimed()].map(textOf));
    const strangers = this.associationsWhere(
      (one) => one.details === undefined && one.ownerArn === undefined && !claimed.has(textOf(one)),
    );
    // Whatever AWS says to that, those that are claimed have to be looked at again.
    for (const key of strangers.slice(0, count)) await this.#describe(key).catch(() => undefined);
    return due;
  }

  async #describe(key: AssociationKey): Promise<void> {
    const id = this.#idOf(key);
    if (id === undefined) return;
    const startedAt = this.#options.now();
    this.#rotation.done(textOf(key), startedAt);
    const association = await this.#options.associations.describe(id);
    this.#associations.glimpsed(textOf(key), association, startedAt);
  }

  #idOf(key: AssociationKey): string | undefined {
    const seen = this.association(key);
    return typeof seen === "object" ? seen.id : undefined;
  }

  async #listAssociations(): Promise<number> {
    const { associations, now } = this.#options;
    const startedAt = now();
    const { things, pages } = await collect(associations.sweep(), { keyOf: textOf, now });
    this.#associations.swept(things, startedAt, withKnownDetails);
    this.#listedAt = startedAt;
    this.#pages = pages;
    return pages;
  }
}

function textOf({ namespace, serviceAccount }: AssociationKey): string {
  return `${namespace}/${serviceAccount}`;
}

/** Details belong to an association, not to its ServiceAccount: one made anew has its own. */
function withKnownDetails(
  news: ObservedAssociation,
  before: ObservedAssociation,
): ObservedAssociation {
  return news.id === before.id ? { ...news, details: before.details } : news;
}
