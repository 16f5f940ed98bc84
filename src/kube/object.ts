/** A Kubernetes object as it is on the wire: plain JSON, dates as strings. */
import type { ObjectMeta } from "../api/object-meta.ts";

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** Now, as MicroTime: the API server refuses the three digits of an ordinary timestamp there. */
export function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

/** "namespace/name", or the name alone of a cluster-scoped object. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}
