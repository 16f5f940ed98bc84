/**
 * The guardrails' decision by brute force: every short text is held against every pattern. Shares nothing
 * with src/plan but types, so that both would have to be wrong in the same way.
 */
import type { PodIdentityGuardrailSpec } from "../../src/api/pod-identity-guardrail.ts";
import type { Guardrail } from "../../src/plan/guardrail.ts";
import type { Request, RoleRequest } from "../../src/plan/request.ts";

type ManagedRoles = NonNullable<PodIdentityGuardrailSpec["managedRoles"]>;
export type InlinePolicies = NonNullable<ManagedRoles["inlinePolicies"]>;

export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** Every text over the alphabet, the empty one, too. */
export function textsOver(alphabet: readonly string[], longest: number): readonly string[] {
  const texts = [""];
  for (const text of texts) {
    if (text.length < longest) texts.push(...alphabet.map((char) => text + char));
  }
  return texts;
}

/** `*` takes any text, `?` any character; nothing else is special, `${` neither. */
export function matchesIam(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  const rest = pattern.slice(1);
  if (pattern.startsWith("*")) return suffixes(text).some((suffix) => matchesIam(rest, suffix));
  const isSame = pattern.startsWith("?") || pattern[0] === text[0];
  return text !== "" && isSame && matchesIam(rest, text.slice(1));
}

/** `**` and longer take any text without `:`, `*` any without `:` and `/`, `?` one such character. */
export function matchesGlob(glob: string, text: string): boolean {
  if (glob === "") return text === "";
  const stars = /^\**/.exec(glob)?.[0].length ?? 0;
  if (stars > 0) {
    const taken = stars > 1 ? /^[^:]*$/ : /^[^:/]*$/;
    const rest = glob.slice(stars);
    return suffixes(text).some(
      (suffix) =>
        taken.test(text.slice(0, text.length - suffix.length)) && matchesGlob(rest, suffix),
    );
  }
  const isSame = glob.startsWith("?") ? /^[^:/]/.test(text) : glob[0] === text[0];
  return text !== "" && isSame && matchesGlob(glob.slice(1), text.slice(1));
}

function suffixes(text: string): readonly string[] {
  return Array.from({ length: text.length + 1 }, (_, start) => text.slice(start));
}

const ACTIONS = textsOver(["a", "b", ":"], 4);
const RESOURCES = textsOver(["a", "/", ":"], 4);
const FILLINGS = textsOver(["a", "b", "/", ":"], 2);

/** What a requested pattern may be once its variables are filled in. */
function fillings(pattern: string): readonly string[] {
  const start = pattern.indexOf("${");
  if (start < 0) return [pattern];
  const before = pattern.slice(0, start);
  const after = fillings(pattern.slice(pattern.indexOf("}", start) + 1));
  return FILLINGS.flatMap((filling) => after.map((rest) => before + filling + rest));
}

/** What a statement lets through of all texts that are tried. */
function requested(patterns: string | readonly string[], texts: readonly string[]) {
  const all = [patterns].flat().flatMap(fillings);
  return texts.filter((text) => all.some((pattern) => matchesIam(pattern, text)));
}

/**
 * Pairs of an action and a resource that the statements allow and the guardrail does not. Statements that
 * deny are left out: it is not for them to make a policy harmless. IAM's actions know no case.
 */
export function pairsOutside(
  statements: readonly Statement[],
  { allowedActions = [], forbiddenActions = [], allowedResources = [] }: InlinePolicies,
): readonly string[] {
  const meets = (action: string) => (pattern: string) => matchesIam(pattern.toLowerCase(), action);
  const isPermitted = (action: string) =>
    allowedActions.some(meets(action)) && !forbiddenActions.some(meets(action));
  const isWithin = (resource: string) =>
    allowedResources.some((pattern) => matchesIam(pattern, resource));
  return statements
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action, Resource }) => {
      const actions = requested([Action].flat().map(lowerCase), ACTIONS);
      const resources = requested(Resource, RESOURCES);
      const beyond = resources.filter((resource) => !isWithin(resource));
      return actions.flatMap((action) =>
        (isPermitted(action) ? beyond : resources).map((resource) => `${action} on ${resource}`),
      );
    });
}

const lowerCase = (text: string) => text.toLowerCase();

/** As the API server would hand it out, with defaults, for namespace shop. */
export function guardrail(
  managed: Partial<ManagedRoles>,
  changed: Partial<PodIdentityGuardrailSpec> = {},
  name = "one",
): Guardrail {
  const managedRoles: ManagedRoles = {
    acknowledgeUnbounded: true,
    widestTrustScope: "ServiceAccount",
    ...managed,
  };
  const spec: PodIdentityGuardrailSpec = {
    namespaceSelector: { matchNames: ["shop"] },
    serviceAccounts: ["*"],
    managedRoles,
    mandatory: false,
    sessionTags: "Required",
    adoption: "Forbidden",
    onViolation: "Freeze",
    ...changed,
  };
  return { name, spec, fault: undefined };
}

/** Of ServiceAccount web in namespace shop. */
export function request(asked: Partial<Request>): Request {
  const nothing = { roleArn: undefined, role: undefined, targetRoleArn: undefined };
  const account = { namespace: "shop", serviceAccount: "web" };
  return { ...account, ...nothing, sessionTags: true, adopts: false, annotations: [], ...asked };
}

/** A role that is to be made, and is nothing but what is said here. */
export function roleRequest(asked: Partial<RoleRequest>): Request {
  const role: RoleRequest = {
    name: undefined,
    permissionsBoundaryArn: undefined,
    maxSessionSeconds: undefined,
    trustScope: undefined,
    tags: {},
    managedPolicyArns: [],
    inlinePolicies: {},
    ...asked,
  };
  return request({ role });
}
