/** Tags of associations and clusters: what EKS accepts, and its three tag calls, which have error names of their own. */
import { AwsError } from "../aws-error.ts";
import type { Association, Cluster, Texts, World } from "../world.ts";
import { optionalTexts, type Parameters, requiredText } from "./parameters.ts";

/** What is wrong with a set of tags, or `undefined`. NV: texts. */
export function tagFault(tags: Texts, most: number): string | undefined {
  const entries = Object.entries(tags);
  if (entries.length === 0) return "tags must have at least 1 entry";
  if (entries.length > most) return `tags must have at most ${most} entries`;
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > 128) return "a tag key must have 1 to 128 characters";
    if (value.length > 256) return "a tag value must have at most 256 characters";
    if (/^aws:/i.test(key) || /^aws:/i.test(value)) return "aws: prefixed tags are reserved";
  }
  return undefined;
}

const badRequest = (message: string) =>
  new AwsError({ code: "BadRequestException", status: 400, message });

export function tagResource(world: World, parameters: Parameters): object {
  const { cluster, association } = target(world, parameters);
  const added = optionalTexts(parameters, "tags") ?? {};
  const fault = tagFault(added, world.settings.quotas.tagsPerResource);
  if (fault) throw badRequest(fault);
  const tags = { ...association.tags, ...added };
  const most = world.settings.quotas.tagsPerResource;
  if (Object.keys(tags).length > most) throw badRequest(`at most ${most} tags per resource`);
  cluster.associations.set(association.associationId, { ...association, tags });
  return {};
}

export function untagResource(world: World, parameters: Parameters): object {
  const { cluster, association } = target(world, parameters);
  const keys = parameters["tagKeys"];
  if (!Array.isArray(keys) || keys.length === 0) throw badRequest("tagKeys must not be empty");
  const kept = Object.entries(association.tags).filter(([key]) => !keys.includes(key));
  cluster.associations.set(association.associationId, {
    ...association,
    tags: Object.fromEntries(kept),
  });
  return {};
}

export function listTagsForResource(world: World, parameters: Parameters): object {
  return { tags: target(world, parameters).association.tags };
}

interface Target {
  readonly cluster: Cluster;
  readonly association: Association;
}

/** Only associations can be tagged here. */
function target(world: World, parameters: Parameters): Target {
  const arn = requiredText(parameters, "resourceArn");
  const { partition, region, id } = world.account;
  const prefix = `arn:${partition}:eks:${region}:${id}:`;
  if (!arn.startsWith(prefix)) throw badRequest(`invalid resource arn: ${arn}`);
  const [, clusterName = "", associationId = ""] = arn.slice(prefix.length).split("/");
  const cluster = world.clusters.get(clusterName);
  const association = cluster?.associations.get(associationId);
  if (cluster && association?.associationArn === arn) return { cluster, association };
  const message = `No resource found for arn: ${arn}`;
  throw new AwsError({ code: "NotFoundException", status: 404, message });
}
