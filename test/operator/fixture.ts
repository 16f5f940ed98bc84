/** An operator on the shared control plane, with the rights that config/ ships and an AWS of its own, for tests that see it from outside. */
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { documentsOf, type PolicyName, PROFILES } from "../config/aws-documents.ts";
import type { AwsOptions } from "../sandbox/aws/start.ts";
import { type Operator, startOperator } from "../sandbox/operator.ts";
import { joinSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { sharedControlPlane } from "../sandbox/shared.ts";
import { operatorKubeconfig } from "../sandbox/shipped-rights.ts";

/** Production sweeps every 100 s and 500 s. */
export const QUICK: Readonly<Record<string, string>> = {
  ASSOCIATION_SWEEP: "0.5",
  ROLE_SWEEP: "0.5",
  CONSISTENCY_WINDOW: "0.2",
  WATCH_GRACE: "0.5",
};

/** Generous: a machine may be busy, and what is waited for is asserted all the same. */
const PATIENCE_MS = 60_000;

export interface Fixture {
  /** Its environment is the operator's: with the KUBECONFIG of its ServiceAccount. */
  readonly sandbox: Sandbox;
  readonly namespace: string;
  operator: Operator;
  /** Applies an object of the given spec; its name is that of its ServiceAccount unless given. */
  apply(name: string, spec: object): Promise<void>;
  get(name: string): Promise<PodIdentityAssociation | undefined>;
  /** "Ready" condition's "status reason". */
  ready(name: string): Promise<string>;
  /** Waits until the Ready condition is so, e.g. "True Reconciled", of the spec as it is now. */
  untilReady(name: string, expected: string, namespace?: string): Promise<PodIdentityAssociation>;
  events(name: string): Promise<string>;
  /** Changing calls that took effect since the last reset, "service:Operation" → count. */
  effects(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

let fixtures = 0;

export async function startFixture(
  more: {
    readonly aws?: Partial<AwsOptions>;
    readonly env?: Readonly<Record<string, string>>;
    /** @default one that allows the namespace everything */
    readonly guardrails?: readonly object[];
    /** What the operator may do in AWS: policies of config/aws/policies, or everything. @default the profile roles */
    readonly policies?: readonly PolicyName[] | "all";
    /** Roles may have another boundary or none: the guardrail and the policies allow it. */
    readonly isUnbounded?: boolean;
    /** ARN patterns of roles it may give to pods. @default any of the account */
    readonly passableRoles?: readonly string[];
    /** Pods of its namespace, and of these, get what EKS gives them. @default none do */
    readonly dataPlane?: readonly string[];
  } = {},
): Promise<Fixture> {
  fixtures += 1;
  const namespace = `operator-${fixtures}`;
  const { aws, dataPlane } = more;
  const controlPlane = await sharedControlPlane();
  const joined = await joinSandbox(controlPlane, {
    ...(aws ? { aws } : {}),
    ...(dataPlane ? { dataPlane: { namespaces: [namespace, ...dataPlane] } } : {}),
  });
  const KUBECONFIG = await operatorKubeconfig(controlPlane);
  const sandbox = { ...joined, environment: { ...joined.environment, KUBECONFIG } };
  grant(sandbox, more);
  await sandbox.kubectl("create", "namespace", namespace);
  const rails = more.guardrails ?? [
    openGuardrail(
      `open-${namespace}`,
      namespace,
      more.isUnbounded ? { managedRoles: UNBOUNDED_ROLES } : {},
    ),
  ];
  for (const rail of rails) await sandbox.apply(stringify(rail));
  const operator = await startOperator({ ...sandbox.environment, ...QUICK, ...more.env });
  const fixture: Fixture = {
    sandbox,
    namespace,
    operator,
    apply: async (name, spec) => {
      await sandbox.apply(stringify(manifest(namespace, name, spec)));
    },
    get: (name) => get(sandbox, namespace, name),
    ready: async (name) => readyOf(await get(sandbox, namespace, name)),
    untilReady: async (name, expected, where = namespace) => {
      let last: PodIdentityAssociation | undefined;
      await until(
        `${name} is Ready=${expected}`,
        async () => {
          last = await get(sandbox, where, name);
          // What is said of the spec before an edit, or before the deletion, is often the same.
          const isOfNow = last?.status?.observedGeneration === last?.metadata.generation;
          return isOfNow && readyOf(last) === expected;
        },
        () => JSON.stringify(last?.status),
      );
      return last as PodIdentityAssociation;
    },
    events: (name) =>
      sandbox.kubectl("events", "-n", namespace, "--for", `podidentityassociation/${name}`),
    effects: () =>
      Object.fromEntries(
        Object.entries(sandbox.aws.counters())
          .filter(([, { effects }]) => effects > 0)
          .map(([name, { effects }]) => [name, effects]),
      ),
    stop: async () => {
      await fixture.operator.kill();
      await clear(sandbox, namespace);
      await sandbox.kubectl("delete", "podidentityguardrails", "--all");
      await sandbox.stop();
    },
  };
  return fixture;
}

/** Whatever its key may do from now on is what the policies say. */
function grant(
  { aws, environment }: Sandbox,
  more: NonNullable<Parameters<typeof startFixture>[0]>,
): void {
  const { policies = PROFILES.roles, passableRoles, isUnbounded } = more;
  if (policies === "all") return;
  const { partition, region, id: accountId } = aws.account;
  const everyRole = [`arn:${partition}:iam::${accountId}:role/*`];
  const own = { partition, region, accountId, passableRoles: passableRoles ?? everyRole };
  const key = environment["AWS_ACCESS_KEY_ID"] ?? "";
  aws.configure({
    callers: { [key]: documentsOf(isUnbounded ? [...policies, "unbounded"] : policies, own) },
  });
}

export function manifest(namespace: string, name: string, spec: object): object {
  return {
    apiVersion: "podidentity.io/v1alpha1",
    kind: "PodIdentityAssociation",
    metadata: { namespace, name },
    spec: { serviceAccountName: name, ...spec },
  };
}

export function guardrail(name: string, spec: object): object {
  const metadata = { name };
  return { apiVersion: "podidentity.io/v1alpha1", kind: "PodIdentityGuardrail", metadata, spec };
}

/** The one that config/aws makes. */
export const BOUNDARY =
  "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/podidentity-boundary/${AWS::Region}-${EKS::ClusterName}";

export const OPEN_ROLES = {
  permissionsBoundaryArn: BOUNDARY,
  roleNames: ["*"],
  tags: { allowedKeys: ["*"] },
  allowedManagedPolicyArns: ["arn:**:iam::**:policy/**"],
  inlinePolicies: { allowedActions: ["*"], allowedResources: ["*"] },
  widestTrustScope: "Account",
};

const { permissionsBoundaryArn: _boundary, ...WITHOUT_BOUNDARY } = OPEN_ROLES;
/** The same roles without a boundary, or with any. */
export const UNBOUNDED_ROLES = { ...WITHOUT_BOUNDARY, acknowledgeUnbounded: true };

/** Allows one namespace whatever can be allowed. */
export function openGuardrail(name: string, namespace: string, changed: object = {}): object {
  return guardrail(name, {
    namespaceSelector: { matchNames: [namespace] },
    serviceAccounts: ["*"],
    existingRoles: { allowedArns: ["arn:**:iam::**:role/**"] },
    targetRoles: { allowedArns: ["arn:**:iam::**:role/**"] },
    managedRoles: OPEN_ROLES,
    sessionTags: "Optional",
    adoption: "Allowed",
    ...changed,
  });
}

/** @throws Error that says what was waited for, and what was seen last */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  seen: () => string = () => "",
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new Error(`waited ${patienceMs / 1000} s in vain until ${what} ${seen()}`);
    }
    await delay(50);
  }
}

/**
 * Waits until both sweeps have begun so many times anew. None begins before the last one has been taken in: with two,
 * the operator has seen all that there was to see.
 */
export async function sweeps({ sandbox }: Pick<Fixture, "sandbox">, times = 2): Promise<void> {
  // One that is under way may have looked before.
  const since = Date.now();
  const haveBegun = (operation: string) =>
    sandbox.aws
      .calls({ operation })
      .filter(({ at, parameters }) => at >= since && isFirst(parameters)).length >= times;
  await until(
    `${times} more sweeps`,
    () => haveBegun("ListPodIdentityAssociations") && haveBegun("GetAccountAuthorizationDetails"),
  );
}

/** The first page of all there is, and no search for one ServiceAccount. */
function isFirst({ namespace, nextToken, Marker }: Readonly<Record<string, unknown>>): boolean {
  return namespace === undefined && nextToken === undefined && Marker === undefined;
}

/** As the API server sends it: kubectl would indent a deeply nested document to hundreds of megabytes. */
async function get(
  sandbox: Sandbox,
  namespace: string,
  name: string,
): Promise<PodIdentityAssociation | undefined> {
  const path = `/apis/podidentity.io/v1alpha1/namespaces/${namespace}/podidentityassociations/${name}`;
  const { stdout, stderr, code } = await sandbox.controlPlane.kubectl(["get", "--raw", path]);
  if (code === 0) return JSON.parse(stdout) as PodIdentityAssociation;
  if (stderr.includes("NotFound")) return undefined;
  throw new Error(`kubectl get --raw ${path}: ${stderr.trim()}`);
}

function readyOf(object: PodIdentityAssociation | undefined): string {
  const ready = object?.status?.conditions?.find(({ type }) => type === "Ready");
  return ready ? `${ready.status} ${ready.reason}` : "none";
}

/** No operator is left to do it: the finalizers go by hand, and AWS goes with its emulator. */
async function clear({ kubectl, controlPlane }: Sandbox, namespace: string): Promise<void> {
  const path = `/apis/podidentity.io/v1alpha1/namespaces/${namespace}/podidentityassociations`;
  let said = "";
  // The last write of an operator that was killed may come in between; what is left here, the next one takes away.
  await until(
    `${namespace} has no finalizers`,
    async () => {
      const { items } = JSON.parse(await kubectl("get", "--raw", path)) as {
        items: PodIdentityAssociation[];
      };
      const held = items.filter(({ metadata }) => (metadata.finalizers ?? []).length > 0);
      if (held.length === 0) return true;
      const freed = held.map((object) => ({
        ...object,
        metadata: { ...object.metadata, finalizers: [] },
      }));
      const stdin = freed.map((object) => JSON.stringify(object)).join("\n");
      said = (await controlPlane.kubectl(["replace", "-f", "-"], { stdin })).stderr;
      return false;
    },
    () => said,
  );
  await kubectl("delete", "pia", "--all", "-n", namespace, "--wait=false");
}
