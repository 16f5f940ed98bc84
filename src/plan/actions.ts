/** The vocabulary of plans: what was observed of one object in AWS, and the single steps that change it. */
import type {
  AssociationKey,
  DesiredRole,
  ObservedAssociation,
  ObservedRole,
  Tags,
} from "./resources.ts";

/** What was seen in AWS of one object; `undefined` is absent. */
export interface Observed {
  readonly role: ObservedRole | undefined;
  /** The role of this object under its former name, if there was one. */
  readonly previousRole: ObservedRole | undefined;
  readonly association: ObservedAssociation | undefined;
}

export type RoleAction =
  | { readonly type: "CreateRole"; readonly role: DesiredRole }
  | { readonly type: "SetTrustPolicy"; readonly name: string; readonly document: string }
  | {
      readonly type: "SetDescriptionAndDuration";
      readonly name: string;
      readonly description: string;
      readonly seconds: number;
    }
  | { readonly type: "SetPermissionsBoundary"; readonly name: string; readonly arn: string }
  | { readonly type: "DeletePermissionsBoundary"; readonly name: string }
  | { readonly type: "TagRole"; readonly name: string; readonly tags: Tags }
  | { readonly type: "UntagRole"; readonly name: string; readonly keys: readonly string[] }
  | { readonly type: "AttachPolicy" | "DetachPolicy"; readonly name: string; readonly arn: string }
  | {
      readonly type: "PutInlinePolicy";
      readonly name: string;
      readonly policyName: string;
      readonly document: string;
    }
  | { readonly type: "DeleteInlinePolicy"; readonly name: string; readonly policyName: string }
  | { readonly type: "DeleteRole"; readonly name: string };

export type AssociationAction =
  | {
      readonly type: "CreateAssociation";
      readonly key: AssociationKey;
      readonly roleArn: string;
      readonly tags: Tags;
    }
  | { readonly type: "SetAssociationRole"; readonly id: string; readonly roleArn: string }
  | { readonly type: "TagAssociation"; readonly arn: string; readonly tags: Tags }
  | { readonly type: "UntagAssociation"; readonly arn: string; readonly keys: readonly string[] }
  | { readonly type: "DeleteAssociation"; readonly id: string };

export type Action = RoleAction | AssociationAction;
