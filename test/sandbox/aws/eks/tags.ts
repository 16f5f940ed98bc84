/** The three tag calls, for associations and add-ons. They have error names of their own. */
import { AwsError } from "../aws-error.ts";
import type { Cluster, Texts, World } from "../world.ts";
import { optionalTexts, type Parameters, requiredText } from "./parameters.ts";
import { tagFault } from "./tag-fault.ts";

const badRequest = (message: string) =>
  new AwsError({ code: "BadRequestException", status: 400, message });

export function tagResource(world: World, parameters: Parameters): object {
  const { tags: before, write } = target(world, parameters);
  const added = optionalTexts(parameters, "tags") ?? {};
  const most = world.settings.quotas.tagsPerResource;
  const fault = tagFault(added, most);
  if (fault) throw badRequest(fault);
  const tags = { ...before, ...added };
  if (Object.keys(tags).length > most) throw badRequest(`at most ${most} tags per resource`);
  write(tags);
  return {};
}

export function untagResource(world: World, parameters: Parameters): object {
  const { tags, write } = target(world, parameters);
  const keys = parameters["tagKeys"];
  if (!Array.isArray(keys) || keys.length === 0) throw badRequest("tagKeys must not be empty");
  write(Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))));
  return {};
}

export function listTagsForResource(world: World, parameters: Parameters): object {
  return { tags: target(world, parameters).tags };
}

interface Target {
  readonly tags: Texts;
  write(tags: Texts): void;
}

/** Only associations and add-ons can be tagged here. */
function target(world: World, parameters: Parameters): Target {
  const arn = requiredText(parameters, "resourceArn");
  const { partition, region, id } = world.account;
  const prefix = `arn:${partition}:eks:${region}:${id}:`;
  if (!arn.startsWith(prefix)) throw badRequest(`invalid resource arn: ${arn}`);
  const [, clusterName = "", name = ""] = arn.slice(prefix.length).split("/");
  const cluster = world.clusters.get(clusterName);
  const found =
    cluster && (associationTarget(cluster, name, arn) ?? addonTarget(cluster, name, arn));
  if (found) return found;
  const message = `No resource found for arn: ${arn}`;
  throw new AwsError({ code: "NotFoundException", status: 404, message });
}

function associationTarget({ associations }: Cluster, id: string, arn: string): Target | undefined {
  const association = associations.get(id);
  if (association?.associationArn !== arn) return undefined;
  const write = (tags: Texts) => associations.set(id, { ...association, tags });
  return { tags: association.tags, write };
}

function addonTarget({ addons }: Cluster, name: string, arn: string): Target | undefined {
  const addon = addons.get(name);
  if (addon?.arn !== arn) return undefined;
  return { tags: addon.tags, write: (tags) => addons.set(name, { ...addon, tags }) };
}
