/** Whether a CustomResourceDefinition is on its way out, and takes all its objects with it. */
import { GROUP } from "../api/group.ts";
import type { KubeClient } from "./client.ts";

const CRDS = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  namespaced: false,
};

/** Read afresh: the API server marks the definition before it deletes the first of the objects. */
export async function isBeingDeleted(client: KubeClient, plural: string): Promise<boolean> {
  const crd = await client.get(CRDS, { name: `${plural}.${GROUP}` });
  return crd === undefined || crd.metadata.deletionTimestamp !== undefined;
}
