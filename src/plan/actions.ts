/** The vocabulary of plans: what was observed of one object in AWS, and the single steps that change it. */
import type {
  AssociationKey,
  DesiredRole,
  DesiredSession,
  ObservedAssociation,
  ObservedRole,
  Tags,
} from "./resources.ts";

/** What was seen in AWS of one object; `undefined` is absent. */
export interface Observed {
  readonly role: ObservedRole | undefined;
  /** Roles of this object under former names: whatever carries its tags and is wanted no more. */
  readonly formerRoles: readonly ObservedRole[];
  /** Names of others that stay: other objects still use them, or they could not be read. */
  readonly keptNames?: readonly string[];
  readonly association: ObservedAssociation | undefined;
  /** A role of ours that the spec only names now: it is to be somebody else's, without our tags. */
  readonly handedOver?: ObservedRole | undefined;
  /** Objects that tags on the role or the association name as their owner and that are no more. */
  readonly abandonedBy?: readonly string[];
  /** Objects that give their association up to this one. */
  readonly cededBy?: readonly string[];
  /** EKS did not clear the session policy: only a new association is without one. */
  readonly policySticks?: boolean;
}

/** What changes in an association's session settings. "" clears a text; a key that is missing stays as it is. */
export interface SessionChange {
  readonly targetRoleArn?: string;
  readonly disableSessionTags?: boolean;
  readonly policy?: string;
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
      readonly session: DesiredSession;
    }
  | {
      readonly type: "UpdateAssociation";
      readonly id: string;
      readonly roleArn: string;
      readonly session: SessionChange;
    }
  | { readonly type: "TagAssociation"; readonly arn: string; readonly tags: Tags }
  | { readonly type: "UntagAssociation"; readonly arn: string; readonly keys: readonly string[] }
  | { readonly type: "DeleteAssociation"; readonly id: string };

export type Action = RoleAction | AssociationAction;

/** The role that a ServiceAccount of an add-on is to have, as EKS takes it. */
export interface AddonIdentity {
  readonly serviceAccount: string;
  readonly roleArn: string;
}

export type ResolveConflicts = "NONE" | "OVERWRITE" | "PRESERVE";

export type AddonAction =
  | {
      readonly type: "CreateAddon";
      readonly name: string;
      readonly version: string;
      readonly resolveConflicts: ResolveConflicts;
      readonly tags: Tags;
      readonly configuration: string | undefined;
      readonly namespace: string | undefined;
      readonly identities: readonly AddonIdentity[];
    }
  | {
      readonly type: "UpdateAddon";
      readonly name: string;
      readonly resolveConflicts: ResolveConflicts;
      /** `undefined`: it stays. */
      readonly version: string | undefined;
      readonly configuration: string | undefined;
      /** All that the add-on is to have: EKS takes others away. `undefined`: they stay. */
      readonly identities: readonly AddonIdentity[] | undefined;
    }
  | { readonly type: "DeleteAddon"; readonly name: string; readonly preserve: boolean }
  | { readonly type: "TagAddon"; readonly arn: string; readonly tags: Tags }
  | { readonly type: "UntagAddon"; readonly arn: string; readonly keys: readonly string[] };

/** A step of any plan. */
export type AnyAction = Action | AddonAction;
