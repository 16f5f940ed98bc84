/** Builders for objects to show the API server; the lists are in taken.ts and refused.ts. */

type Json = Readonly<Record<string, unknown>>;

export interface Example {
  /** A sentence; read after "takes" or "refuses". */
  readonly what: string;
  readonly spec: Json;
  /** @default "PodIdentityAssociation" */
  readonly kind?: string;
  /** @default one made of the example's number */
  readonly name?: string;
}

export interface Refused extends Example {
  /** Part of what the user must read. */
  readonly says: string;
}

export const addon = (fields: Json): Json => ({ addonName: "vpc-cni", ...fields });
export const identity = (fields: Json): Json =>
  addon({ identities: [{ serviceAccountName: "aws-node", ...fields }] });
export const ACCOUNT = "111122223333";
export const own = (role: Json): Json => ({ serviceAccountName: "app", role });
export const existing = (roleArn: string): Json => ({ serviceAccountName: "app", roleArn });
export const tagged = (tags: Json): Json => ({ ...own({}), tags });
export const keys = (count: number, prefix: string): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, "x"]));
export const inline = (...names: readonly string[]): Json =>
  own({ inlinePolicies: names.map((name) => ({ name, document: { Version: "2012-10-17" } })) });
