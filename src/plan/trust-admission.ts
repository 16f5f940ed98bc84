/**
 * Does a trust policy that somebody else wrote let EKS give the role to a ServiceAccount of this cluster?
 * What is not understood does not hold: a role that is thought to work and does not is the worse mistake.
 */
import { POD_IDENTITY_PRINCIPAL } from "../api/group.ts";
import { Effort, exactly, iamPattern, isContained } from "./patterns.ts";
import { isObject } from "./policy-shape.ts";
import type { AssociationKey, ClusterFacts } from "./resources.ts";
import { TRUSTED_ACTIONS } from "./trust-policy.ts";

export interface Subject {
  readonly cluster: ClusterFacts;
  readonly key: AssociationKey;
}

/** @returns why not; `undefined`: it does */
export function shutOutBy(document: string, subject: Subject): string | undefined {
  const statements = statementsOf(document);
  if (!statements) return "its trust policy cannot be read";
  const concerned = statements.filter(isAboutEks);
  if (concerned.some(({ Effect }) => Effect !== "Allow")) {
    return `its trust policy denies ${POD_IDENTITY_PRINCIPAL} something`;
  }
  const allowed = concerned.filter(allowsBoth);
  if (allowed.length === 0) {
    return `its trust policy does not allow ${POD_IDENTITY_PRINCIPAL} ${TRUSTED_ACTIONS.join(" and ")}`;
  }
  const unmet = allowed.map(({ Condition }) => unmetCondition(Condition, contextOf(subject)));
  return unmet.includes(undefined)
    ? undefined
    : `its trust policy has the condition ${unmet[0]}, which does not hold for ServiceAccount ${subject.key.namespace}/${subject.key.serviceAccount} of cluster ${subject.cluster.name}`;
}

type Statement = Readonly<Record<string, unknown>>;

function statementsOf(document: string): readonly Statement[] | undefined {
  try {
    const parsed: unknown = JSON.parse(document);
    if (!isObject(parsed)) return undefined;
    const statements = list(parsed["Statement"]);
    return statements.every(isObject) ? statements : undefined;
  } catch {
    return undefined;
  }
}

/** A Deny may name it in more ways than an Allow: `*`, or all but others. */
function isAboutEks({ Effect, Principal, NotPrincipal }: Statement): boolean {
  const services = isObject(Principal) ? list(Principal["Service"]) : [];
  if (services.includes(POD_IDENTITY_PRINCIPAL)) return true;
  const named = isObject(Principal) ? Object.values(Principal).flatMap(list) : [Principal];
  return Effect !== "Allow" && (named.includes("*") || NotPrincipal !== undefined);
}

function allowsBoth({ Action, NotAction }: Statement): boolean {
  const patterns = list(Action).map((one) => String(one).toLowerCase());
  return (
    NotAction === undefined &&
    TRUSTED_ACTIONS.every((action) =>
      patterns.some((pattern) => matches(action.toLowerCase(), pattern)),
    )
  );
}

/** What EKS sends with every session, in lower case: condition keys ignore it. */
function contextOf({ cluster, key }: Subject): ReadonlyMap<string, string> {
  return new Map([
    ["aws:sourceaccount", cluster.accountId],
    ["aws:sourcearn", cluster.arn],
    ["aws:requesttag/eks-cluster-arn", cluster.arn],
    ["aws:requesttag/eks-cluster-name", cluster.name],
    ["aws:requesttag/kubernetes-namespace", key.namespace],
    ["aws:requesttag/kubernetes-service-account", key.serviceAccount],
  ]);
}

type Test = (text: string, pattern: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  stringequals: (text, value) => text === value,
  stringequalsignorecase: (text, value) => text.toLowerCase() === value.toLowerCase(),
  stringlike: matches,
  arnequals: arnMatches,
  arnlike: arnMatches,
};

/** The first that does not hold, as `operator key`. */
function unmetCondition(
  condition: unknown,
  context: ReadonlyMap<string, string>,
): string | undefined {
  if (condition === undefined) return undefined;
  if (!isObject(condition)) return JSON.stringify(condition);
  for (const [operator, keys] of Object.entries(condition)) {
    const test = TESTS[operator.toLowerCase().replace(/ifexists$/, "")];
    if (!test || !isObject(keys)) return operator;
    for (const [key, values] of Object.entries(keys)) {
      const text = context.get(key.toLowerCase());
      const holds = text !== undefined && list(values).some((value) => test(text, String(value)));
      if (!holds) return `${operator} ${key}`;
    }
  }
  return undefined;
}

function matches(text: string, pattern: string): boolean {
  return isContained(exactly(text), iamPattern(pattern), new Effort());
}

/** IAM compares the six parts of an ARN one by one. */
function arnMatches(text: string, pattern: string): boolean {
  const [parts, patterns] = [text, pattern].map((arn) => {
    const [a, b, c, d, e, ...rest] = arn.split(":");
    return [a, b, c, d, e, rest.join(":")];
  });
  return (parts ?? []).every((part, at) => matches(part ?? "", patterns?.[at] ?? ""));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
