/** The load of the bench: N objects with a managed role and one inline policy, made and taken away through the API server. */
import PQueue from "p-queue";
import { API_VERSION, GROUP, VERSION } from "../../src/api/group.ts";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import type { KubeObject } from "../../src/kube/object.ts";

export const RESOURCE = {
  group: GROUP,
  version: VERSION,
  plural: "podidentityassociations",
  namespaced: true,
};
export const POLICY = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" }],
};
/** What kubectl and Argo CD do at most; the operator's own concurrency is its default. */
const WRITERS = 20;

export function manifest(namespace: string, index: number): KubeObject {
  const name = `load-${String(index).padStart(5, "0")}`;
  const spec = {
    serviceAccountName: name,
    role: { inlinePolicies: [{ name: "read", document: POLICY }] },
  };
  const object = {
    apiVersion: API_VERSION,
    kind: "PodIdentityAssociation",
    metadata: { namespace, name },
    spec,
  };
  return object;
}

/** Runs a task for each of N, as many at once as writers there are. */
export async function forEach(
  count: number,
  task: (index: number) => Promise<unknown>,
): Promise<void> {
  const queue = new PQueue({ concurrency: WRITERS });
  const all = Array.from({ length: count }, (_, index) => queue.add(() => task(index)));
  await Promise.all(all);
}

export async function createNamespace(client: KubeClient, name: string): Promise<void> {
  const resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };
  await client.create(resource, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

export async function createAll(
  client: KubeClient,
  namespace: string,
  count: number,
): Promise<void> {
  await forEach(count, (index) => client.create(RESOURCE, manifest(namespace, index)));
}

export async function deleteAll(
  client: KubeClient,
  namespace: string,
  count: number,
): Promise<void> {
  await forEach(count, (index) => client.delete(RESOURCE, manifest(namespace, index).metadata));
}

export const isReady = ({ status }: PodIdentityAssociation): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
