/** CEL rules as the API server takes them, and the patterns that several fields share. */

export interface Rule {
  /** CEL; `self` is the value it stands on. */
  readonly rule: string;
  /** What to do, as the API server prints it behind the field's path. */
  readonly message: string;
}

/** Rules for `.meta()`. Each stands on the narrowest value that it needs to see. */
export function rules(...list: readonly Rule[]): { "x-kubernetes-validations": readonly Rule[] } {
  return { "x-kubernetes-validations": list };
}

/**
 * A pattern as a rule, because the API server's own message for `pattern` is the bare expression.
 *
 * @param pattern RE2 without single quotes; anchor it
 */
export function matches(pattern: string, message: string): Rule {
  return { rule: `self.matches(r'${pattern}')`, message };
}

/** A part of a DNS name: names of ServiceAccounts have such parts between dots. */
export const DNS_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";

/** Names of roles and policies, a character each. */
export const IAM_NAME_CHARACTER = String.raw`[\w+=,.@-]`;

/** What the operator fills in: a manifest with them serves every cluster and account. */
const PLACEHOLDER = String.raw`\$\{(?:AWS::AccountId|AWS::Region|AWS::Partition|EKS::ClusterName)\}`;
const PARTITION = String.raw`(?:aws(?:-[a-z]+)*|\$\{AWS::Partition\})`;
const ACCOUNT = String.raw`(?:[0-9]{12}|\$\{AWS::AccountId\})`;
/** IAM lets a path hold any printable ASCII. */
const PATH = "(?:[!-~]+/)?";

/** A placeholder counts as one character of the name: how long it becomes is not known here. */
const nameOfAtMost = (length: number) => `(?:${IAM_NAME_CHARACTER}|${PLACEHOLDER}){1,${length}}`;

export const ROLE_ARN = `arn:${PARTITION}:iam::${ACCOUNT}:role/${PATH}${nameOfAtMost(64)}`;

/** A policy of AWS ("aws" in place of the account) or of an account. */
export const POLICY_ARN = `arn:${PARTITION}:iam::(?:aws|${ACCOUNT}):policy/${PATH}${nameOfAtMost(128)}`;

/** IAM's longest ARN, in characters. */
export const ARN_MAX = 2048;
