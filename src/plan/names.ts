/** Names of what we make in AWS, and the reading of role ARNs. */
import { createHash } from "node:crypto";

/** IAM's limit for a role name, in characters. */
const ROLE_NAME_MAX = 64;
const HASH_LENGTH = 10;

/**
 * `<namespace>-<name>`, cut, then always "-" and 10 hex of SHA-256(cluster ARN, namespace, name).
 * The hash keeps `team`+`prod-api` apart from `team-prod`+`api`, and two clusters of one account:
 * IAM role names are global to the account and ignore case.
 */
export function generatedRoleName(clusterArn: string, namespace: string, name: string): string {
  const hash = shortHash([clusterArn, namespace, name]);
  return cut(`${namespace}-${name}`.replaceAll("/", "-"), hash);
}

/** `name` where IAM takes it; else cut, and told from its like by a hash. */
export function roleNameWithin(name: string): string {
  return name.length <= ROLE_NAME_MAX ? name : cut(name, shortHash([name]));
}

function cut(readable: string, hash: string): string {
  return `${readable.slice(0, ROLE_NAME_MAX - HASH_LENGTH - 1)}-${hash}`;
}

function shortHash(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, HASH_LENGTH);
}

export interface RoleArn {
  readonly partition: string;
  readonly accountId: string;
  /** Begins and ends with "/". */
  readonly path: string;
  readonly name: string;
}

/** `undefined` if it is not the ARN of an IAM role. */
export function parseRoleArn(arn: string): RoleArn | undefined {
  const match = /^arn:([^:]+):iam::(\d{12}):role(\/(?:.*\/)?)([^/]+)$/.exec(arn);
  if (!match) return undefined;
  const [, partition = "", accountId = "", path = "", name = ""] = match;
  return { partition, accountId, path, name };
}

export function roleArn({ partition, accountId, path, name }: RoleArn): string {
  return `arn:${partition}:iam::${accountId}:role${path}${name}`;
}

/** IAM tells role names apart without case, whatever their path. */
export function isSameRole(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * The names of `known` most like `wanted`, best first: what the user may have meant.
 * Likeness is the number of three-letter runs two names share.
 */
export function nearestNames(wanted: string, known: Iterable<string>, most = 3): readonly string[] {
  const runs = trigrams(wanted);
  const scored = [...known].map((name) => {
    const theirs = trigrams(name);
    const shared = [...theirs].filter((run) => runs.has(run)).length;
    return { name, score: shared / (runs.size + theirs.size - shared || 1) };
  });
  return scored
    .filter(({ score }) => score > 0.2)
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

function trigrams(text: string): Set<string> {
  const folded = text.toLowerCase();
  const starts = Array.from({ length: Math.max(0, folded.length - 2) }, (_, start) => start);
  return new Set(starts.map((start) => folded.slice(start, start + 3)));
}
