/** EKS Auth's one operation as a call. The token is not kept: the call log shows whose it is. */
import { type Request, type Route, restCall } from "../eks/operations.ts";
import type { Call } from "../service.ts";
import { assumeRoleForPodIdentity, type ReviewToken } from "./assume-role.ts";

export const ASSUME_ROLE_PATH = "/clusters/:clusterName/assume-role-for-pod-identity";

export async function assumeRoleCall(request: Request, review: ReviewToken): Promise<Call> {
  const { token } = JSON.parse(request.body || "{}") as { readonly token?: string };
  const subject = await review(token ?? "");
  const { clusterName = "" } = request.labels;
  const route: Pick<Route, "operation" | "run"> = {
    operation: "AssumeRoleForPodIdentity",
    run: (world) => assumeRoleForPodIdentity(world, clusterName, subject),
  };
  const call = restCall(route, { ...request, body: "" });
  return { ...call, service: "eks-auth", parameters: { clusterName, subject } };
}
