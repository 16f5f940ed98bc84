/** How IAM words its refusals. Statuses and codes are the service model's; texts marked NV have no source on real AWS. */
import { AwsError } from "../aws-error.ts";

const refusal = (code: string, status: number) => (message: string) =>
  new AwsError({ code, status, message });

export const validationError = refusal("ValidationError", 400);
export const invalidInput = refusal("InvalidInput", 400);
export const malformed = refusal("MalformedPolicyDocument", 400);
export const noSuchEntity = refusal("NoSuchEntity", 404);
export const limitExceeded = refusal("LimitExceeded", 409);
export const deleteConflict = refusal("DeleteConflict", 409);
export const alreadyExists = refusal("EntityAlreadyExists", 409);

export const noRole = (name: string): AwsError =>
  noSuchEntity(`The role with name ${name} cannot be found.`);

export const noPolicy = (arn: string): AwsError => noSuchEntity(`Policy ${arn} was not found.`);

export const notAttachable = (arn: string): AwsError =>
  noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);

export const noInstanceProfile = (name: string): AwsError =>
  noSuchEntity(`Instance Profile ${name} cannot be found.`);

export const overQuota = (quota: string, most: number): AwsError =>
  limitExceeded(`Cannot exceed quota for ${quota}: ${most}`);
