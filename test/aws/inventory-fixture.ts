/** An inventory over AWS in memory, with a clock that a test moves. */
import { Inventory } from "../../src/aws/inventory.ts";
import type { RoleTexts } from "../../src/aws/ports.ts";
import type { Claim } from "../../src/aws/role-sweep.ts";
import type { ObservedAssociation, ObservedRole } from "../../src/plan/resources.ts";
import { denied, FakeList } from "./fakes.ts";

export const WINDOW = 30_000;

export class Fixture {
  now = 1_000_000;
  readonly associations = new FakeList<ObservedAssociation>();
  readonly roles = new FakeList<ObservedRole>();
  /** Answers of single reads, by id and by name. */
  readonly described = new Map<string, ObservedAssociation>();
  readonly found = new Map<string, ObservedRole>();
  /** Single reads that were made. */
  readonly calls: string[] = [];
  readonly warnings: string[] = [];
  claims: Claim[] = [];
  /** Set: objects need descriptions, and these are there. */
  texts: Map<string, RoleTexts> | "denied" | undefined;

  readonly inventory = new Inventory({
    associations: {
      sweep: () => this.associations.sweep(),
      describe: async (id) => {
        this.calls.push(`describe ${id}`);
        return this.described.get(id);
      },
    },
    roles: {
      sweep: () => this.roles.sweep(),
      find: async (name) => {
        this.calls.push(`find ${name}`);
        if (name === "secret") throw denied;
        return this.found.get(name);
      },
      sweepDescriptions: async (path) => {
        this.calls.push(`descriptions ${path}`);
        if (this.texts === "denied") throw denied;
        return this.texts ?? new Map();
      },
    },
    now: () => this.now,
    consistencyWindowMs: WINDOW,
    rolePath: "/podidentity/",
    needsTexts: () => this.texts !== undefined,
    claimed: () => this.claims,
    log: { warn: (message) => this.warnings.push(message) },
  });
}
