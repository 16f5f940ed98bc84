/**
 * Whether EKS takes a role for an association: it must exist in the cluster's account and trust EKS Pod Identity.
 * EKS sees IAM with a lag: a new role is missing to it, a changed one still has its old trust policy.
 * NV: whether real EKS evaluates conditions here (switchable, not evaluated), honours Deny statements (ignored)
 * or takes `Principal: "*"` (not taken), and the code beside the cross-account text (switchable).
 */
import { denied } from "../wire/denial.ts";
import { nameKey, type World } from "../world.ts";
import { crossAccount, roleMissing, trustInvalid } from "./refusals.ts";

const PRINCIPAL = "pods.eks.amazonaws.com";
const ACTIONS = ["sts:assumerole", "sts:tagsession"];

/** @throws AwsError with the refusal of real EKS */
export function checkRole(world: World, roleArn: string): void {
  const { partition, id } = world.account;
  const prefix = `arn:${partition}:iam::${id}:role/`;
  const { roleToEksLagMs, unverified } = world.settings;
  if (!roleArn.startsWith(prefix)) {
    if (isRoleArn(roleArn) || roleArn === "") throw crossAccount(unverified.crossAccountCode);
    throw roleMissing();
  }
  if (world.settings.deniedActions.includes("iam:PassRole")) {
    throw denied(world, "eks", { action: "iam:PassRole", resource: roleArn });
  }
  const name = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  const role = world.roles.get(nameKey(name), roleToEksLagMs);
  if (role?.arn !== roleArn) throw roleMissing();
  if (!trustsPodIdentity(role.trustPolicy, unverified.trustConditions === "Accepted")) {
    throw trustInvalid();
  }
}

const isRoleArn = (text: string) => /^arn:[a-z-]+:iam::\d{12}:role\/./.test(text);

/** Whether the document allows both actions to the Pod Identity principal, in one statement or in several. */
export function trustsPodIdentity(document: string, conditionsAccepted: boolean): boolean {
  const { Statement: statements } = JSON.parse(document) as { Statement: unknown };
  const granted = listOf(statements)
    .filter(isStatement)
    .filter((statement) => conditionsAccepted || statement.Condition === undefined)
    .filter(
      ({ Effect, Principal }) =>
        Effect === "Allow" && listOf(Principal?.Service).includes(PRINCIPAL),
    )
    .flatMap(({ Action }) => listOf(Action))
    .map((action) => String(action).toLowerCase());
  return ACTIONS.every((action) => granted.some((pattern) => matches(pattern, action)));
}

interface TrustStatement {
  readonly Effect?: unknown;
  readonly Principal?: { readonly Service?: unknown };
  readonly Action?: unknown;
  readonly Condition?: unknown;
}

const isStatement = (value: unknown): value is TrustStatement =>
  typeof value === "object" && value !== null;

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

const matches = (pattern: string, action: string) =>
  pattern === action || (pattern.endsWith("*") && action.startsWith(pattern.slice(0, -1)));
