/** What can be asked for: the fields that a PodIdentityAssociation and the template of many have in common. */
import { z } from "zod";
import { levers } from "./levers.ts";
import { anything, PASTE_AS_IS } from "./policy-document.ts";
import { role, roleArn } from "./role.ts";
import { ARN_MAX, DNS_LABEL, matches, ROLE_ARN, type Rule, rules } from "./rules.ts";
import { serviceAccountMetadata } from "./service-account.ts";
import { tags, tagUnionRules } from "./tags.ts";

export const associationFields = {
  serviceAccountName: z
    .string()
    .max(253)
    .meta(
      rules(
        matches(
          `^${DNS_LABEL}(?:[.]${DNS_LABEL})*$`,
          "write the name of a ServiceAccount of this namespace; it has lower-case letters, digits, '-' and '.' and begins and ends with a letter or digit",
        ),
        {
          rule: "self == oldSelf",
          message:
            "cannot be changed, EKS cannot move an association: create another PodIdentityAssociation and delete this one",
        },
      ),
    )
    .describe(
      "ServiceAccount whose pods get the role, in the namespace of this object. It need not exist yet. Cannot be changed.",
    ),
  createServiceAccount: z
    .boolean()
    .default(false)
    .describe(
      "true: the operator makes the ServiceAccount once the association is there, so that no pod can start before it, and it goes with this object. One that exists already is never touched.",
    ),
  serviceAccountMetadata: serviceAccountMetadata
    .describe("Labels and annotations of the ServiceAccount that the operator makes.")
    .optional(),
  roleArn: roleArn
    .describe(
      "ARN of a role that exists, in the cluster's account. It is never changed and never deleted. Exactly one of roleArn and role is set.",
    )
    .optional(),
  role: role
    .describe(
      "A role that the operator makes for this object and owns. `{}` is a role without permissions. Exactly one of roleArn and role is set.",
    )
    .optional(),
  targetRoleArn: z
    .string()
    .max(ARN_MAX)
    .meta(
      rules(
        matches(
          `^${ROLE_ARN}$`,
          "write the ARN of the IAM role to assume from the first one, e.g. arn:${AWS::Partition}:iam::444455556666:role/name",
        ),
      ),
    )
    .describe(
      "ARN of a second role, normally of another account, whose credentials the pods get: EKS assumes it from the first role. It must trust that role with the external id in `status.externalId`; the condition AssociationReady shows the statement.",
    )
    .optional(),
  sessionTags: z
    .enum(["Enabled", "Disabled"])
    .default("Enabled")
    .describe(
      "Whether sessions carry cluster, namespace, ServiceAccount and pod as tags. Without them a role cannot tell ServiceAccounts apart: a `role` then needs trustScope Cluster or Account.",
    ),
  sessionPolicy: anything
    .describe(
      `Policy that narrows every session of the association further; with targetRoleArn, those of the target role. Needs sessionTags: Disabled. At most 2,048 characters. ${PASTE_AS_IS}`,
    )
    .optional(),
  tags: tags
    .describe(
      "AWS tags of the association and of the role the operator makes, at most 45 together with `role.tags`. They are visible to everybody who may list them.",
    )
    .optional(),
  deletionPolicy: z
    .enum(["Delete", "Retain"])
    .default("Delete")
    .describe(
      "What deleting this object does in AWS. Delete: association and own role go. Retain: both stay as they are and no longer belong to it.",
    ),
  adoptionPolicy: z
    .enum(["Never", "Association", "AssociationAndRole"])
    .default("Never")
    .describe(
      "What this object may take over that exists in AWS and belongs to nobody: its ServiceAccount's association, or that and the role of its name. A guardrail must allow it, too. What another object, installation or add-on owns is never taken.",
    ),
  podRestart: z
    .enum(["Initial", "Never", "Stale"])
    .default("Initial")
    .describe(
      "Whether workloads whose pods came too early for their credentials are restarted. Initial: once, when the association is new, those that can never have worked. Stale: whenever pods lack them. Only Deployments, StatefulSets and DaemonSets; status says what to do for the others.",
    ),
  ...levers,
};

// A rule on `spec` is final with the first release: the object has unknown fields in it (policy
// documents), so ratcheting does not forgive an old object, and even its finalizer could not be removed.
export const associationRules: readonly Rule[] = [
  {
    rule: "has(self.roleArn) != has(self.role)",
    message:
      "set exactly one of roleArn (a role that exists) and role (a role that the operator makes)",
  },
  {
    rule: "!has(self.serviceAccountMetadata) || self.createServiceAccount",
    message: "serviceAccountMetadata needs the line createServiceAccount: true",
  },
  {
    rule: "!has(self.sessionPolicy) || self.sessionTags == 'Disabled'",
    message:
      "EKS takes a session policy only without session tags; add the line sessionTags: Disabled, and with role also trustScope: Cluster in role",
  },
  {
    rule: "self.sessionTags != 'Disabled' || !has(self.role) || (has(self.role.trustScope) && self.role.trustScope in ['Cluster', 'Account'])",
    message:
      "without session tags a role cannot be limited to one ServiceAccount or namespace; with sessionTags: Disabled add the line trustScope: Cluster (or Account) in role",
  },
  ...tagUnionRules,
];
