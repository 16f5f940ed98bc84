/** The table: AWS's refusals by exception name, in the order in which they are tried, and what each means to users. */
import type { Retry } from "../plan/outcome.ts";
import { MINIMAL_TRUST_STATEMENT } from "../plan/trust-policy.ts";
import { BAD_CREDENTIALS, isSilence, isThrottle } from "./error-codes.ts";
import type { Refused } from "./refused.ts";
import { denied, inItsWords, noCluster, objectOf, quota, roleOf } from "./words.ts";

export interface Refusal {
  applies(refused: Refused): boolean;
  readonly reason: string;
  readonly retry: Retry;
  message(refused: Refused): string;
}

interface Pattern {
  /** Exception names without "Exception". */
  readonly codes: readonly string[];
  /** Of AWS's own words. */
  readonly text?: RegExp;
  readonly action?: RegExp;
}

const NEVER: Retry = { kind: "never" };
const BACKOFF: Retry = { kind: "backoff" };
const after = (ms: number): Retry => ({ kind: "after", ms });

/** What is gone in the middle of an attempt is looked for again soon. */
const SOON = after(3_000);

/** IAM says "a few minutes"; what runs beside us is usually done much sooner. */
const SHORTLY = after(10_000);

/** Somebody has to take the role out of an instance profile, and the object waits for it. */
const MINUTELY = after(60_000);

const SWEEP: Retry = { kind: "sweep" };

const ADDON_WRITE = /:(Create|Update|Delete)Addon$/;

/** The first that applies counts. */
export const REFUSALS: readonly Refusal[] = [
  {
    applies: ({ code, status }) => isThrottle(code, status),
    reason: "Throttled",
    retry: BACKOFF,
    message: ({ action }) => `AWS throttles ${action}; the operator slows down by itself`,
  },
  {
    applies: ({ code, status }) => isSilence(code, status),
    reason: "AWSUnavailable",
    retry: BACKOFF,
    message: ({ action }) =>
      `AWS did not answer ${action}, or with an error of its own; running pods keep their credentials, and the operator tries again by itself`,
  },
  on({ codes: BAD_CREDENTIALS }, "CredentialsInvalid", BACKOFF, ({ code }) => {
    return `the operator has no valid AWS credentials (${code}); see to the IAM role of its own ServiceAccount, or to its credentials, and to the clock of its node`;
  }),
  on(
    {
      codes: ["AccessDenied", "InvalidParameter", "InvalidRequest"],
      text: /cross-account pass role/i,
    },
    "RoleAccountMismatch",
    NEVER,
    ({ input }) =>
      `role ${roleOf(input)} is not in the cluster's account; use a role of that account, which may assume one of another account`,
  ),
  on({ codes: ["AccessDenied", "UnauthorizedOperation"] }, "AccessDenied", NEVER, denied),

  // EKS
  on(
    { codes: ["InvalidParameter"], text: /^role provided in the request does not exist/i },
    "RoleNotFound",
    NEVER,
    ({ input }) => `role ${roleOf(input)} does not exist; create it, or name another one`,
  ),
  on(
    { codes: ["InvalidParameter"], text: /^trust policy of the role provided is invalid/i },
    "TrustPolicyInvalid",
    NEVER,
    ({ input }) =>
      `EKS may not assume role ${roleOf(input)}; its trust policy needs the statement ${MINIMAL_TRUST_STATEMENT}`,
  ),
  on(
    {
      codes: ["ResourceInUse", "InvalidParameter", "InvalidRequest"],
      action: ADDON_WRITE,
      text: /association.*already exist/i,
    },
    "AssociationConflict",
    SWEEP,
    (refused) =>
      `${objectOf(refused)}: ${refused.text}; EKS cannot give an association that exists to an add-on: delete it, or take its ServiceAccount out of spec.identities`,
  ),
  on(
    {
      codes: ["InvalidParameter"],
      action: ADDON_WRITE,
      text: /configuration ?values?|json schema/i,
    },
    "ConfigurationInvalid",
    NEVER,
    (refused) =>
      `EKS refuses the configuration of ${objectOf(refused)}: ${refused.text}; correct spec.configurationValues by what \`aws eks describe-addon-configuration\` shows`,
  ),
  on(
    {
      codes: ["InvalidParameter"],
      action: ADDON_WRITE,
      text: /addon version.* not supported|not supported in/i,
    },
    "AddonVersionUnknown",
    NEVER,
    inItsWords,
  ),
  on(
    {
      codes: ["ResourceInUse", "InvalidRequest"],
      action: ADDON_WRITE,
      text: /\b(?:creating|updating|deleting|in progress|is busy|state)\b/i,
    },
    "AddonUpdating",
    SHORTLY,
    (refused) => `${objectOf(refused)} is being changed: ${refused.text}; it is tried again`,
  ),
  on(
    { codes: ["ResourceNotFound"], text: /^no cluster found/i },
    "ClusterNotFound",
    NEVER,
    noCluster,
  ),
  on(
    { codes: ["ResourceNotFound"], action: /:(DescribeCluster|ListPod|CreatePod|CreateAddon)/ },
    "ClusterNotFound",
    NEVER,
    noCluster,
  ),
  on(
    { codes: ["ResourceNotFound", "NotFound"] },
    "ConcurrentModification",
    SOON,
    (refused) => `${objectOf(refused)} has just been deleted by somebody else; it is read again`,
  ),
  on(
    { codes: ["ResourceInUse"] },
    "ConcurrentModification",
    SHORTLY,
    (refused) => `${objectOf(refused)} is in use: ${refused.text}; it is tried again`,
  ),
  on({ codes: ["ResourceLimitExceeded"] }, "QuotaExceeded", NEVER, quota),
  on({ codes: ["InvalidRequest"] }, "InvalidParameter", BACKOFF, inItsWords),
  on({ codes: ["InvalidParameter", "BadRequest"] }, "InvalidParameter", NEVER, inItsWords),

  // IAM
  on(
    { codes: ["LimitExceeded"], text: /maximum policy size|ACLSizePerRole|PolicySize/i },
    "PolicyTooLarge",
    NEVER,
    (refused) =>
      `${objectOf(refused)}: ${refused.text}; shorten the policy, or move statements into a managed policy`,
  ),
  on({ codes: ["LimitExceeded"] }, "QuotaExceeded", NEVER, quota),
  on(
    { codes: ["MalformedPolicyDocument"] },
    "PolicyInvalid",
    NEVER,
    (refused) => `IAM refuses the policy document for ${objectOf(refused)}: ${refused.text}`,
  ),
  on(
    {
      codes: ["NoSuchEntity"],
      action: /:(AttachRolePolicy|PutRolePermissionsBoundary|CreateRole)$/,
      text: /^(?!(the )?role )/i,
    },
    "ManagedPolicyNotFound",
    NEVER,
    ({ input }) =>
      `there is no managed policy ${input["PolicyArn"] ?? input["PermissionsBoundary"]}; correct its ARN, or create it`,
  ),
  on(
    { codes: ["NoSuchEntity"] },
    "RolePropagating",
    SOON,
    ({ input }) => `IAM does not show role ${input["RoleName"]} at the moment; it is read again`,
  ),
  on(
    { codes: ["UnmodifiableEntity"] },
    "RoleUnmodifiable",
    NEVER,
    ({ input }) =>
      `AWS lets nobody but its owning service change role ${input["RoleName"]}; choose another name`,
  ),
  on(
    { codes: ["DeleteConflict"], text: /instance profile/i },
    "DeleteBlocked",
    MINUTELY,
    ({ input }) =>
      `role ${input["RoleName"]} is in an instance profile; remove it there, and it will be deleted`,
  ),
  on(
    { codes: ["DeleteConflict"] },
    "DeleteBlocked",
    SHORTLY,
    ({ input, text }) => `IAM does not delete role ${input["RoleName"]} yet: ${text}`,
  ),
  on(
    { codes: ["ConcurrentModification", "EntityTemporarilyUnmodifiable", "EntityAlreadyExists"] },
    "ConcurrentModification",
    SHORTLY,
    (refused) => `${objectOf(refused)} is being changed by somebody else; it is tried again`,
  ),
  on(
    { codes: ["InvalidInput", "ValidationError", "PolicyNotAttachable"] },
    "InvalidParameter",
    NEVER,
    inItsWords,
  ),
];

function on(
  { codes, text, action }: Pattern,
  reason: string,
  retry: Retry,
  message: (refused: Refused) => string,
): Refusal {
  const applies = (refused: Refused) =>
    codes.includes(refused.code) &&
    (text?.test(refused.text) ?? true) &&
    (action?.test(refused.action) ?? true);
  return { applies, reason, retry, message };
}
