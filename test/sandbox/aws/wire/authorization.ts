/** Signatures are not verified, but a request must carry one, for the right service and, at EKS, for the right region. */
import { AwsError } from "../aws-error.ts";
import type { Call } from "../service.ts";
import type { World } from "../world.ts";

const CREDENTIAL =
  /^AWS4-HMAC-SHA256 .*Credential=[^/,\s]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request\b/;

/**
 * IAM and STS are global or sign with the client's region when an endpoint is set, so any region will do.
 * @throws AwsError as the service words it
 */
export function checkAuthorization({ service, authorization }: Call, { account }: World): void {
  const isEks = service.startsWith("eks");
  const code = (name: string) => (isEks ? `${name}Exception` : name);
  if (authorization === "") {
    const message = isEks
      ? "Missing Authentication Token"
      : "Request is missing Authentication Token";
    throw new AwsError({ code: code("MissingAuthenticationToken"), status: 403, message });
  }
  const scope = CREDENTIAL.exec(authorization);
  if (!scope) {
    const message = "Authorization header requires 'Credential' parameter.";
    throw new AwsError({ code: code("IncompleteSignature"), status: 400, message });
  }
  const [, region, name] = scope;
  const mismatch = isEks ? "InvalidSignatureException" : "SignatureDoesNotMatch";
  if (name !== service) {
    const message = `Credential should be scoped to correct service: '${service}'.`;
    throw new AwsError({ code: mismatch, status: 403, message });
  }
  if (isEks && region !== account.region) {
    const message = `Credential should be scoped to a valid region, not '${region}'.`;
    throw new AwsError({ code: mismatch, status: 403, message });
  }
}
