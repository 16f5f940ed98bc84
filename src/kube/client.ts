/** The API server's resources as plain JSON: paths, patches, and "not found" as `undefined`. */

import type { ObjectMeta } from "../api/object-meta.ts";
import { KubeError } from "./errors.ts";
import type { KubeObject } from "./object.ts";
import type { Transport } from "./transport.ts";

/** A kind's place in the API. */
export interface Resource {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Of what is listed and watched; without it, all. */
  readonly fieldSelector?: string;
}

type Name = Pick<ObjectMeta, "name" | "namespace">;

/** One step of a JSON patch (RFC 6902). `test` refuses the whole patch if the value is another. */
export interface Operation {
  readonly op: "test" | "add";
  /** "/metadata/uid" */
  readonly path: string;
  readonly value: unknown;
}

interface Target {
  readonly subresource?: "status";
}

export class KubeClient {
  readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  async get<T extends KubeObject>(
    resource: Resource,
    name: Name,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    return absentAsUndefined(
      this.transport.json<T>({ method: "GET", path: pathOf(resource, name), signal }),
    );
  }

  /** The metadata alone: a definition is tens of kilobytes, and only its metadata is of interest. */
  getMetadata(resource: Resource, name: Name): Promise<KubeObject | undefined> {
    const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    return absentAsUndefined(
      this.transport.json<KubeObject>({ method: "GET", path: pathOf(resource, name), accept }),
    );
  }

  create<T extends KubeObject>(resource: Resource, object: T, signal?: AbortSignal): Promise<T> {
    const { namespace } = object.metadata;
    return this.transport.json({
      method: "POST",
      path: collectionOf(resource, namespace),
      body: object,
      signal,
    });
  }

  mergePatch<T extends KubeObject>(
    resource: Resource,
    name: Name,
    {
      body,
      subresource,
      signal,
    }: Target & { readonly body: unknown; readonly signal?: AbortSignal },
  ): Promise<T> {
    const path = pathOf(resource, name, subresource);
    const contentType = "application/merge-patch+json";
    return this.transport.json({ method: "PATCH", path, body, contentType, signal });
  }

  jsonPatch<T extends KubeObject>(
    resource: Resource,
    name: Name,
    { operations, subresource }: Target & { readonly operations: readonly Operation[] },
  ): Promise<T> {
    const path = pathOf(resource, name, subresource);
    const contentType = "application/json-patch+json";
    return this.transport.json({ method: "PATCH", path, body: operations, contentType });
  }

  /** Server-side apply: takes over what another manager has set differently. */
  apply<T extends KubeObject>(resource: Resource, object: T, fieldManager: string): Promise<T> {
    const query = new URLSearchParams({ fieldManager, force: "true" });
    return this.transport.json({
      method: "PATCH",
      path: `${pathOf(resource, object.metadata)}?${query}`,
      body: object,
      contentType: "application/apply-patch+yaml",
    });
  }

  /** `undefined` if there was none. With a UID, refused (409) if it is another one by that name. */
  async delete(
    resource: Resource,
    name: Name & Pick<ObjectMeta, "uid">,
  ): Promise<KubeObject | undefined> {
    const { uid } = name;
    const body = uid === undefined ? undefined : { preconditions: { uid } };
    return absentAsUndefined(
      this.transport.json<KubeObject>({ method: "DELETE", path: pathOf(resource, name), body }),
    );
  }
}

/** Path of all objects of a kind; in one namespace where one is given. */
export function collectionOf(
  { group, version, plural, namespaced }: Resource,
  namespace?: string,
): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced && namespace !== undefined
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
    : `${root}/${plural}`;
}

function pathOf(resource: Resource, { namespace, name }: Name, subresource?: "status"): string {
  const path = `${collectionOf(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

async function absentAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (problem) {
    if (problem instanceof KubeError && problem.status === 404) return undefined;
    throw problem;
  }
}
