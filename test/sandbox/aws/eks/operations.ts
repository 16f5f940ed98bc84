/** EKS's operations by method and path, and the calls made of a REST-JSON request. */
import type { Call, Operation } from "../service.ts";
import { createAddon } from "./addons/create.ts";
import { describeAddonConfiguration, describeAddonVersions } from "./addons/describe-versions.ts";
import { deleteAddon, describeAddon, listAddons } from "./addons/operations.ts";
import { describeUpdate, updateAddon } from "./addons/update.ts";
import {
  createPodIdentityAssociation,
  deletePodIdentityAssociation,
  describeCluster,
  describePodIdentityAssociation,
  listPodIdentityAssociations,
  updatePodIdentityAssociation,
} from "./associations.ts";
import type { Parameters } from "./parameters.ts";
import { badBody } from "./refusals.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly operation: string;
  readonly run: Operation<Parameters>;
}

const ASSOCIATIONS = "/clusters/:clusterName/pod-identity-associations";
const ASSOCIATION = `${ASSOCIATIONS}/:associationId`;
const ADDONS = "/clusters/:clusterName/addons";
const ADDON = `${ADDONS}/:addonName`;
const TAGS = "/tags/:resourceArn";

export const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/clusters/:clusterName",
    operation: "DescribeCluster",
    run: describeCluster,
  },
  {
    method: "POST",
    path: ASSOCIATIONS,
    operation: "CreatePodIdentityAssociation",
    run: createPodIdentityAssociation,
  },
  {
    method: "GET",
    path: ASSOCIATIONS,
    operation: "ListPodIdentityAssociations",
    run: listPodIdentityAssociations,
  },
  {
    method: "GET",
    path: ASSOCIATION,
    operation: "DescribePodIdentityAssociation",
    run: describePodIdentityAssociation,
  },
  {
    method: "POST",
    path: ASSOCIATION,
    operation: "UpdatePodIdentityAssociation",
    run: updatePodIdentityAssociation,
  },
  {
    method: "DELETE",
    path: ASSOCIATION,
    operation: "DeletePodIdentityAssociation",
    run: deletePodIdentityAssociation,
  },
  { method: "POST", path: ADDONS, operation: "CreateAddon", run: createAddon },
  { method: "GET", path: ADDONS, operation: "ListAddons", run: listAddons },
  { method: "GET", path: ADDON, operation: "DescribeAddon", run: describeAddon },
  { method: "DELETE", path: ADDON, operation: "DeleteAddon", run: deleteAddon },
  { method: "POST", path: `${ADDON}/update`, operation: "UpdateAddon", run: updateAddon },
  {
    method: "GET",
    path: "/clusters/:clusterName/updates/:updateId",
    operation: "DescribeUpdate",
    run: describeUpdate,
  },
  {
    method: "GET",
    path: "/addons/supported-versions",
    operation: "DescribeAddonVersions",
    run: describeAddonVersions,
  },
  {
    method: "GET",
    path: "/addons/configuration-schemas",
    operation: "DescribeAddonConfiguration",
    run: describeAddonConfiguration,
  },
  { method: "POST", path: TAGS, operation: "TagResource", run: tagResource },
  { method: "DELETE", path: TAGS, operation: "UntagResource", run: untagResource },
  { method: "GET", path: TAGS, operation: "ListTagsForResource", run: listTagsForResource },
];

/** The parts of a request; labels are already decoded. */
export interface Request extends Pick<Call, "attempt" | "userAgent" | "authorization"> {
  readonly labels: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

export function restCall(
  { operation, run }: Pick<Route, "operation" | "run">,
  request: Request,
): Call {
  const { labels, query, body, ...origin } = request;
  const members = body === "" ? {} : parsed(body);
  const parameters = { ...members, ...queryParameters(query), ...labels };
  return {
    ...origin,
    service: "eks",
    operation,
    parameters,
    perform(world, caller) {
      if (members === undefined) throw badBody("the body is no JSON object");
      return run(world, parameters, caller);
    },
    answer: (result, requestId) =>
      json(200, (result ?? {}) as object, { "x-amzn-requestid": requestId }),
    refuse: ({ status, code, message, about }, requestId) =>
      json(
        status,
        { message, ...about },
        {
          "x-amzn-errortype": code,
          "x-amzn-requestid": requestId,
        },
      ),
  };
}

function json(status: number, body: object, headers: Readonly<Record<string, string>>) {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** Lists in a query; they repeat their keys. */
const LISTS = new Set(["tagKeys", "types", "publishers", "owners"]);

function queryParameters(query: URLSearchParams): Parameters {
  const read = (name: string) => (LISTS.has(name) ? query.getAll(name) : query.get(name));
  return Object.fromEntries([...query.keys()].map((name) => [name, read(name)]));
}

function parsed(body: string): Parameters | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Parameters) : undefined;
  } catch {
    return undefined;
  }
}
