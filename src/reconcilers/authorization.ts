/** Asks the guardrails about one object, and keeps what each of them said, for their status. */
import { INSTALLATION_TAG, RESOURCE_TAG, RETAINED_TAG } from "../api/group.ts";
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { authorizeAtLeast, type Grant, type Refusal, type Verdicts } from "../plan/authorize.ts";
import type { Desired } from "../plan/desired.ts";
import { Failure } from "../plan/outcome.ts";
import { rankOf } from "../plan/rank.ts";
import { requestOf } from "../plan/request.ts";
import type { Ports } from "./ports.ts";

interface Counts {
  readonly allowed: number;
  readonly refused: number;
}

/** Objects by key ("namespace/name") → what the guardrails of their namespace say of them. */
export class Tally {
  readonly #verdicts = new Map<string, Verdicts>();
  #version = 0;

  /** Grows with every verdict that is not as it was. */
  get version(): number {
    return this.#version;
  }

  note(key: string, verdicts: Verdicts): void {
    const before = this.#verdicts.get(key);
    if (before && textOf(before) === textOf(verdicts)) return;
    this.#verdicts.set(key, verdicts);
    this.#version += 1;
  }

  /** Objects that each guardrail allows and refuses, by its name; `undefined` while not all `keys` have been judged. */
  counts(keys: ReadonlySet<string>): ReadonlyMap<string, Counts> | undefined {
    for (const key of this.#verdicts.keys()) if (!keys.has(key)) this.#verdicts.delete(key);
    if (this.#verdicts.size < keys.size) return undefined;
    const counts = new Map<string, Counts>();
    for (const verdicts of this.#verdicts.values()) {
      for (const [guardrail, isAllowed] of verdicts) {
        const { allowed, refused } = counts.get(guardrail) ?? { allowed: 0, refused: 0 };
        const more = isAllowed
          ? { allowed: allowed + 1, refused }
          : { allowed, refused: refused + 1 };
        counts.set(guardrail, more);
      }
    }
    return counts;
  }
}

const textOf = (verdicts: Verdicts) => JSON.stringify([...verdicts]);

export interface Decided {
  readonly decision: Grant | Refusal;
  /** Why nothing may be taken over although the user has said so. */
  readonly noAdoption: Failure | undefined;
}

/** @throws Failure Pending if the namespace has not been seen yet */
export function decide(
  object: PodIdentityAssociation,
  desired: Desired,
  {
    ports: { rulebook, objects, aws },
    operatorNamespace,
  }: {
    readonly ports: Pick<Ports, "rulebook" | "objects" | "aws">;
    readonly operatorNamespace: string;
  },
): Decided {
  const guardrails = rulebook.guardrails();
  const { namespace: name = "" } = object.metadata;
  // Counting looks at all objects: only where somebody wants to know.
  const counts = guardrails.some(
    ({ spec }) => spec.managedRoles?.maxRolesPerNamespace !== undefined,
  );
  const labels = rulebook.labelsOf(name);
  if (!labels) throw notSeenYet(name);
  return authorizeAtLeast(requestOf(object, desired), {
    guardrails,
    namespace: { name, labels },
    operatorNamespace,
    rank:
      counts && object.spec.role
        ? rankOf(object, objects.all()) + leftBehind(desired, { objects, aws })
        : 1,
  });
}

/**
 * Roles that objects of the namespace have left behind on purpose count against one role more, or there
 * would be no end. Whoever has a role already does not lose its place to them.
 */
function leftBehind(
  { owner, role: wanted }: Desired,
  { objects, aws }: Pick<Ports, "objects" | "aws">,
): number {
  const own = aws.inventory.role(wanted?.name ?? "");
  if (typeof own === "object" && own.tags[RESOURCE_TAG] === owner.resource) return 0;
  const [namespace] = owner.resource.split("/");
  return aws.inventory.rolesWhere(({ tags }) => {
    const resource = tags[RESOURCE_TAG] ?? "";
    const isOfThisInstallation =
      tags[RETAINED_TAG] === owner.clusterArn && tags[INSTALLATION_TAG] === owner.installation;
    const isHere = resource.startsWith(`${namespace}/`) && !objects.get(resource);
    return isOfThisInstallation && isHere;
  }).length;
}

/** The object came before its namespace: without the labels a mandatory guardrail might be missed. */
function notSeenYet(namespace: string): Failure {
  return new Failure("Pending", `namespace ${namespace} has not been seen yet`, {
    kind: "after",
    ms: 1_000,
  });
}
