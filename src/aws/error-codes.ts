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
