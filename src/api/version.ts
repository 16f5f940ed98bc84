/** The operator's version, as package.json says it (`make generate`); AWS and the API server see it as our user agent. */
export const OPERATOR_VERSION = "0.1.0";
