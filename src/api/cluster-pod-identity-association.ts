/** ClusterPodIdentityAssociation: one template, a PodIdentityAssociation in each of many namespaces. */
import { z } from "zod";
import { associationFields, associationRules } from "./association-fields.ts";
import type { ResourceDefinition } from "./crd.ts";
import type { ObjectMeta } from "./object-meta.ts";
import { namespaceSelector } from "./pod-identity-guardrail.ts";
import { rules } from "./rules.ts";
import { type fanOutStatus, fanOutStatusWithDefault } from "./status.ts";

const spec = z
  .object({ namespaceSelector, ...associationFields })
  .meta(rules(...associationRules))
  .describe("What is wanted in each of the namespaces.");

export const clusterPodIdentityAssociation: ResourceDefinition = {
  kind: "ClusterPodIdentityAssociation",
  plural: "clusterpodidentityassociations",
  shortNames: ["cpia"],
  scope: "Cluster",
  description:
    "Makes a PodIdentityAssociation of its own name in each namespace that it selects, keeps it as written here, and takes it away when the namespace is selected no more. The guardrails of each namespace apply.",
  spec,
  status: fanOutStatusWithDefault.describe("What is. Written by the operator alone."),
  rules: [
    {
      rule: "size(self.metadata.name) <= 63",
      message: "metadata.name has more than 63 characters: choose a shorter one",
    },
  ],
  printerColumns: [
    { name: "ServiceAccount", type: "string", jsonPath: ".spec.serviceAccountName" },
    { name: "Namespaces", type: "string", jsonPath: ".status.summary" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Reason", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};

/** As the API server returns it, with defaults. */
export type ClusterPodIdentityAssociationSpec = z.infer<typeof spec>;
export type ClusterPodIdentityAssociationStatus = z.infer<typeof fanOutStatus>;

/** The object as it is on the wire. */
export interface ClusterPodIdentityAssociation {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: ClusterPodIdentityAssociationSpec;
  readonly status?: ClusterPodIdentityAssociationStatus | undefined;
}
