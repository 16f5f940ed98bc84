/** PodIdentityAssociation: gives the pods of one ServiceAccount an IAM role. */
import { z } from "zod";
import type { ResourceDefinition } from "./crd.ts";
import type { ObjectMeta } from "./object-meta.ts";
import { role } from "./role.ts";
import { ARN_MAX, matches, ROLE_ARN, rules } from "./rules.ts";
import { type condition, type status, statusWithDefault } from "./status.ts";
import { tags, tagUnionRules } from "./tags.ts";

const DNS_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";

// A rule on `spec` is final with the first release: the object has unknown fields in it (policy
// documents), so ratcheting does not forgive an old object, and even its finalizer could not be removed.
const spec = z
  .object({
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
    roleArn: z
      .string()
      .max(ARN_MAX)
      .meta(
        rules(
          matches(
            `^${ROLE_ARN}$`,
            "write the ARN of an IAM role, e.g. arn:${AWS::Partition}:iam::${AWS::AccountId}:role/name; the ARN of a user, of a session (assumed-role) or of anything else does not do",
          ),
        ),
      )
      .describe(
        "ARN of a role that exists, in the cluster's account. It is never changed and never deleted. Exactly one of roleArn and role is set.",
      )
      .optional(),
    role: role
      .describe(
        "A role that the operator makes for this object and owns. `{}` is a role without permissions. Exactly one of roleArn and role is set.",
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
    suspend: z
      .boolean()
      .default(false)
      .describe("true: the operator changes nothing until it is false again."),
  })
  .meta(
    rules(
      {
        rule: "has(self.roleArn) != has(self.role)",
        message:
          "set exactly one of roleArn (a role that exists) and role (a role that the operator makes)",
      },
      ...tagUnionRules,
    ),
  )
  .describe("What is wanted.");

export const podIdentityAssociation: ResourceDefinition = {
  kind: "PodIdentityAssociation",
  plural: "podidentityassociations",
  shortNames: ["pia", "podidentity"],
  scope: "Namespaced",
  description:
    "Gives the pods of one ServiceAccount an IAM role through EKS Pod Identity: the operator makes the role, or takes one that exists, associates it in EKS, keeps both as written, and takes them away with the object.",
  spec,
  status: statusWithDefault.describe("What is. Written by the operator alone."),
  rules: [
    {
      rule: "size(self.metadata.name) <= 63",
      message: "metadata.name has more than 63 characters: choose a shorter one",
    },
  ],
  printerColumns: [
    { name: "ServiceAccount", type: "string", jsonPath: ".spec.serviceAccountName" },
    { name: "Role", type: "string", jsonPath: ".status.roleName" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Reason", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Association", type: "string", jsonPath: ".status.associationId", priority: 1 },
    { name: "Cluster", type: "string", jsonPath: ".status.clusterName", priority: 1 },
    { name: "Role ARN", type: "string", jsonPath: ".status.roleArn", priority: 1 },
  ],
};

/** As the API server returns it, with defaults. */
export type PodIdentityAssociationSpec = z.infer<typeof spec>;
export type RoleSpec = z.infer<typeof role>;
export type PodIdentityAssociationStatus = z.infer<typeof status>;
export type Condition = z.infer<typeof condition>;

/** The object as it is on the wire. */
export interface PodIdentityAssociation {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: PodIdentityAssociationSpec;
  readonly status?: PodIdentityAssociationStatus | undefined;
}
