/** An IAM policy document in a spec: kept as it was pasted. */
import { z } from "zod";

/** What every document's description ends with. */
export const PASTE_AS_IS =
  "JSON from the AWS documentation can be pasted as it is. Account ids must be quoted. ${AWS::AccountId}, ${AWS::Region}, ${AWS::Partition} and ${EKS::ClusterName} are filled in; IAM's own ${aws:…} variables are left alone.";

/** Content that the API server stores without a look. */
export const anything = z
  .record(z.string(), z.unknown())
  .meta({ "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-map-type": "atomic" });

/**
 * Its content is checked by the operator, not here: a rule on it could never be changed again
 * (ratcheting does not reach unknown fields).
 */
export const policyDocument = anything.describe(
  `The policy as IAM writes it (Version, Statement). ${PASTE_AS_IS}`,
);
