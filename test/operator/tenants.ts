/** A tenant: a ServiceAccount with `edit` in one namespace, a token of its own, and a guardrail that allows little. */
import { expect } from "chai";
import { stringify } from "yaml";
import type {
  PodIdentityAssociation,
  PodIdentityAssociationStatus,
} from "../../src/api/pod-identity-association.ts";
import type { Account, Role } from "../sandbox/aws/world.ts";
import type { KubectlResult } from "../sandbox/control-plane/kubectl.ts";
import { startOperator } from "../sandbox/operator.ts";
import { type Fixture, guardrail, manifest, QUICK, startFixture, until } from "./fixture.ts";

const TENANT_ROLES = new URL("../../config/rbac/tenant-roles.yaml", import.meta.url).pathname;

export const BOUNDARY = "arn:aws:iam::111122223333:policy/podidentity-boundary/boundary";
export const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
export const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

export interface Tenant {
  readonly fixture: Fixture;
  /** As the tenant; a failure is a result too. */
  kubectl(args: string, stdin?: string): Promise<KubectlResult>;
  /** As the tenant, in its namespace. */
  create(name: string, spec: object): Promise<KubectlResult>;
  /** Conditions' "reason: message", of Ready. */
  said(name: string): Promise<string>;
}

export async function startTenant(): Promise<Tenant> {
  const fixture = await startFixture({ guardrails: [] });
  const { sandbox, namespace } = fixture;
  const { controlPlane, aws } = sandbox;
  aws.putPolicy({ name: "boundary", path: "/podidentity-boundary/" });
  const admin = (args: string) => sandbox.kubectl(...args.split(" "));
  await admin(`apply -f ${TENANT_ROLES}`);
  await admin(`-n ${namespace} create serviceaccount tenant`);
  await admin(
    `-n ${namespace} create rolebinding tenant --clusterrole=edit --serviceaccount=${namespace}:tenant`,
  );
  await sandbox.apply(stringify(tightGuardrail(namespace)));
  await admin("wait --for=condition=Ready pig/tight --timeout=90s");
  const kubeconfig = await controlPlane.kubeconfigForServiceAccount(namespace, "tenant");
  const kubectl = (args: string, stdin?: string) =>
    controlPlane.kubectl(["-n", namespace, ...args.split(" ")], {
      kubeconfig,
      ...(stdin === undefined ? {} : { stdin }),
    });
  await until("the tenant may create", async () => {
    const { stdout } = await kubectl("auth can-i create podidentityassociations.podidentity.io");
    return stdout === "yes\n";
  });
  return {
    fixture,
    kubectl,
    create: (name, spec) => kubectl("create -f -", JSON.stringify(manifest(namespace, name, spec))),
    said: async (name) => {
      const conditions = (await fixture.get(name))?.status?.conditions ?? [];
      const ready = conditions.find(({ type }) => type === "Ready");
      return `${ready?.reason}: ${ready?.message}`;
    },
  };
}

function tightGuardrail(namespace: string): object {
  return guardrail("tight", {
    namespaceSelector: { matchNames: [namespace] },
    serviceAccounts: ["app-*"],
    existingRoles: { allowedArns: ["arn:aws:iam::111122223333:role/shared/tenant-*"] },
    managedRoles: {
      permissionsBoundaryArn: BOUNDARY,
      allowedManagedPolicyArns: [READ_ONLY],
      inlinePolicies: {
        allowedActions: ["s3:Get*", "s3:List*"],
        forbiddenActions: ["iam:*", "sts:AssumeRole"],
        allowedResources: ["arn:aws:s3:::tenant-*"],
      },
      widestTrustScope: "ServiceAccount",
    },
  });
}

export function expectForbidden({ code, stderr }: KubectlResult): void {
  expect(stderr).to.match(/forbidden/i);
  expect(code).to.equal(1);
}

export function expectTrust(role: Role | undefined, namespace: string, account: string): void {
  const { Condition } = JSON.parse(role?.trustPolicy ?? "").Statement[0];
  expect(Condition.StringEquals).to.include({
    "aws:RequestTag/kubernetes-namespace": namespace,
    "aws:RequestTag/kubernetes-service-account": account,
  });
}

export async function restart(fixture: Fixture): Promise<void> {
  fixture.operator = await startOperator({ ...fixture.sandbox.environment, ...QUICK });
}

const ALLOW = { Effect: "Allow" };
const GOOD = { ...ALLOW, Action: "s3:GetObject", Resource: "arn:aws:s3:::tenant-a/*" };
const { Action, Resource } = GOOD;

/** `spec.role` with one inline policy. */
export function inline(...Statement: unknown[]): { readonly role: object } {
  const document = { Version: "2012-10-17", Statement };
  return { role: { inlinePolicies: [{ name: "p", document }] } };
}

const changed = (changes: object) => inline({ ...GOOD, ...changes });
const role = (settings: object) => ({ role: settings });

export const ROLE_OF_ALL = "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole";
const SHARED = "arn:aws:iam::111122223333:role/shared";
const roleArn = `${SHARED}/tenant-app`;

/** What a tenant may try, the spec, and the reason that ends it. */
type Attempt = readonly [what: string, spec: object, reason: string];

/** @param texts by the reason that ends them */
function each(
  what: string,
  spec: (text: string) => object,
  texts: Readonly<Record<string, readonly string[]>>,
): readonly Attempt[] {
  return Object.entries(texts).flatMap(([reason, all]) =>
    all.map((text) => [`${what} ${text}`, spec(text), reason] as const),
  );
}

export const ATTEMPTS: readonly Attempt[] = [
  ...each("the role", (arn) => ({ roleArn: arn }), {
    RoleNotAllowed: [
      ROLE_OF_ALL,
      `${SHARED}/tenant-a/../../OrganizationAccountAccessRole`,
      `${SHARED}/tenant-a/admin`,
      "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${EKS::ClusterName}",
    ],
    // The first is a role of the path "/", the second differs from tenant-app in case.
    RoleNotFound: [`${SHARED}/tenant-admin`, `${SHARED}/tenant-APP`],
    RoleAccountMismatch: ["arn:aws:iam::999988887777:role/shared/tenant-app"],
  }),
  ["a foreign target role", { roleArn, targetRoleArn: ROLE_OF_ALL }, "TargetRoleNotAllowed"],
  ["a role without session tags", { roleArn, sessionTags: "Disabled" }, "SessionTagsRequired"],
  ...each("the managed policy", (policy) => role({ managedPolicies: [READ_ONLY, policy] }), {
    ManagedPolicyNotAllowed: [
      "AdministratorAccess",
      ADMINISTRATOR,
      "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess",
      "arn:aws:iam::111122223333:policy/AmazonS3ReadOnlyAccess",
    ],
    ManagedPolicyNotFound: [
      "administratoraccess",
      `${READ_ONLY}/../AdministratorAccess`,
      "arn:aws:iam::999988887777:policy/AmazonS3ReadOnlyAccess",
      "arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess",
    ],
  }),
  ...each("the action", (action) => changed({ Action: action }), {
    ActionForbidden: ["*", "*:*", "IaM:PassRole", "iam:P*Role", "sts:Assume????"],
    ActionNotAllowed: ["s3:*", "s3:G*", "${AWS::Partition}:GetObject"],
    PolicyInvalid: [
      "s3*:GetObject",
      "*:PassRole",
      " iam:PassRole",
      "\u0130am:*",
      "${aws:username}",
    ],
  }),
  ["a good action and a bad one", changed({ Action: [Action, "s3:*"] }), "ActionNotAllowed"],
  ["a list of actions in a list", changed({ Action: [Action, ["*"]] }), "PolicyInvalid"],
  ["NotAction", inline({ ...ALLOW, NotAction: "iam:*", Resource }), "PolicyInvalid"],
  ["NotResource", inline({ ...ALLOW, Action, NotResource: Resource }), "PolicyInvalid"],
  ["a Principal", changed({ Principal: { AWS: "*" } }), "PolicyInvalid"],
  ["the Effect allow", changed({ Effect: "allow" }), "PolicyInvalid"],
  ["a second key action", changed({ action: "*" }), "PolicyInvalid"],
  ...each("the resource", (resource) => changed({ Resource: resource }), {
    ResourceNotAllowed: [
      "*",
      "arn:aws:s3:::tenant*",
      "arn:*:s3:::tenant-a",
      "arn:aws:s3:::tenan?-a",
      "arn:aws:s3:::TENANT-a",
      "arn:aws:s3:::${aws:username}/*",
      "arn:aws:s3:::${aws:PrincipalTag/b, 'tenant-a'}",
      "arn:aws:s3:::${AWS::AccountId}",
      "arn:aws:s3:::${aws:PrincipalTag/${AWS::Region}}",
    ],
    PlaceholderUnknown: ["arn:aws:s3:::tenant-${AWS::X}"],
  }),
  ["a good resource and a bad one", changed({ Resource: [Resource, "*"] }), "ResourceNotAllowed"],
  [
    "a statement that denies and one that allows more",
    inline({ ...GOOD, Effect: "Deny" }, { ...ALLOW, Action: "iam:*", Resource: "*" }),
    "ActionForbidden",
  ],
  [
    "a second policy that is bad, named like a prototype",
    role({
      inlinePolicies: [
        { name: "good", document: { Statement: GOOD } },
        { name: "__proto__", document: { Statement: { ...GOOD, Action: "*" } } },
      ],
    }),
    "ActionForbidden",
  ],
  [
    "a statement hidden in a prototype",
    inline(JSON.parse('{"__proto__":{"Effect":"Allow"},"Action":"*","Resource":"*"}')),
    "PolicyInvalid",
  ],
  ...each("the role name", (name) => role({ name }), {
    RoleNameNotAllowed: ["OrganizationAccountAccessRole", "tenant-mine"],
  }),
  ["a tag of the role", role({ tags: { team: "platform" } }), "TagNotAllowed"],
  ["a tag of the object", { role: {}, tags: { team: "platform" } }, "TagNotAllowed"],
  ["another boundary", role({ permissionsBoundaryArn: ADMINISTRATOR }), "BoundaryNotAllowed"],
  ...each("the trust scope", (trustScope) => role({ trustScope }), {
    TrustScopeNotAllowed: ["Namespace", "Cluster", "Account"],
  }),
  [
    "the ServiceAccount of somebody else",
    { role: {}, serviceAccountName: "tenant" },
    "ServiceAccountNotAllowed",
  ],
];

/** What the API server does not take. */
export const INVALID: Readonly<Record<string, object>> = {
  "a tag that poses as the namespace": { role: { tags: { "kubernetes-namespace": "x" } } },
  "that tag in other letters": { role: { tags: { "Kubernetes-NAMESPACE": "x" } } },
  "that tag with a Kelvin sign": { role: { tags: { "\u212aubernetes-namespace": "x" } } },
  "such a tag of the object": { role: {}, tags: { "EKS-cluster-name": "x" } },
  "a tag that says whose the role is": { role: { tags: { "PodIdentity.io/owner": "x" } } },
  "a wildcard for policies": { role: { managedPolicies: ["arn:aws:iam::aws:policy/*"] } },
  "a policy with a double slash": { role: { managedPolicies: [ADMINISTRATOR.replace("/", "//")] } },
  "a role beside a role that exists": { role: {}, roleArn },
  "the ARN of a user": { roleArn: roleArn.replace(":role/", ":user/") },
};

/** What it may try to make of an object that is Ready, as a merge patch of the spec. */
export const CHANGES: readonly Attempt[] = [
  ["a forbidden action", changed({ Action: "iam:PassRole" }), "ActionForbidden"],
  ["a policy for all", role({ managedPolicies: [ADMINISTRATOR] }), "ManagedPolicyNotAllowed"],
  ["another trust", role({ trustScope: "Account" }), "TrustScopeNotAllowed"],
  ["another boundary", role({ permissionsBoundaryArn: ADMINISTRATOR }), "BoundaryNotAllowed"],
  ["another name", role({ name: "OrganizationAccountAccessRole" }), "RoleNameNotAllowed"],
  ["a foreign role", { role: null, roleArn: ROLE_OF_ALL }, "RoleNotAllowed"],
];

const PORTABLE_POLICY = "arn:${AWS::Partition}:iam::aws:policy/AmazonS3ReadOnlyAccess";

const PORTABLE_RAIL = {
  serviceAccounts: ["*"],
  existingRoles: { allowedArns: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/shared/*"] },
  managedRoles: {
    permissionsBoundaryArn:
      "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/podidentity-boundary/boundary",
    allowedManagedPolicyArns: [PORTABLE_POLICY],
    inlinePolicies: {
      allowedActions: ["s3:Get*"],
      allowedResources: ["arn:${AWS::Partition}:s3:::tenant-${AWS::AccountId}/*"],
    },
  },
};

/** Applies one manifest with its guardrail to a sandbox of that place until it is Ready, then takes it away again. */
export async function bringUp(namespace: string, account: Partial<Account>) {
  const rail = guardrail("portable", {
    namespaceSelector: { matchNames: [namespace] },
    ...PORTABLE_RAIL,
  });
  const region = account.region ?? "";
  const env = { AWS_REGION: region, AWS_DEFAULT_REGION: region };
  const { sandbox, stop } = await startFixture({ guardrails: [rail], aws: { account }, env });
  try {
    sandbox.aws.putPolicy({ name: "boundary", path: "/podidentity-boundary/" });
    sandbox.aws.putRole({ name: "tenant-app", path: "/shared/" });
    const { role: bounded } = changed({
      Resource: "arn:${AWS::Partition}:s3:::tenant-${AWS::AccountId}/*",
    });
    const managed = { role: { managedPolicies: [PORTABLE_POLICY], ...bounded } };
    const arn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/shared/tenant-app";
    const objects = [
      manifest(namespace, "managed", managed),
      manifest(namespace, "existing", { roleArn: arn }),
    ];
    await sandbox.apply(objects.map((one) => stringify(one)).join("---\n"));
    const kubectl = (args: string) => sandbox.kubectl("-n", namespace, ...args.split(" "));
    await kubectl("wait --for=condition=Ready pia --all --timeout=90s");
    const { items } = JSON.parse(await kubectl("get pia -o json"));
    const status = new Map<string, PodIdentityAssociationStatus>(
      (items as PodIdentityAssociation[]).map((one) => [one.metadata.name, one.status ?? {}]),
    );
    const made = sandbox.aws.state().roles.find(({ path }) => path === "/podidentity/");
    await kubectl("delete pia --all --timeout=90s");
    return { managed: status.get("managed"), existing: status.get("existing"), role: made };
  } finally {
    await stop();
  }
}
