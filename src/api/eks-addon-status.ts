/** `status` of an EKSAddon. Written by the operator alone. */
import { z } from "zod";
import { conditions, observedGeneration, pending, plannedActions, text } from "./status.ts";

/** More than any add-on has. */
const LIST_MAX = 50;

const atomic = { "x-kubernetes-list-type": "atomic" } as const;

const healthIssue = z.object({
  code: text().describe("EKS's code, e.g. ConfigurationConflict."),
  message: text().describe("EKS's own words."),
  resourceIds: z
    .array(text())
    .max(LIST_MAX)
    .meta(atomic)
    .describe("What it is about, as EKS names it.")
    .optional(),
});

const identity = z.object({
  serviceAccountName: text().describe("ServiceAccount of the add-on."),
  roleArn: text().describe("Role that it has, or is to get.").optional(),
  associationArn: text()
    .describe("Its EKS Pod Identity association; absent until it is there with that role.")
    .optional(),
  recommendedPolicies: z
    .array(text())
    .max(LIST_MAX)
    .meta(atomic)
    .describe("Managed policies that AWS recommends for it in this version.")
    .optional(),
});

export const addonStatus = z.object({
  observedGeneration,
  conditions,
  clusterName: text().describe("EKS cluster that the add-on is in.").optional(),
  addonArn: text().describe("ARN of the add-on.").optional(),
  version: text().describe("Version that is installed, or is to be.").optional(),
  availableVersion: text()
    .describe("A newer version that spec.version would resolve to now; absent if there is none.")
    .optional(),
  addonStatus: text().describe("EKS's own status of the add-on, e.g. ACTIVE.").optional(),
  healthIssues: z
    .array(healthIssue)
    .max(LIST_MAX)
    .meta(atomic)
    .describe("What EKS finds wrong with the add-on.")
    .optional(),
  requiresIamPermissions: z
    .boolean()
    .describe("Whether this version of the add-on needs a role, as EKS's catalogue says.")
    .optional(),
  identities: z
    .array(identity)
    .max(LIST_MAX)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["serviceAccountName"] })
    .describe("ServiceAccounts of the add-on, and their roles.")
    .optional(),
  identitySummary: text()
    .describe("Identities that are in EKS as wanted of all that are wanted, e.g. 1/1.")
    .optional(),
  updateId: text()
    .describe("The last update that EKS was asked for; `aws eks describe-update` shows it.")
    .optional(),
  plannedActions,
});

/** Defaulted by the API server when the object is created. */
export const addonStatusWithDefault = addonStatus.default({ conditions: [pending] });
