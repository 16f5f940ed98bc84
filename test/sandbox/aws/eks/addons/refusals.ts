/** How EKS words its refusals about add-ons. Texts marked NV have no source on real AWS. */
import { AwsError } from "../../aws-error.ts";
import type { UnverifiedAnswers } from "../../settings.ts";

export interface AddonRef {
  readonly clusterName: string;
  readonly addonName: string;
}

function refusal(code: string, status: number, message: string, about: object): AwsError {
  return new AwsError({ code, status, message }, { ...about });
}

export function invalidAddon(message: string, about: Partial<AddonRef>): AwsError {
  return refusal("InvalidParameterException", 400, message, about);
}

export function noAddon(about: AddonRef): AwsError {
  const message = `No addon: ${about.addonName} found in cluster: ${about.clusterName}`;
  return refusal("ResourceNotFoundException", 404, message, about);
}

export function addonExists(about: AddonRef): AwsError {
  return refusal("ResourceInUseException", 409, "Addon already exists.", about);
}

export function unknownAddon(kubernetesVersion: string, about: AddonRef): AwsError {
  const where = `in ${kubernetesVersion} kubernetes version`;
  return invalidAddon(`Addon ${about.addonName} specified is not supported ${where}`, about);
}

export const unsupportedVersion = (about: Partial<AddonRef>): AwsError =>
  invalidAddon("Addon version specified is not supported", about);

/** NV: code and text. */
export function busyAddon(
  status: string,
  answer: UnverifiedAnswers["busyAddon"],
  about: AddonRef,
): AwsError {
  const message = `Addon ${about.addonName} cannot be updated as it is currently in ${status} state`;
  return refusal(answer, answer === "ResourceInUseException" ? 409 : 400, message, about);
}

/** NV: text. */
export function noUpdate(id: string, about: object): AwsError {
  return refusal("ResourceNotFoundException", 404, `No update found for ID: ${id}`, about);
}

export const identitiesUnsupported = (version: string, about: AddonRef): AwsError =>
  invalidAddon(`Pod Identity feature is not supported for addon version: ${version}`, about);

export function unknownServiceAccount(serviceAccount: string, about: AddonRef): AwsError {
  const subject = `Service account ${serviceAccount} in pod identity configuration`;
  return invalidAddon(`${subject} is not supported for addon ${about.addonName}`, about);
}

/** NV: code. The text is that of a second association. */
export function identityExists(
  id: string,
  answer: UnverifiedAnswers["addonIdentityExists"],
  about: AddonRef,
): AwsError {
  const status = answer === "ResourceInUseException" ? 409 : 400;
  return refusal(answer, status, `Association already exists: ${id}`, about);
}
