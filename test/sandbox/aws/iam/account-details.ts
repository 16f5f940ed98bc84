/** GetAccountAuthorizationDetails: all roles and policies with their documents, in pages that may be shorter than asked. */
import type { Page } from "../lagged-map.ts";
import { list, type Query } from "../wire/query.ts";
import { type ManagedPolicy, type Role, type World, withPolicy, withRole } from "../world.ts";
import { pageParameters, texts } from "./parameters.ts";
import { validationError } from "./refusals.ts";
import { pageEnd } from "./roles.ts";
import { listedPolicy, roleDetail, versionShape } from "./shapes.ts";

const KINDS = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

/** The parts that have entries here, in the order they are gone through. A marker is `part:key`. */
const PARTS = ["Role", "LocalManagedPolicy", "AWSManagedPolicy"] as const;
type Part = (typeof PARTS)[number];

export function getAccountAuthorizationDetails(world: World, query: Query): object {
  const wanted = texts(query, "Filter");
  const unknown = wanted.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw validationError(`Invalid Filter ${unknown}`);
  const parts = PARTS.filter((part) => wanted.length === 0 || wanted.includes(part));
  const { after, limit } = pageParameters(query);
  const { items, next } = collect(world, parts, {
    after,
    limit: Math.min(limit, world.settings.bulkPageLimit),
  });
  return {
    UserDetailList: list([]),
    GroupDetailList: list([]),
    RoleDetailList: list(
      items.filter(isRole).map((role) => roleDetail(role, profilesOf(world, role))),
    ),
    Policies: list(items.filter(isPolicy).map((policy) => policyDetail(world, policy))),
    ...pageEnd(next),
  };
}

const profilesOf = (world: World, role: Role) =>
  world.instanceProfiles.page({ group: withRole(role.name), limit: 1000 }).items;

interface Bounds {
  readonly after: string | undefined;
  readonly limit: number;
}

type Entry = Role | ManagedPolicy;

const isPolicy = (entry: Entry): entry is ManagedPolicy => !isRole(entry);
const isRole = (entry: Entry): entry is Role => "roleId" in entry;

function collect(world: World, parts: readonly Part[], { after, limit }: Bounds): Page<Entry> {
  const [startPart, startKey] = splitMarker(after);
  const start = Math.max(0, parts.map(String).indexOf(startPart ?? ""));
  const items: Entry[] = [];
  for (const part of parts.slice(start)) {
    const room = limit - items.length;
    if (room === 0) return { items, next: `${part}:` };
    const page = pageOf(world, part, {
      after: part === startPart ? startKey : undefined,
      limit: room,
    });
    items.push(...page.items);
    if (page.next !== undefined) return { items, next: `${part}:${page.next}` };
  }
  return { items, next: undefined };
}

function splitMarker(
  marker: string | undefined,
): readonly [string | undefined, string | undefined] {
  if (marker === undefined) return [undefined, undefined];
  const colon = marker.indexOf(":");
  return [marker.slice(0, colon), marker.slice(colon + 1) || undefined];
}

function pageOf(world: World, part: Part, bounds: Bounds): Page<Entry> {
  const { iamReadLagMs, listLagMs } = world.settings;
  const request = { ...bounds, lagMs: Math.max(iamReadLagMs, listLagMs) };
  if (part === "Role") return world.roles.page(request);
  if (part === "LocalManagedPolicy") return world.policies.page(request);
  const attached = ({ arn }: ManagedPolicy) => world.roles.firstOf(withPolicy(arn)) !== undefined;
  return world.awsPolicies.page({ ...request, accept: attached });
}

function policyDetail(world: World, policy: ManagedPolicy): object {
  return {
    ...listedPolicy(world, policy),
    Description: policy.description === "" ? undefined : policy.description,
    PolicyVersionList: list(policy.versions.map((version) => versionShape(policy, version, true))),
  };
}
