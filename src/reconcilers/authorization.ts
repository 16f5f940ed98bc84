/** Asks the guardrails about one object, and keeps what each of them said, for their status. */
import type { PodIdentityAssociation } from "../api/pod-identity-association.ts";
import { authorizeAtLeast, type Grant, type Refusal, type Verdicts } from "../plan/authorize.ts";
import type { Desired } from "../plan/desired.ts";
import type { Failure } from "../plan/outcome.ts";
import { rankOf } from "../plan/rank.ts";
import { requestOf } from "../plan/request.ts";
import type { Ports } from "./ports.ts";

/** Objects by key ("namespace/name") → what the guardrails of their namespace say of them. */
export class Tally {
  readonly #verdicts = new Map<string, Verdicts>();

  note(key: string, verdicts: Verdicts): void {
    this.#verdicts.set(key, verdicts);
  }

  /** Objects that a guardrail allows and refuses; `undefined` while not all of `keys` have been judged. */
  countsFor(
    guardrail: string,
    keys: ReadonlySet<string>,
  ): { readonly allowed: number; readonly refused: number } | undefined {
    for (const key of this.#verdicts.keys()) if (!keys.has(key)) this.#verdicts.delete(key);
    if (this.#verdicts.size < keys.size) return undefined;
    const said = [...this.#verdicts.values()].map((verdicts) => verdicts.get(guardrail));
    return {
      allowed: said.filter((verdict) => verdict === true).length,
      refused: said.filter((verdict) => verdict === false).length,
    };
  }
}

export interface Decided {
  readonly decision: Grant | Refusal;
  /** Why nothing may be taken over although the user has said so. */
  readonly noAdoption: Failure | undefined;
}

export function decide(
  object: PodIdentityAssociation,
  desired: Desired,
  {
    ports: { rulebook, objects },
    operatorNamespace,
  }: { readonly ports: Pick<Ports, "rulebook" | "objects">; readonly operatorNamespace: string },
): Decided {
  const guardrails = rulebook.guardrails();
  const { namespace: name = "" } = object.metadata;
  // Counting looks at all objects: only where somebody wants to know.
  const counts = guardrails.some(
    ({ spec }) => spec.managedRoles?.maxRolesPerNamespace !== undefined,
  );
  return authorizeAtLeast(requestOf(object.spec, desired), {
    guardrails,
    namespace: { name, labels: rulebook.labelsOf(name) ?? {} },
    operatorNamespace,
    rank: counts && object.spec.role ? rankOf(object, objects.all()) : 1,
  });
}
