/** What EKS accepts as tags. */
import type { Texts } from "../world.ts";

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
