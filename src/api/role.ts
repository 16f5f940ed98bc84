/** `spec.role`: an IAM role that the operator makes, keeps as it is written here, and deletes again. */
import { z } from "zod";
import { policyDocument } from "./policy-document.ts";
import { ARN_MAX, IAM_NAME_CHARACTER, matches, POLICY_ARN, ROLE_ARN, rules } from "./rules.ts";
import { tags } from "./tags.ts";

/** More than IAM attaches to a role with any quota; the real quota is IAM's to tell. */
const MANAGED_POLICIES_MAX = 25;
const INLINE_POLICIES_MAX = 25;

const inlinePolicy = z.object({
  name: z
    .string()
    .min(1)
    .max(128)
    .meta(
      rules(
        matches(
          `^${IAM_NAME_CHARACTER}+$`,
          "the name of an inline policy has 1 to 128 letters, digits and _ + = , . @ -",
        ),
      ),
    )
    .describe("Name of the policy, unique within the role."),
  document: policyDocument,
});

const managedPolicy = z
  .string()
  .max(ARN_MAX)
  .meta(
    rules(
      matches(
        `^(?:${IAM_NAME_CHARACTER}{1,128}|${POLICY_ARN})$`,
        "write the bare name of an AWS managed policy without its path (AmazonS3ReadOnlyAccess), or the ARN of a policy (arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/name)",
      ),
    ),
  );

/** Of a role that exists. */
export const roleArn = z
  .string()
  .max(ARN_MAX)
  .meta(
    rules(
      matches(
        `^${ROLE_ARN}$`,
        "write the ARN of an IAM role, e.g. arn:${AWS::Partition}:iam::${AWS::AccountId}:role/name; the ARN of a user, of a session (assumed-role) or of anything else does not do",
      ),
    ),
  );

/** Of a role, or of all roles of a guardrail. */
export const boundaryArn = z
  .string()
  .max(ARN_MAX)
  .meta(
    rules(
      matches(
        `^${POLICY_ARN}$`,
        "write the ARN of a managed policy, e.g. arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/boundary",
      ),
    ),
  );

export const role = z.object({
  name: z
    .string()
    .min(1)
    .max(64)
    .meta(
      rules(
        matches(
          `^${IAM_NAME_CHARACTER}+$`,
          "a role name has 1 to 64 letters, digits and _ + = , . @ -",
        ),
      ),
    )
    .describe(
      "Name of the role. Left out, it is made of namespace, name and a hash, which differs in every cluster and account.",
    )
    .optional(),
  description: z
    .string()
    .max(1000)
    .meta(
      rules(
        matches(
          String.raw`^[\t\n\r -~¡-ÿ]*$`,
          "IAM allows only Latin-1 characters in a description: remove the others",
        ),
      ),
    )
    .describe("Description of the role, as the IAM console shows it.")
    .optional(),
  maxSessionDurationSeconds: z
    .int()
    .min(3600)
    .max(43_200)
    .describe("Longest session of the role, in seconds. IAM's default is 3600.")
    .optional(),
  permissionsBoundaryArn: boundaryArn
    .describe(
      "Managed policy that bounds what the role can be allowed. ${AWS::…} placeholders are filled in.",
    )
    .optional(),
  tags: tags
    .describe(
      "Tags of the role alone, beside and before those of `spec.tags`. IAM policies see them as principal tags.",
    )
    .optional(),
  managedPolicies: z
    .array(managedPolicy)
    .max(MANAGED_POLICIES_MAX)
    .meta({ "x-kubernetes-list-type": "set" })
    .describe(
      "Managed policies attached to the role: the bare name of an AWS managed policy (AmazonS3ReadOnlyAccess), or an ARN. Others are detached.",
    )
    .optional(),
  inlinePolicies: z
    .array(inlinePolicy)
    .max(INLINE_POLICIES_MAX)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
    .describe(
      "Policies written here, at most 10,240 characters together without white space. Others are deleted.",
    )
    .optional(),
  trustScope: z
    .enum(["ServiceAccount", "Namespace", "Cluster", "Account"])
    .describe(
      "Whom the role trusts: pods of this ServiceAccount alone, of its namespace, of this cluster, or of any cluster of the account. Left out, the operator's DEFAULT_TRUST_SCOPE holds, normally ServiceAccount.",
    )
    .optional(),
});
