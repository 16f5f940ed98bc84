/**
 * EKS Auth's AssumeRoleForPodIdentity: a pod's token for credentials of its association's role. The trust policy is
 * really asked, with the session tags and keys that EKS sends (EKS user guide, "Pod Identity": role, ABAC, target roles).
 */
import { randomUUID } from "node:crypto";
import { AwsError } from "../aws-error.ts";
import { type Ask, evaluate, type Principal, trusts } from "../permissions/evaluate.ts";
import { contextOf } from "../permissions/pattern.ts";
import { policiesOf } from "../permissions/role-policies.ts";
import type { Session } from "../sessions.ts";
import {
  type Association,
  type Cluster,
  forPair,
  type Role,
  type Texts,
  type World,
} from "../world.ts";

/** Whom a token speaks for, as the API server's TokenReview says. */
export interface TokenSubject {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly podName: string;
  readonly podUid: string;
}

/** `undefined`: not a token of this cluster, or not for EKS Pod Identity. */
export type ReviewToken = (token: string) => Promise<TokenSubject | undefined>;

const PRINCIPAL: Principal = { Service: ["pods.eks.amazonaws.com"] };
/** The agent keeps credentials for six hours, of a target role for one (EKS user guide). */
const HOURS = { role: 6, target: 1 };
/** STS cuts nothing; EKS keeps within its limit. In characters. */
const SESSION_NAME_MAX = 64;

export function assumeRoleForPodIdentity(
  world: World,
  clusterName: string,
  subject: TokenSubject | undefined,
): object {
  const cluster = world.clusters.get(clusterName);
  if (!cluster)
    throw refused("ResourceNotFoundException", 404, `No cluster found for name: ${clusterName}.`);
  if (!subject)
    throw refused("InvalidTokenException", 400, "The token included in the request is invalid.");
  const { namespace, serviceAccount } = subject;
  const association = cluster.associations.firstOf(forPair(namespace, serviceAccount));
  if (!association) {
    const message = `No pod identity association found for service account ${namespace}/${serviceAccount}.`;
    throw refused("ResourceNotFoundException", 404, message);
  }
  const session = sessionFor(world, { cluster, association, subject });
  return {
    subject: { namespace, serviceAccount },
    audience: "pods.eks.amazonaws.com",
    podIdentityAssociation: {
      associationArn: association.associationArn,
      associationId: association.associationId,
    },
    assumedRoleUser: {
      arn: `arn:${world.account.partition}:sts::${session.roleArn.split(":")[4]}:assumed-role/${session.roleName}/${session.name}`,
      assumeRoleId: `${session.roleId}:${session.name}`,
    },
    credentials: world.sessions.issue(session),
  };
}

interface Request {
  readonly cluster: Cluster;
  readonly association: Association;
  readonly subject: TokenSubject;
}

function sessionFor(world: World, request: Request): Omit<Session, "accessKeyId"> {
  const { cluster, association, subject } = request;
  const tags = association.disableSessionTags ? {} : sessionTags(request);
  const role = roleOf(world, association.roleArn);
  const keys = { "aws:SourceAccount": world.account.id, "aws:SourceArn": cluster.arn };
  assume(role, PRINCIPAL, { tags, keys });
  const { targetRoleArn, policy } = association;
  const name = `${cluster.facts.name}-${subject.podName}`.slice(0, SESSION_NAME_MAX - 37);
  const common = { name: `${name}-${randomUUID()}`, tags, policy };
  if (targetRoleArn === undefined) return { ...common, ...ends(world, role, HOURS.role) };
  const target = roleOf(world, targetRoleArn);
  mayAssume(world, role, { target, tags });
  const account = role.arn.split(":").slice(0, 5).join(":");
  const caller = { AWS: [role.arn, `${account}:root`, role.arn.split(":")[4] ?? ""] };
  const external = { "aws:PrincipalArn": role.arn, "sts:ExternalId": association.externalId };
  assume(target, caller, { tags, keys: external });
  return { ...common, ...ends(world, target, HOURS.target) };
}

function ends(world: World, role: Role, hours: number) {
  const expiresAt = world.clock.now() + hours * 3_600_000;
  return { roleArn: role.arn, roleId: role.roleId, roleName: role.name, expiresAt };
}

/** The six that EKS sends, and no others. */
function sessionTags({ cluster, subject }: Request): Texts {
  return {
    "eks-cluster-arn": cluster.arn,
    "eks-cluster-name": cluster.facts.name,
    "kubernetes-namespace": subject.namespace,
    "kubernetes-service-account": subject.serviceAccount,
    "kubernetes-pod-name": subject.podName,
    "kubernetes-pod-uid": subject.podUid,
  };
}

interface Assuming {
  readonly tags: Texts;
  readonly keys: Readonly<Record<string, string | undefined>>;
}

/** @throws AwsError if the role's trust policy does not allow it */
function assume(role: Role, principal: Principal, { tags, keys }: Assuming): void {
  const context = contextOf({ ...keys, ...requestTags(tags) });
  for (const action of actionsFor(tags)) {
    if (!trusts(role.trustPolicy, principal, { action, context }))
      throw notTrusted(action, role.arn);
  }
}

/** @throws AwsError if the first role's own policies do not allow it */
function mayAssume(
  world: World,
  role: Role,
  { target, tags }: { readonly target: Role; readonly tags: Texts },
): void {
  const context = contextOf({ ...requestTags(tags), ...principalTags({ ...role.tags, ...tags }) });
  for (const action of actionsFor(tags)) {
    const ask: Ask = { action, resource: target.arn, context };
    if (evaluate(ask, policiesOf(world, role)) !== "allowed") throw notTrusted(action, target.arn);
  }
}

const actionsFor = (tags: Texts) =>
  Object.keys(tags).length > 0 ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"];

function requestTags(tags: Texts): Readonly<Record<string, string | readonly string[]>> {
  const named = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return {
    ...Object.fromEntries(named),
    ...(named.length > 0 ? { "aws:TagKeys": Object.keys(tags) } : {}),
  };
}

export function principalTags(tags: Texts): Texts {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]),
  );
}

function roleOf(world: World, arn: string): Role {
  const role = [...world.roles.values()].find((one) => one.arn === arn);
  if (!role) throw notTrusted("sts:AssumeRole", arn);
  return role;
}

function notTrusted(action: string, arn: string): AwsError {
  return refused(
    "AccessDeniedException",
    400,
    `Unauthorized Exception! EKS does not have permissions to assume the associated role: ${action} on ${arn}`,
  );
}

/** Of EKS Auth's service model; the texts are nobody's (NV). */
function refused(code: string, status: number, message: string): AwsError {
  return new AwsError({ code, status, message });
}
