/** A refusal as AWS words it: error code, HTTP status and message. The wire formats render it per service. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** EKS errors name what they are about, such as `clusterName`. */
  readonly about: Readonly<Record<string, string>>;

  constructor(
    refusal: { readonly code: string; readonly status: number; readonly message: string },
    about: Readonly<Record<string, string>> = {},
  ) {
    super(refusal.message);
    this.name = "AwsError";
    this.code = refusal.code;
    this.status = refusal.status;
    this.about = about;
  }
}

/** The connection is cut without an answer. */
export class ConnectionReset extends Error {
  override readonly name = "ConnectionReset";
}

/** The refusals that faults are made of, by service, as AWS sends them. */
export const REFUSALS = {
  eks: {
    tooManyRequests: {
      code: "TooManyRequestsException",
      status: 429,
      message: "Too Many Requests",
    },
    throttling: { code: "ThrottlingException", status: 400, message: "Rate exceeded" },
    throttling429: { code: "ThrottlingException", status: 429, message: "Rate exceeded" },
    accessDenied: {
      code: "AccessDeniedException",
      status: 403,
      message: "User is not authorized to perform this action",
    },
    server: { code: "ServerException", status: 500, message: "Internal server error" },
    unavailable: {
      code: "ServiceUnavailableException",
      status: 503,
      message: "Service unavailable",
    },
    limitExceeded: {
      code: "ResourceLimitExceededException",
      status: 400,
      message: "Pod identity association limit exceeded",
    },
    roleMissing: {
      code: "InvalidParameterException",
      status: 400,
      message: "Role provided in the request does not exist.",
    },
    trustInvalid: {
      code: "InvalidParameterException",
      status: 400,
      message: "Trust policy of the role provided is invalid.",
    },
  },
  iam: {
    throttling: { code: "Throttling", status: 400, message: "Rate exceeded" },
    accessDenied: {
      code: "AccessDenied",
      status: 403,
      message: "User is not authorized to perform this action",
    },
    server: { code: "ServiceFailure", status: 500, message: "Internal server error" },
    unavailable: { code: "ServiceUnavailable", status: 503, message: "Service unavailable" },
    concurrentModification: {
      code: "ConcurrentModification",
      status: 409,
      message:
        "The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.",
    },
  },
} as const;
