/** Do the pods of a ServiceAccount really have the credentials? What status says of them, and who has to do what. */
import type { PodIdentityAssociationStatus } from "../api/pod-identity-association.ts";
import type { NewCondition } from "./conditions.ts";
import type { Injection } from "./injection.ts";
import { nearestNames } from "./names.ts";
import type { PodFacts, Workload } from "./pod.ts";
import { remedy } from "./remedy.ts";
import type { AssociationKey } from "./resources.ts";

type PodCounts = NonNullable<PodIdentityAssociationStatus["pods"]>;

/** The pods of one workload that lack the credentials for one cause. */
export interface Offender {
  readonly workload: Workload;
  readonly injection: Exclude<Injection, "injected" | "skipped">;
  readonly reason: string;
  readonly message: string;
}

export interface Verification {
  readonly pods: PodCounts;
  readonly condition: NewCondition;
  readonly offenders: readonly Offender[];
}

export interface Verified {
  readonly key: AssociationKey;
  readonly pods: readonly PodFacts[];
  /** Said of a workload ("kind/name") instead of what the user could do: what the operator does about it. */
  readonly notes: ReadonlyMap<string, string>;
  /** Names of the namespace's ServiceAccounts, if this one has been missing for long. */
  readonly otherAccounts: readonly string[] | undefined;
}

/** Of an object that has no association, or whose pods nobody looks at. */
export function withoutPods<S extends PodIdentityAssociationStatus>(status: S): S {
  const { pods: _, ...rest } = status;
  const conditions = status.conditions?.filter(({ type }) => type !== "PodsVerified");
  return { ...rest, ...(conditions ? { conditions } : {}) } as S;
}

/** The first that there is gives the reason. */
const REASONS = {
  missing: "PodsWithoutCredentials",
  irsa: "PodsUseIRSA",
  shadowed: "CredentialsShadowed",
  unsupported: "PodsUnsupported",
} as const;

/** More would make the message unreadable. */
const NAMED = 5;

export function verification(how: Verified): Verification {
  const counts = countsOf(how.pods);
  const offenders = offendersOf(how);
  return { pods: counts, offenders, condition: conditionOf(how, counts, offenders) };
}

function countsOf(pods: readonly PodFacts[]): PodCounts {
  const count = (...those: readonly Injection[]) =>
    pods.filter(({ injection }) => those.includes(injection)).length;
  const total = pods.length;
  const injected = count("injected");
  const few = { irsa: count("irsa"), shadowed: count("shadowed"), skipped: count("skipped") };
  return {
    total,
    injected,
    stale: count("missing", "irsa"),
    unsupported: count("unsupported"),
    ...Object.fromEntries(Object.entries(few).filter(([, number]) => number > 0)),
    summary: `${injected}/${total - few.skipped}`,
  };
}

function offendersOf({ pods, notes, key }: Verified): readonly Offender[] {
  const groups = Map.groupBy(pods, ({ workload, injection, detail }) =>
    [workload.kind, workload.name, injection, detail].join("/"),
  );
  return [...groups.values()].flatMap((group) => {
    const [{ workload, injection, detail } = NOBODY] = group;
    if (injection === "injected" || injection === "skipped") return [];
    const note = notes.get(workloadKey(workload));
    const message = `${nameOf(workload)} (${many(group.length)}) ${sentence({ injection, detail })}; ${note ?? remedy(workload, injection, key)}`;
    return [{ workload, injection, reason: REASONS[injection], message }];
  });
}

const NOBODY = { workload: { kind: "", name: "" }, injection: "injected", detail: "" } as const;

export function workloadKey({ kind, name }: Workload): string {
  return `${kind}/${name}`;
}

function nameOf({ kind, name }: Workload): string {
  return `${kind} ${name}`;
}

const many = (count: number) => (count === 1 ? "1 pod" : `${count} pods`);

function sentence({ injection, detail }: Pick<PodFacts, "injection" | "detail">): string {
  switch (injection) {
    case "irsa":
      return "has the credentials of IAM roles for service accounts (IRSA) instead";
    case "shadowed":
      return `takes other credentials first, by ${detail}`;
    case "unsupported":
      return `runs on ${detail}, where there is no EKS Pod Identity`;
    default:
      return "has no credentials: EKS injected none when it was admitted";
  }
}

function conditionOf(
  { key, otherAccounts }: Verified,
  { total, injected, skipped = 0 }: PodCounts,
  offenders: readonly Offender[],
): NewCondition {
  const type = "PodsVerified";
  const order = Object.values(REASONS);
  const sorted = offenders.toSorted(
    (a, b) => order.indexOf(REASONS[a.injection]) - order.indexOf(REASONS[b.injection]),
  );
  const [first] = sorted;
  if (first) {
    const named = sorted.slice(0, NAMED).map(({ message }) => message);
    const more = sorted.length > NAMED ? [`and ${sorted.length - NAMED} more workloads`] : [];
    return { type, status: "False", reason: first.reason, message: [...named, ...more].join(". ") };
  }
  if (total > skipped) {
    const message = `${many(injected)} of ServiceAccount ${key.serviceAccount} ${injected === 1 ? "has" : "have"} the credentials`;
    return { type, status: "True", reason: "PodsInjected", message };
  }
  if (!otherAccounts) {
    const message = `no pod of ServiceAccount ${key.serviceAccount} runs that is to have the credentials`;
    return { type, status: "Unknown", reason: "NoPods", message };
  }
  const near = nearestNames(key.serviceAccount, otherAccounts);
  const hint = near.length > 0 ? `; did you mean ${near.join(", ")}?` : "";
  const message = `namespace ${key.namespace} has no ServiceAccount ${key.serviceAccount}: create it, or correct spec.serviceAccountName in a new object${hint}`;
  return { type, status: "Unknown", reason: "ServiceAccountNotFound", message };
}
