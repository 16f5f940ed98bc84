/** What EKS's operations read first: the cluster that they name, and the page of a list that they ask for. */
import type { LaggedMap, PageRequest } from "../lagged-map.ts";
import { decodeMarker, encodeMarker } from "../wire/marker.ts";
import type { Cluster, World } from "../world.ts";
import { optionalText, type Parameters, pageSize, requiredText } from "./parameters.ts";
import { invalidParameter, noCluster } from "./refusals.ts";

/** @throws AwsError ResourceNotFoundException */
export function findCluster(world: World, parameters: Parameters): Cluster {
  const name = requiredText(parameters, "clusterName");
  const cluster = world.clusters.get(name);
  if (!cluster) throw noCluster(name);
  return cluster;
}

/** By `maxResults` and `nextToken`; `nextToken` is absent on the last page. */
export function pageOf<V>(
  list: LaggedMap<V>,
  parameters: Parameters,
  more: Omit<PageRequest<V>, "after" | "limit"> = {},
): { readonly items: readonly V[]; readonly nextToken?: string } {
  const token = optionalText(parameters, "nextToken");
  const after = token === undefined ? undefined : decodeMarker(token);
  if (token !== undefined && after === undefined) throw invalidParameter("Invalid nextToken");
  const { items, next } = list.page({ ...more, after, limit: pageSize(parameters) });
  return { items, ...(next === undefined ? {} : { nextToken: encodeMarker(next) }) };
}
