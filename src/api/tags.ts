/** AWS tags in a spec: what IAM and EKS both take, without keys that mean something to them or to us. */
import { z } from "zod";
import { GROUP, SESSION_TAG_KEYS } from "./group.ts";
import { matches, type Rule, rules } from "./rules.ts";

/** IAM and EKS allow 50 on a thing; the rest is for our own. */
export const USER_TAGS_MAX = 45;

const CHARACTERS = String.raw`[\p{L}\p{Z}\p{N}_.:/=+@-]`;
const literal = (text: string) => text.replaceAll(".", String.raw`\.`);

/** IAM's tag keys ignore case, so (?i): it also folds lookalikes such as the Kelvin sign. */
const keyRules: readonly Rule[] = [
  {
    rule: `self.all(key, size(key) <= 128 && key.matches(r'^${CHARACTERS}+$'))`,
    message: "a tag key has 1 to 128 letters, digits, spaces and _ . : / = + - @",
  },
  {
    rule: `self.all(key, !key.matches(r'(?i)^(aws:|${literal(GROUP)}/)'))`,
    message: `tag keys that begin with aws: or ${GROUP}/ are reserved: choose another key`,
  },
  {
    rule: `self.all(key, !key.matches(r'(?i)^(${SESSION_TAG_KEYS.join("|")})$'))`,
    message: `EKS sends ${SESSION_TAG_KEYS.join(", ")} with every session and a tag of that name would pose as one: choose another key`,
  },
  {
    rule: "self.all(key, self.all(other, key == other || key.lowerAscii() != other.lowerAscii()))",
    message: "two tag keys differ only in case, which IAM takes for the same key: remove one",
  },
];

const value = z
  .string()
  .max(256)
  .meta(
    rules(
      matches(
        `^${CHARACTERS}*$`,
        "a tag value has only letters, digits, spaces and _ . : / = + - @",
      ),
    ),
  );

export const tags = z
  .record(z.string(), value)
  .meta({ maxProperties: USER_TAGS_MAX, ...rules(...keyRules) });

/** For the spec, which alone sees both maps. CEL has no absent value, hence has(). */
export const tagUnionRules: readonly Rule[] = [
  {
    rule: `!has(self.tags) || !has(self.role) || !has(self.role.tags) || size(self.tags) + size(self.role.tags.filter(key, !(key in self.tags))) <= ${USER_TAGS_MAX}`,
    message: `tags and role.tags have more than ${USER_TAGS_MAX} keys together, AWS leaves no room for more: remove some`,
  },
  {
    rule: "!has(self.tags) || !has(self.role) || !has(self.role.tags) || self.role.tags.all(key, self.tags.all(other, key == other || key.lowerAscii() != other.lowerAscii()))",
    message:
      "a key of tags and one of role.tags differ only in case, which IAM takes for the same key: spell them alike",
  },
];
