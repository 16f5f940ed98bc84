/** PodIdentityGuardrail: what the PodIdentityAssociations of some namespaces may ask for. */
import { z } from "zod";
import type { ResourceDefinition } from "./crd.ts";
import type { ObjectMeta } from "./object-meta.ts";
import { boundaryArn } from "./role.ts";
import { ARN_MAX, rules } from "./rules.ts";
import { type guardrailStatus, guardrailStatusWithDefault } from "./status.ts";

const LIST_MAX = 200;

/** A list of texts that allow something. Absent, it allows nothing. */
const list = (itemMax = 512) =>
  z.array(z.string().min(1).max(itemMax)).max(LIST_MAX).meta({ "x-kubernetes-list-type": "set" });

const ARN_GLOB =
  "In a glob `*` stands for anything but / and :, `**` for anything but :. ${AWS::…} placeholders are filled in.";
const IAM_PATTERN = "IAM's own patterns: `*` and `?`, which cross everything.";

export const namespaceSelector = z
  .object({
    matchNames: list(63)
      .describe("Names of namespaces. The only way to reach kube-* and the operator's own.")
      .optional(),
    matchLabels: z
      .record(z.string(), z.string().max(63))
      .meta({ maxProperties: 32 })
      .describe("Labels that the namespace must have. Whoever may label namespaces may join.")
      .optional(),
  })
  .describe(
    "Namespaces it is about. Absent: none. {}: all but kube-* and the operator's own. With names and labels a namespace needs both.",
  )
  .optional();

const inlinePolicies = z
  .object({
    allowedActions: list()
      .describe(`Actions that inline policies may allow, e.g. s3:Get*. ${IAM_PATTERN}`)
      .optional(),
    forbiddenActions: list()
      .describe(
        "Actions that no inline policy may allow, not even as a part of a wider pattern, e.g. iam:*.",
      )
      .optional(),
    allowedResources: list(ARN_MAX)
      .describe(
        `Resources that inline policies may be about. ${IAM_PATTERN} \${AWS::…} placeholders are filled in.`,
      )
      .optional(),
    maxStatements: z
      .int()
      .min(1)
      .max(1000)
      .describe(
        "Statements that the inline policies of a role may have together. Absent: any number.",
      )
      .optional(),
  })
  .describe("Inline policies. Absent: none.")
  .optional();

const managedRoles = z
  .object({
    permissionsBoundaryArn: boundaryArn
      .describe("Permissions boundary that every role gets, whether it asks for it or not.")
      .optional(),
    acknowledgeUnbounded: z
      .boolean()
      .describe(
        "true: roles may be made without a boundary. The rules below are then all that holds.",
      )
      .optional(),
    roleNames: list(64)
      .describe("Role names that may be chosen; globs. Absent: only the generated ones.")
      .optional(),
    tags: z
      .object({
        allowedKeys: list(128)
          .describe("Keys of tags that a role may be given; globs, without case. Absent: none.")
          .optional(),
        required: z
          .record(z.string(), z.string().max(256))
          .meta({ maxProperties: 20 })
          .describe("Tags that every role gets; a request for another value is refused.")
          .optional(),
      })
      .describe("Tags of roles, which IAM policies see as principal tags. Absent: none may be set.")
      .optional(),
    allowedManagedPolicyArns: list(ARN_MAX)
      .describe(`Managed policies that may be attached. ${ARN_GLOB} Absent: none.`)
      .optional(),
    inlinePolicies,
    maxRolesPerNamespace: z
      .int()
      .min(0)
      .max(5000)
      .describe(
        "Objects of a namespace that may have a role; the oldest come first. Absent: any number.",
      )
      .optional(),
    maxSessionDurationSeconds: z
      .int()
      .min(3600)
      .max(43_200)
      .describe(
        "Longest session that a role may ask for, in seconds. Absent: IAM's own limit, 43200.",
      )
      .optional(),
    widestTrustScope: z
      .enum(["ServiceAccount", "Namespace", "Cluster", "Account"])
      .default("ServiceAccount")
      .describe("Widest trustScope that a role may ask for."),
  })
  .meta(
    rules({
      rule: "has(self.permissionsBoundaryArn) || (has(self.acknowledgeUnbounded) && self.acknowledgeUnbounded)",
      message:
        "set permissionsBoundaryArn, which every role then gets, or acknowledgeUnbounded: true if roles may be made without a boundary",
    }),
  )
  .describe("Roles that the operator makes (`spec.role`). Absent: none.")
  .optional();

const spec = z
  .object({
    namespaceSelector,
    serviceAccounts: list(253)
      .describe('Names of ServiceAccounts; globs, ["*"] is all of them. Absent: none.')
      .optional(),
    existingRoles: z
      .object({
        allowedArns: list(ARN_MAX)
          .describe(`Roles that may be named by roleArn. ${ARN_GLOB}`)
          .optional(),
      })
      .describe("Roles that exist (`spec.roleArn`). Absent: none may be named.")
      .optional(),
    managedRoles,
    targetRoles: z
      .object({
        allowedArns: list(ARN_MAX)
          .describe(`Roles that may be named by targetRoleArn. ${ARN_GLOB}`)
          .optional(),
      })
      .describe("Roles of other accounts (`spec.targetRoleArn`). Absent: none may be named.")
      .optional(),
    sessionTags: z
      .enum(["Required", "Optional"])
      .default("Required")
      .describe("Optional: session tags may be switched off, and session policies used."),
    annotations: z
      .array(z.enum(["PodIdentity", "IRSA"]))
      .max(2)
      .meta({ "x-kubernetes-list-type": "set" })
      .describe(
        "Annotations of ServiceAccounts that may ask for an existing role: pod-identity.eks.amazonaws.com/role or podidentity.io/role (PodIdentity), eks.amazonaws.com/role-arn (IRSA). Absent: none.",
      )
      .optional(),
    mandatory: z
      .boolean()
      .default(false)
      .describe(
        "true: it grants nothing; every request of its namespaces must pass it beside the guardrail that allows it.",
      ),
    adoption: z
      .enum(["Forbidden", "Allowed"])
      .default("Forbidden")
      .describe(
        "Whether spec.adoptionPolicy may take over what exists in AWS and belongs to nobody.",
      ),
    onViolation: z
      .enum(["Freeze", "Revoke"])
      .default("Freeze")
      .describe(
        "What becomes of an object that is not allowed any more. Freeze: it stays as it is in AWS and nothing is written. Revoke: its association is deleted, if all guardrails of its namespace say so.",
      ),
  })
  .describe("What is allowed. A request needs one guardrail that allows all of it.");

export const podIdentityGuardrail: ResourceDefinition = {
  kind: "PodIdentityGuardrail",
  plural: "podidentityguardrails",
  shortNames: ["pig"],
  scope: "Cluster",
  description:
    "What the PodIdentityAssociations of some namespaces may ask for. A request is allowed if one guardrail allows all of it, and every mandatory one of the namespace does, too. Without any, nothing is created.",
  spec,
  status: guardrailStatusWithDefault.describe(
    "What it allows and refuses. Written by the operator alone.",
  ),
  rules: [],
  printerColumns: [
    { name: "Mandatory", type: "boolean", jsonPath: ".spec.mandatory" },
    { name: "Allowed", type: "integer", jsonPath: ".status.allowed" },
    { name: "Refused", type: "integer", jsonPath: ".status.refused" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};

/** As the API server returns it, with defaults. */
export type PodIdentityGuardrailSpec = z.infer<typeof spec>;
export type PodIdentityGuardrailStatus = z.infer<typeof guardrailStatus>;

/** The object as it is on the wire. */
export interface PodIdentityGuardrail {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: PodIdentityGuardrailSpec;
  readonly status?: PodIdentityGuardrailStatus | undefined;
}
