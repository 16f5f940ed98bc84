/** `status`: what the operator found and did. Written by the operator alone. */
import { z } from "zod";
import { anything } from "./policy-document.ts";
import { ARN_MAX } from "./rules.ts";

export const text = () => z.string().max(ARN_MAX);

export const condition = z.object({
  type: z.string().max(316).describe("What the condition is about, see Conditions below."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  observedGeneration: z
    .int()
    .min(0)
    .meta({ format: "int64" })
    .describe("The metadata.generation that it was found for.")
    .optional(),
  lastTransitionTime: z
    .string()
    .meta({ format: "date-time" })
    .describe("When its status last changed."),
  reason: z.string().min(1).max(1024).describe("One word for why; docs/reasons.md lists them all."),
  message: z.string().max(32_768).describe("Why, and what to do, for people."),
});

/** A fresh object says so itself, before any operator has seen it: `kubectl wait` and Argo CD then wait. */
export const pending: z.infer<typeof condition> = {
  type: "Ready",
  status: "Unknown",
  reason: "Pending",
  message:
    "waiting for the operator to look at this object; if it stays so, the operator is not running",
  lastTransitionTime: "1970-01-01T00:00:00Z",
};

export const conditions = z
  .array(condition)
  .max(32)
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
  .describe("What holds and what does not, see Conditions below.")
  .optional();

export const observedGeneration = z
  .int()
  .min(0)
  .meta({ format: "int64" })
  .describe("The metadata.generation that the status is about.")
  .optional();

const podCount = () => z.int().min(0).meta({ format: "int64" });

const pods = z.object({
  total: podCount().describe("Pods of the ServiceAccount that run or are about to."),
  injected: podCount().describe("Of these, how many have the credentials of the association."),
  stale: podCount().describe(
    "Of these, how many have none but would get them if they were made again.",
  ),
  unsupported: podCount().describe(
    "Of these, how many never can have them: on Fargate, or with Windows.",
  ),
  irsa: podCount()
    .describe("Of the stale ones, how many have credentials of IRSA instead.")
    .optional(),
  shadowed: podCount()
    .describe(
      "How many are given other AWS credentials by their own environment, which come first.",
    )
    .optional(),
  skipped: podCount()
    .describe("How many ask by label or annotation to be left without.")
    .optional(),
  summary: text().describe("Pods with credentials of all that should have them, e.g. 3/3."),
});

const plannedAction = z.object({
  description: text().describe("What would be done, in words."),
  call: z.string().max(128).describe("The AWS call, e.g. iam:CreateRole."),
  parameters: anything.describe("The call's parameters as AWS documents them."),
});

/** More steps than any object takes. */
const PLANNED_MAX = 200;

export const plannedActions = z
  .array(plannedAction)
  .max(PLANNED_MAX)
  .meta({ "x-kubernetes-list-type": "atomic" })
  .describe("With mode Plan: what would be done in AWS, in this order. Empty: nothing.")
  .optional();

export const status = z.object({
  observedGeneration,
  conditions,
  clusterName: text().describe("EKS cluster that the association is in.").optional(),
  roleArn: text().describe("ARN of the role, with all placeholders filled in.").optional(),
  roleName: text().describe("Name of the role.").optional(),
  previousRoleName: text()
    .describe("Former name of the role while a rename is under way.")
    .optional(),
  associationArn: text().describe("ARN of the EKS Pod Identity association.").optional(),
  associationId: text().describe("Id of the EKS Pod Identity association (a-…).").optional(),
  externalId: text()
    .describe("What the target role's trust policy must ask for as sts:ExternalId.")
    .optional(),
  associatedAt: z
    .string()
    .meta({ format: "date-time" })
    .describe(
      "When the operator first saw the association; pods that came before have to be made again.",
    )
    .optional(),
  pods: pods
    .describe("The ServiceAccount's pods, and how many of them really have the credentials.")
    .optional(),
  appliedSpec: z
    .string()
    .max(64)
    .describe("Hash of the part of the spec that was last brought to AWS in full.")
    .optional(),
  plannedActions,
});

const count = () => z.int().min(0).meta({ format: "int64" });

export const fanOutStatus = z.object({
  observedGeneration,
  conditions,
  namespaces: count().describe("Namespaces that it selects.").optional(),
  ready: count()
    .describe("Of these, how many have a PodIdentityAssociation that is Ready.")
    .optional(),
  summary: text()
    .describe("Namespaces that are Ready of all that it selects, e.g. 12/12.")
    .optional(),
});

export const guardrailStatus = z.object({
  observedGeneration,
  conditions,
  allowed: count()
    .describe("Objects of its namespaces that ask for nothing else than it allows.")
    .optional(),
  refused: count()
    .describe("Objects of its namespaces that ask for something it does not allow.")
    .optional(),
});

/**
 * Defaulted by the API server when the object is created. Each kind has it: kstatus, which Flux and Helm wait by,
 * takes an object without any status for done.
 */
export const statusWithDefault = status.default({ conditions: [pending] });
export const fanOutStatusWithDefault = fanOutStatus.default({ conditions: [pending] });
export const guardrailStatusWithDefault = guardrailStatus.default({ conditions: [pending] });
