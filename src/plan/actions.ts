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
  /** Roles of this object under former names: whatever carries its tags and is wanted no more. */
  readonly formerRoles: readonly ObservedRole[];
  readonly association: ObservedAssociation | undefined;
  /** A role of ours that the spec only names now: it is to be somebody else's, without our tags. */
  readonly handedOver?: ObservedRole | undefined;
}

/** Settings of an association that we never set: each changes whose credentials the pods get, or what they may. */
export type Stray = "targetRoleArn" | "disableSessionTags" | "policy";

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
  | {
      readonly type: "UpdateAssociation";
      readonly id: string;
      readonly roleArn: string;
      /** What somebody else has set on it and is to be as it was when we made it. */
      readonly strays: readonly Stray[];
    }
  | { readonly type: "TagAssociation"; readonly arn: string; readonly tags: Tags }
  | { readonly type: "UntagAssociation"; readonly arn: string; readonly keys: readonly string[] }
  | { readonly type: "DeleteAssociation"; readonly id: string };

export type Action = RoleAction | AssociationAction;
