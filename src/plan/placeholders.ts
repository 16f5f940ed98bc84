/**
 * Replaces `${AWS::AccountId}`, `${AWS::Region}`, `${AWS::Partition}` and `${EKS::ClusterName}` by the
 * cluster's own, so that one manifest serves every cluster. IAM's own `${aws:…}` variables pass through.
 */
import { Failure } from "./outcome.ts";
import type { ClusterFacts } from "./resources.ts";

const PLACEHOLDER = /\$\{((?:AWS|EKS)::[^}]*)\}/g;

/** @throws Failure PlaceholderUnknown, naming the ones there are. */
export function fillIn(text: string, cluster: ClusterFacts): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = valueFor(name, cluster);
    if (value !== undefined) return value;
    throw new Failure(
      "PlaceholderUnknown",
      `${whole} is not known; use \${AWS::AccountId}, \${AWS::Region}, \${AWS::Partition} or \${EKS::ClusterName}`,
      { kind: "never" },
    );
  });
}

/** The same for every string of a policy document (not its keys). Check the document's depth first. */
export function fillInDocument(value: unknown, cluster: ClusterFacts): unknown {
  if (typeof value === "string") return fillIn(value, cluster);
  if (Array.isArray(value)) return value.map((item) => fillInDocument(item, cluster));
  if (typeof value !== "object" || value === null) return value;
  // Null prototype: a key named __proto__ stays a key.
  const filled: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) filled[key] = fillInDocument(item, cluster);
  return filled;
}

function valueFor(name: string, cluster: ClusterFacts): string | undefined {
  switch (name) {
    case "AWS::AccountId":
      return cluster.accountId;
    case "AWS::Region":
      return cluster.region;
    case "AWS::Partition":
      return cluster.partition;
    case "EKS::ClusterName":
      return cluster.name;
    default:
      return undefined;
  }
}
