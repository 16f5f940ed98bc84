/** How EKS words its refusals. Texts marked NV have no source on real AWS; codes and statuses are the service model's. */
import { AwsError, REFUSALS } from "../aws-error.ts";

export function invalidParameter(message: string, clusterName?: string): AwsError {
  return new AwsError(
    { code: "InvalidParameterException", status: 400, message },
    clusterName === undefined ? {} : { clusterName },
  );
}

export function noCluster(name: string): AwsError {
  const message = `No cluster found for name: ${name}.`;
  return new AwsError({ code: "ResourceNotFoundException", status: 404, message });
}

/** NV: text. */
export function noAssociation(clusterName: string, id: string): AwsError {
  const message = `No pod identity association found for association id: ${id}.`;
  return new AwsError({ code: "ResourceNotFoundException", status: 404, message }, { clusterName });
}

export function associationExists(clusterName: string, id: string): AwsError {
  const message = `Association already exists: ${id}`;
  return new AwsError({ code: "ResourceInUseException", status: 409, message }, { clusterName });
}

/** NV: text. */
export function tooManyAssociations(clusterName: string): AwsError {
  return new AwsError(REFUSALS.eks.limitExceeded, { clusterName });
}

export const roleMissing = (): AwsError => new AwsError(REFUSALS.eks.roleMissing);
export const trustInvalid = (): AwsError => new AwsError(REFUSALS.eks.trustInvalid);

export function crossAccount(code: string): AwsError {
  const status = code === "AccessDeniedException" ? 403 : 400;
  return new AwsError({ code, status, message: "Cross-account pass role is not allowed" });
}

/** A body that is no JSON object, or a member of the wrong type. NV: text. */
export function badBody(message: string): AwsError {
  return new AwsError({ code: "SerializationException", status: 400, message });
}
