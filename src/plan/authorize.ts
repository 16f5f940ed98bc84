/**
 * May this object have what it asks for? The one question before every write that creates or changes,
 * whatever path a request came by. What was made before and is allowed no more is never taken away here:
 * teardown asks nobody.
 */
import { type Guardrail, type Namespace, selects } from "./guardrail.ts";
import { Failure } from "./outcome.ts";
import { Effort } from "./patterns.ts";
import type { Request } from "./request.ts";
import type { Tags } from "./resources.ts";
import { type Violation, violations } from "./violations.ts";

export interface Rules {
  readonly guardrails: readonly Guardrail[];
  readonly namespace: Namespace;
  /** "" if it is not known. */
  readonly operatorNamespace: string;
  /** Place of the object among those of its namespace that have a role, from 1; the oldest first. */
  readonly rank: number;
}

/** What a role gets beside what was asked for. */
export interface Grant {
  readonly allowed: true;
  /** The guardrail that allows all of it. */
  readonly guardrail: string;
  readonly permissionsBoundaryArn: string | undefined;
  readonly tags: Tags;
  readonly verdicts: Verdicts;
}

export interface Refusal {
  readonly allowed: false;
  readonly failure: Failure;
  /** Whether an association that exists is to be deleted. */
  readonly revokes: boolean;
  readonly verdicts: Verdicts;
}

/** Guardrails of the namespace by name → whether each alone allows all of it. */
export type Verdicts = ReadonlyMap<string, boolean>;

interface Judged {
  readonly guardrail: Guardrail;
  readonly violations: readonly Violation[];
}

/**
 * One guardrail has to allow all of the request (nothing is put together from several), and so has every
 * mandatory one, which itself grants nothing. Of those that do, the first by name counts, whole.
 */
export function authorize(request: Request, rules: Rules): Grant | Refusal {
  const judged = judge(request, rules);
  const verdicts = new Map(
    judged.map(({ guardrail, violations: all }) => [guardrail.name, all.length === 0]),
  );
  const granting = judged.filter(({ guardrail }) => !guardrail.spec.mandatory);
  const mandatory = judged.filter(({ guardrail }) => guardrail.spec.mandatory);
  const broken = mandatory.find(({ violations: all }) => all.length > 0);
  for (const { guardrail, violations: all } of granting) {
    if (all.length > 0 || broken) continue;
    const grant = grantOf(request, guardrail, mandatory);
    if (grant) return { ...grant, verdicts };
  }
  const failure = refusalOf(request, granting, broken);
  const revokes =
    judged.length > 0 && judged.every(({ guardrail }) => guardrail.spec.onViolation === "Revoke");
  return { allowed: false, failure, revokes, verdicts };
}

/**
 * The same, where what is only asked for in case something is to be taken over may be refused alone.
 *
 * @returns the grant without that, and why it is without it
 */
export function authorizeAtLeast(
  request: Request,
  rules: Rules,
): { readonly decision: Grant | Refusal; readonly noAdoption: Failure | undefined } {
  const decision = authorize(request, rules);
  if (decision.allowed || !request.adopts) return { decision, noAdoption: undefined };
  const without = authorize({ ...request, adopts: false }, rules);
  return without.allowed
    ? { decision: without, noAdoption: decision.failure }
    : { decision: without, noAdoption: undefined };
}

function judge(request: Request, rules: Rules): readonly Judged[] {
  const { guardrails, namespace, operatorNamespace, rank } = rules;
  return guardrails
    .filter((guardrail) => selects(guardrail, namespace, operatorNamespace))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((guardrail) => ({ guardrail, violations: violationsOf(request, guardrail, rank) }));
}

function violationsOf(
  request: Request,
  { spec, fault }: Guardrail,
  rank: number,
): readonly Violation[] {
  if (fault) return [{ reason: fault.reason, message: `it cannot be applied: ${fault.message}` }];
  const effort = new Effort();
  const found = violations(request, spec, rank, effort);
  if (!effort.isSpent) return found;
  const message =
    "the wildcards of the policies are too many to be judged; write fewer into each action and resource";
  return [{ reason: "PolicyInvalid", message }];
}

/** `undefined`: a mandatory guardrail forces another boundary, or another value of a tag. */
function grantOf(
  { role }: Request,
  guardrail: Guardrail,
  mandatory: readonly Judged[],
): Omit<Grant, "verdicts"> | undefined {
  const { name } = guardrail;
  // What they force is put on roles that are made; one that exists stays as it is.
  if (!role) return { allowed: true, guardrail: name, permissionsBoundaryArn: undefined, tags: {} };
  const all = [guardrail, ...mandatory.map((one) => one.guardrail)];
  const boundaries = new Set(
    all.flatMap(({ spec }) => spec.managedRoles?.permissionsBoundaryArn ?? []),
  );
  const required = all.flatMap(({ spec }) =>
    Object.entries(spec.managedRoles?.tags?.required ?? {}),
  );
  const tags = Object.fromEntries(required);
  const keys = new Set(Object.keys(tags).map((key) => key.toLowerCase()));
  const contradicts =
    keys.size < Object.keys(tags).length || required.some(([key, value]) => tags[key] !== value);
  if (boundaries.size > 1 || contradicts) return undefined;
  const [permissionsBoundaryArn] = boundaries;
  return { allowed: true, guardrail: name, permissionsBoundaryArn, tags };
}

/** Told from the guardrail that comes closest; a mandatory one that is broken is what stands in the way of all. */
function refusalOf(
  { namespace }: Request,
  granting: readonly Judged[],
  broken: Judged | undefined,
): Failure {
  const [closest] = granting.toSorted((a, b) => a.violations.length - b.violations.length);
  if (!closest) {
    return refused(
      "NoGuardrail",
      `no PodIdentityGuardrail allows namespace ${namespace} anything; have one made whose namespaceSelector selects it`,
    );
  }
  const told = closest.violations.length > 0 ? closest : broken;
  if (!told) {
    return refused(
      "BoundaryNotAllowed",
      `PodIdentityGuardrail ${closest.guardrail.name} and a mandatory one force different boundaries or tags; have one of them changed`,
    );
  }
  const [first, ...others] = told.violations;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const kind = told.guardrail.spec.mandatory
    ? "mandatory PodIdentityGuardrail"
    : "PodIdentityGuardrail";
  return refused(
    first?.reason ?? "",
    `${kind} ${told.guardrail.name}: ${first?.message}${more}; ask for less, or have the guardrail widened`,
  );
}

/** Whoever changes a guardrail wakes the objects; nothing else can help. */
function refused(reason: string, message: string): Failure {
  return new Failure(reason, message, { kind: "never" });
}
