/** Can EKS Pod Identity work in this cluster at all? */
import { Failure } from "./outcome.ts";
import type { ClusterFacts } from "./resources.ts";

/** The first version with EKS Pod Identity (EKS user guide, "EKS Pod Identity cluster versions"). */
const FIRST = { major: 1, minor: 24 };

/** `undefined`: nothing speaks against it. */
export function clusterFault({ name, version, isOnOutposts }: ClusterFacts): Failure | undefined {
  if (isOnOutposts) {
    return unsupported(
      `cluster ${name} runs on AWS Outposts, where there is no EKS Pod Identity: use IAM roles for service accounts`,
    );
  }
  const [major = FIRST.major, minor = FIRST.minor] = version.split(".").map(Number);
  if (version === "" || major > FIRST.major || minor >= FIRST.minor) return undefined;
  return unsupported(
    `cluster ${name} has Kubernetes ${version}, EKS Pod Identity needs 1.24 or newer: upgrade it, or use IAM roles for service accounts`,
  );
}

function unsupported(message: string): Failure {
  return new Failure("ClusterUnsupported", message, { kind: "never" });
}
