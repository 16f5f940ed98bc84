/** The operator's IAM documents of config/aws/policies, filled in for one cluster. */
import { readFileSync } from "node:fs";

export const POLICIES = [
  "associations",
  "roles",
  "bulk-reads",
  "addons",
  "recommended-roles",
  "unbounded",
] as const;
export type PolicyName = (typeof POLICIES)[number];

/** What each profile attaches, as docs/aws.md says. */
export const PROFILES = {
  associations: ["associations"],
  roles: ["associations", "roles", "bulk-reads"],
  addons: ["associations", "roles", "bulk-reads", "addons", "recommended-roles"],
} as const satisfies Readonly<Record<string, readonly PolicyName[]>>;

export interface Installation {
  readonly partition: string;
  readonly accountId: string;
  readonly region: string;
  readonly clusterName: string;
  readonly installationId: string;
  readonly rolePath: string;
  /** ARN patterns. */
  readonly passableRoles: readonly string[];
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** The defaults of everything, in the sandbox's account and cluster. */
export const SANDBOX: Installation = {
  partition: "aws",
  accountId: "111122223333",
  region: "us-west-2",
  clusterName: "demo",
  installationId: "default",
  rolePath: "/podidentity/",
  passableRoles: ["arn:aws:iam::111122223333:role/shared/*"],
  namespace: "pod-identity-system",
  serviceAccount: "pod-identity-operator",
};

const DOCUMENTS = new URL("../../config/aws/policies/", import.meta.url);

/** Each placeholder of the documents, and what it stands for. */
export function placeholdersOf(installation: Installation): Readonly<Record<string, string>> {
  return {
    "AWS::Partition": installation.partition,
    "AWS::AccountId": installation.accountId,
    "AWS::Region": installation.region,
    ClusterName: installation.clusterName,
    InstallationId: installation.installationId,
    RolePath: installation.rolePath,
    PassableRoles: installation.passableRoles.join('", "'),
    OperatorNamespace: installation.namespace,
    OperatorServiceAccount: installation.serviceAccount,
  };
}

/** JSON. */
export function documentOf(name: string, installation: Installation = SANDBOX): string {
  const text = readFileSync(new URL(`${name}.json`, DOCUMENTS), "utf8");
  return Object.entries(placeholdersOf(installation)).reduce(
    (filled, [placeholder, value]) => filled.replaceAll(`\${${placeholder}}`, value),
    text,
  );
}

export function documentsOf(
  names: readonly PolicyName[],
  installation: Partial<Installation> = {},
): readonly string[] {
  return names.map((name) => documentOf(name, { ...SANDBOX, ...installation }));
}
