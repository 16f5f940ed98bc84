/** AWS's refusals, and what each has to mean: statuses and texts are AWS's own. */

export const ROLE = "arn:aws:iam::111122223333:role/podidentity/reader";
export const POLICY = "arn:aws:iam::111122223333:policy/team";

/** An exception as the SDK throws it, and the call that it answers. */
export interface Case {
  readonly name: string;
  readonly status?: number;
  readonly text?: string;
  readonly code?: string;
  readonly action?: string;
  readonly input?: Readonly<Record<string, unknown>>;
}

export const create = {
  action: "eks:CreatePodIdentityAssociation",
  input: { clusterName: "demo", namespace: "shop", serviceAccount: "cart", roleArn: ROLE },
};
export const read = {
  action: "eks:DescribePodIdentityAssociation",
  input: { clusterName: "demo", associationId: "a-5ygeq7y6kw0aw8lmk" },
};
export const attach = {
  action: "iam:AttachRolePolicy",
  input: { RoleName: "reader", PolicyArn: POLICY },
};
export const update = {
  action: "eks:UpdateAddon",
  input: {
    clusterName: "demo",
    addonName: "vpc-cni",
    podIdentityAssociations: [{ serviceAccount: "aws-node", roleArn: ROLE }],
  },
};
export const REFUSALS: [Case, reason: string, retry: string][] = [
  [{ name: "Throttling", status: 400, text: "Rate exceeded" }, "Throttled", "backoff"],
  [{ name: "ThrottlingException", status: 429, ...create }, "Throttled", "backoff"],
  [{ name: "ThrottlingException", status: 400, ...create }, "Throttled", "backoff"],
  [{ name: "TooManyRequestsException", status: 429, ...create }, "Throttled", "backoff"],
  [{ name: "SomethingNew", status: 429 }, "Throttled", "backoff"],
  [{ name: "ServiceFailureException", status: 500 }, "AWSUnavailable", "backoff"],
  [{ name: "ServerException", status: 500, ...create }, "AWSUnavailable", "backoff"],
  [{ name: "ServiceUnavailableException", status: 503, ...create }, "AWSUnavailable", "backoff"],
  [{ name: "TimeoutError" }, "AWSUnavailable", "backoff"],
  [{ name: "Error", code: "ECONNRESET" }, "AWSUnavailable", "backoff"],
  [{ name: "Error", code: "ECONNREFUSED" }, "AWSUnavailable", "backoff"],
  [{ name: "Error", code: "ENOTFOUND" }, "AWSUnavailable", "backoff"],
  [{ name: "SyntaxError", status: 200, text: "Unexpected token <" }, "AWSUnavailable", "backoff"],
  [{ name: "CredentialsProviderError" }, "CredentialsInvalid", "backoff"],
  [{ name: "ExpiredToken", status: 403 }, "CredentialsInvalid", "backoff"],
  [{ name: "ExpiredTokenException", status: 403, ...create }, "CredentialsInvalid", "backoff"],
  [{ name: "InvalidClientTokenId", status: 403 }, "CredentialsInvalid", "backoff"],
  [
    { name: "UnrecognizedClientException", status: 403, ...create },
    "CredentialsInvalid",
    "backoff",
  ],
  [{ name: "SignatureDoesNotMatch", status: 403 }, "CredentialsInvalid", "backoff"],
  [{ name: "AccessDenied", status: 403 }, "AccessDenied", "never"],
  [{ name: "AccessDeniedException", status: 403, ...create }, "AccessDenied", "never"],
  [
    {
      name: "AccessDeniedException",
      status: 403,
      text: "Cross-account pass role is not allowed",
      ...create,
    },
    "RoleAccountMismatch",
    "never",
  ],
  [
    {
      name: "InvalidParameterException",
      status: 400,
      text: "Cross-account pass role is not allowed.",
      ...create,
    },
    "RoleAccountMismatch",
    "never",
  ],
  [
    {
      name: "InvalidParameterException",
      status: 400,
      text: "Role provided in the request does not exist.",
      ...create,
    },
    "RoleNotFound",
    "never",
  ],
  [
    {
      name: "InvalidParameterException",
      status: 400,
      text: "Trust policy of the role provided is invalid.",
      ...create,
    },
    "TrustPolicyInvalid",
    "never",
  ],
  [
    { name: "InvalidParameterException", status: 400, text: "bad name", ...create },
    "InvalidParameter",
    "never",
  ],
  [{ name: "InvalidRequestException", status: 400, ...create }, "InvalidParameter", "backoff"],
  [
    { name: "BadRequestException", status: 400, action: "eks:TagResource" },
    "InvalidParameter",
    "never",
  ],
  [{ name: "ResourceLimitExceededException", status: 400, ...create }, "QuotaExceeded", "never"],
  [{ name: "ResourceNotFoundException", status: 404, ...create }, "ClusterNotFound", "never"],
  [
    {
      name: "ResourceNotFoundException",
      status: 404,
      text: "No cluster found for name: demo.",
      ...read,
    },
    "ClusterNotFound",
    "never",
  ],
  [{ name: "ResourceNotFoundException", status: 404, ...read }, "ConcurrentModification", "after"],
  [
    { name: "NotFoundException", status: 404, action: "eks:UntagResource" },
    "ConcurrentModification",
    "after",
  ],
  [{ name: "ResourceInUseException", status: 409, ...create }, "ConcurrentModification", "after"],
  [
    {
      name: "LimitExceededException",
      status: 409,
      text: "Maximum policy size of 10240 bytes exceeded for role reader",
    },
    "PolicyTooLarge",
    "never",
  ],
  [
    {
      name: "LimitExceededException",
      status: 409,
      text: "Cannot exceed quota for ACLSizePerRole: 2048",
    },
    "PolicyTooLarge",
    "never",
  ],
  [
    {
      name: "LimitExceededException",
      status: 409,
      text: "Cannot exceed quota for PoliciesPerRole: 10",
      ...attach,
    },
    "QuotaExceeded",
    "never",
  ],
  [
    {
      name: "LimitExceededException",
      status: 409,
      text: "Cannot exceed quota for RolesPerAccount: 1000",
      action: "iam:CreateRole",
    },
    "QuotaExceeded",
    "never",
  ],
  [{ name: "MalformedPolicyDocumentException", status: 400 }, "PolicyInvalid", "never"],
  [
    {
      name: "NoSuchEntityException",
      status: 404,
      text: `Policy ${POLICY} does not exist or is not attachable.`,
      ...attach,
    },
    "ManagedPolicyNotFound",
    "never",
  ],
  [
    {
      name: "NoSuchEntityException",
      status: 404,
      text: `Scope ARN: ${POLICY} does not exist or is not attachable.`,
      action: "iam:CreateRole",
      input: { RoleName: "reader", PermissionsBoundary: POLICY },
    },
    "ManagedPolicyNotFound",
    "never",
  ],
  [
    {
      name: "NoSuchEntityException",
      status: 404,
      text: "The role with name policy-reader cannot be found.",
      ...attach,
    },
    "RolePropagating",
    "after",
  ],
  [
    {
      name: "NoSuchEntityException",
      status: 404,
      text: "The role with name reader cannot be found.",
    },
    "RolePropagating",
    "after",
  ],
  [{ name: "UnmodifiableEntityException", status: 400 }, "RoleUnmodifiable", "never"],
  [
    {
      name: "DeleteConflictException",
      status: 409,
      text: "Cannot delete entity, must detach all policies first.",
    },
    "DeleteBlocked",
    "after",
  ],
  [{ name: "ConcurrentModificationException", status: 409 }, "ConcurrentModification", "after"],
  [{ name: "InvalidInputException", status: 400 }, "InvalidParameter", "never"],
  [{ name: "ValidationError", status: 400 }, "InvalidParameter", "never"],
  [{ name: "SomethingNew", status: 418, text: "no coffee" }, "InvalidParameter", "backoff"],
  [
    {
      name: "InvalidParameterException",
      status: 400,
      text: "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.a: is not defined in the schema]",
      ...update,
    },
    "ConfigurationInvalid",
    "never",
  ],
  [
    {
      name: "InvalidParameterException",
      status: 400,
      text: "Addon version specified is not supported",
      ...update,
    },
    "AddonVersionUnknown",
    "never",
  ],
  ...["ResourceInUseException", "InvalidRequestException"].map((name): [Case, string, string] => [
    {
      name,
      status: 409,
      text: "Addon vpc-cni cannot be updated as it is currently in UPDATING state",
      ...update,
    },
    "AddonUpdating",
    "after",
  ]),
  ...["ResourceInUseException", "InvalidParameterException"].map((name): [Case, string, string] => [
    { name, status: 409, text: "Association already exists: a-5ygeq7y6kw0aw8lmk", ...update },
    "AssociationConflict",
    "sweep",
  ]),
  [
    {
      name: "InvalidParameterException",
      status: 400,
      text: "Role provided in the request does not exist.",
      ...update,
    },
    "RoleNotFound",
    "never",
  ],
  [
    {
      name: "ResourceNotFoundException",
      status: 404,
      text: "No addon: vpc-cni found in cluster: demo",
      ...update,
    },
    "ConcurrentModification",
    "after",
  ],
];
