/** PodIdentityAssociation: gives the pods of one ServiceAccount an IAM role. */
import { z } from "zod";
import { associationFields, associationRules } from "./association-fields.ts";
import type { ResourceDefinition } from "./crd.ts";
import type { ObjectMeta } from "./object-meta.ts";
import type { role } from "./role.ts";
import { rules } from "./rules.ts";
import { type condition, type status, statusWithDefault } from "./status.ts";

const spec = z
  .object(associationFields)
  .meta(rules(...associationRules))
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
    { name: "Pods", type: "string", jsonPath: ".status.pods.summary" },
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

/** With the API server's defaults for what is left out. */
export function withDefaults(given: z.input<typeof spec>): PodIdentityAssociationSpec {
  return spec.parse(given);
}

/** The object as it is on the wire. */
export interface PodIdentityAssociation {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: PodIdentityAssociationSpec;
  readonly status?: PodIdentityAssociationStatus | undefined;
}
