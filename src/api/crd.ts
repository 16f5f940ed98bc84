/** The CustomResourceDefinition of a kind, as the manifest that is applied to a cluster. */
import type { z } from "zod";
import { GROUP, VERSION } from "./group.ts";
import { type Rule, rules } from "./rules.ts";
import { type Schema, structuralSchema } from "./structural-schema.ts";

/** A kind in one value: its CRD and its documentation come from it. */
export interface ResourceDefinition {
  readonly kind: string;
  /** Lower case. */
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** On the whole object; they see metadata.name and nothing else of its metadata. */
  readonly rules: readonly Rule[];
  readonly printerColumns: readonly PrinterColumn[];
}

interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  /** 1: only with `-o wide`. @default 0 */
  readonly priority?: 0 | 1;
}

/** @throws Error naming the path of what is not structural. */
export function schemaOf(definition: ResourceDefinition): Schema {
  return {
    type: "object",
    description: definition.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structuralSchema(definition.spec),
      status: structuralSchema(definition.status),
    },
    // The API server drops an empty list, and would then take each unchanged apply for a change.
    ...(definition.rules.length > 0 ? rules(...definition.rules) : {}),
  };
}

/** Argo CD: with a definition all objects of the kind would go, whatever application they belong to. */
const NEVER_PRUNED = { "argocd.argoproj.io/sync-options": "Prune=false,Delete=false" };

/** @throws Error naming the path of what is not structural. */
export function crdManifest(definition: ResourceDefinition): Schema {
  const { kind, plural, scope, printerColumns } = definition;
  // The API server keeps no empty list, and then takes the next one to apply it for somebody else's change.
  const shortNames = definition.shortNames.length > 0 ? { shortNames: definition.shortNames } : {};
  const singular = kind.toLowerCase();
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}`, annotations: NEVER_PRUNED },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular, ...shortNames },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: printerColumns,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schemaOf(definition) },
        },
      ],
    },
  };
}
