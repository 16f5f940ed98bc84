/** Condition keys of tags (IAM user guide, "AWS global condition context keys"). */
import type { Permission } from "../service.ts";
import type { Texts } from "../world.ts";

type Keys = NonNullable<Permission["keys"]>;

const prefixed = (prefix: string, tags: Texts): Keys =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));

/** Tags that the request sends. */
export function requestTags(tags: Texts): Keys {
  const keys = Object.keys(tags);
  return keys.length === 0 ? {} : { ...prefixed("aws:RequestTag", tags), ...tagKeys(keys) };
}

/** Tags that the request names, to add or to remove. */
export const tagKeys = (keys: readonly string[]): Keys => ({ "aws:TagKeys": keys });

/** Tags that are on the resource already. */
export const resourceTags = (tags: Texts = {}): Keys => prefixed("aws:ResourceTag", tags);

/**
 * The right to tag, which a creation with tags needs as well. NV whether the tags count as those of the resource by
 * then: whoever creates must be allowed either way.
 */
export function tagsAtCreation(action: string, resource: string, tags: Texts): Permission[] {
  if (Object.keys(tags).length === 0) return [];
  const keys = requestTags(tags);
  return [
    { action, resource, keys },
    { action, resource, keys: { ...keys, ...resourceTags(tags) } },
  ];
}

/** AWS advises against conditions on the tags of a passed role, which give no reliable results: it has none here. */
export function passing(resource: string, service: string): Permission {
  return { action: "iam:PassRole", resource, keys: { "iam:PassedToService": service } };
}
