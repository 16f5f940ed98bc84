/** Who signs this cluster's ServiceAccount tokens, as the API server itself says. */
import { KubeError } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** `undefined` if it may not be read, or is not published. */
export async function serviceAccountIssuer(transport: Transport): Promise<string | undefined> {
  try {
    const path = "/.well-known/openid-configuration";
    return (await transport.json<{ issuer?: string }>({ method: "GET", path })).issuer;
  } catch (problem) {
    if (problem instanceof KubeError && [401, 403, 404].includes(problem.status)) return undefined;
    throw problem;
  }
}
