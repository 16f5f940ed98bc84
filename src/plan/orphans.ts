/** What carries our tags in AWS and belongs to no object any more. It is reported; nobody but the user deletes it. */
import { RESOURCE_TAG } from "../api/group.ts";
import { type Owner, ownership } from "./ownership.ts";
import type { Tags } from "./resources.ts";

export interface Orphan {
  readonly arn: string;
  /** "namespace/name" of the object that made it. */
  readonly resource: string;
}

/** @param exists whether there is an object of that "namespace/name" */
export function orphansAmong(
  things: Iterable<{ readonly arn: string; readonly tags: Tags }>,
  { clusterArn, installation }: Pick<Owner, "clusterArn" | "installation">,
  exists: (resource: string) => boolean,
): readonly Orphan[] {
  const us = { clusterArn, installation, resource: "" };
  const orphans: Orphan[] = [];
  for (const { arn, tags } of things) {
    const resource = tags[RESOURCE_TAG] ?? "";
    const isOfThisInstallation = ["ours", "sibling"].includes(ownership(tags, us).kind);
    if (isOfThisInstallation && !exists(resource)) orphans.push({ arn, resource });
  }
  return orphans.sort((a, b) => (a.arn < b.arn ? -1 : 1));
}
