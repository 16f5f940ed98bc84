/** Error names that mean the same, without their suffix "Exception". */

const THROTTLES = [
  "Throttling",
  "Throttled",
  "TooManyRequests",
  "RequestLimitExceeded",
  "RequestThrottled",
  "SlowDown",
];

/** Of the way to AWS: Node's codes, and the SDK's names for its own timeouts. */
const SILENCE = [
  "TimeoutError",
  "AbortError",
  "RequestTimeout",
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
];

export const BAD_CREDENTIALS = [
  "CredentialsProviderError",
  "TokenProviderError",
  "ExpiredToken",
  "RequestExpired",
  "InvalidClientTokenId",
  "UnrecognizedClient",
  "MissingAuthenticationToken",
  "IncompleteSignature",
  "SignatureDoesNotMatch",
  "InvalidSignature",
  "AuthFailure",
  "TokenRefreshRequired",
];

/** IAM's quotas are "LimitExceeded" as well, which the SDK takes for throttling: they are none. */
export function isThrottle(code: string, status: number | undefined): boolean {
  return THROTTLES.includes(code) || status === 429;
}

/** Nothing came back that AWS stands behind. */
export function isSilence(code: string, status: number | undefined): boolean {
  return SILENCE.includes(code) || (status ?? 0) >= 500;
}

/**
 * What became of a request, for metrics.
 * - `refused`: AWS said no, as it does when a thing is not there or exists already
 * - `denied`: the operator may not, or AWS does not know it
 * - `failed`: no answer, or an error of AWS's own
 */
export type Answer = "ok" | "refused" | "denied" | "throttled" | "failed";

export const ANSWERS: readonly Answer[] = ["ok", "refused", "denied", "throttled", "failed"];

/** What sort of answer an error is. */
export function answerOf(code: string, status: number | undefined): Answer {
  if (isThrottle(code, status)) return "throttled";
  if (isSilence(code, status)) return "failed";
  return code === "AccessDenied" || BAD_CREDENTIALS.includes(code) ? "denied" : "refused";
}
