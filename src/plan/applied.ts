/** Whether what a spec asks of AWS is what was brought there in full: an edit of anything else changes nothing. */
import type {
  PodIdentityAssociationSpec,
  PodIdentityAssociationStatus,
} from "../api/pod-identity-association.ts";
import { hashOf } from "./hash.ts";

/** Only of a spec that has passed the strict reading: its documents are not nested deep. */
export function appliedHash(spec: PodIdentityAssociationSpec): string {
  const { serviceAccountName, roleArn, role, targetRoleArn, sessionTags, sessionPolicy, tags } =
    spec;
  return hashOf({
    serviceAccountName,
    roleArn,
    role,
    targetRoleArn,
    sessionTags,
    sessionPolicy,
    tags,
  });
}

export function isApplied(
  spec: PodIdentityAssociationSpec,
  status: PodIdentityAssociationStatus | undefined,
): boolean {
  return status?.appliedSpec !== undefined && status.appliedSpec === appliedHash(spec);
}
