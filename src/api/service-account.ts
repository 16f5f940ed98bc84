/** `spec.serviceAccountMetadata`: what a ServiceAccount that the operator makes carries beside its name. */
import { z } from "zod";
import { GROUP } from "./group.ts";
import { DNS_LABEL, type Rule, rules } from "./rules.ts";

/** More than anybody sets; the API server's own bound is the size of all annotations together. */
const ENTRIES_MAX = 32;
const LABEL_VALUE_MAX = 63;
const ANNOTATION_VALUE_MAX = 4096;

const NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?";
const SHORT_NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";

/** As the API server would refuse it, but before anything is made. */
const keyRule: Rule = {
  rule: `self.all(key, size(key) <= 317 && key.matches(r'^(?:${DNS_LABEL}(?:[.]${DNS_LABEL})*/)?${SHORT_NAME}$'))`,
  message:
    "a key is a name of at most 63 characters, or a DNS name, '/' and a name, e.g. example.com/team",
};

const reservedRule: Rule = {
  rule: `self.all(key, !key.startsWith('${GROUP}/'))`,
  message: `keys that begin with ${GROUP}/ are reserved: choose another key`,
};

const labels = z
  .record(
    z.string(),
    z
      .string()
      .max(LABEL_VALUE_MAX)
      .meta(
        rules({
          rule: `self.matches(r'^(?:${NAME})?$')`,
          message:
            "a label has letters, digits, '-', '_' and '.' and begins and ends with a letter or digit",
        }),
      ),
  )
  .meta({ maxProperties: ENTRIES_MAX, ...rules(keyRule, reservedRule) });

const annotations = z
  .record(z.string(), z.string().max(ANNOTATION_VALUE_MAX))
  .meta({ maxProperties: ENTRIES_MAX, ...rules(keyRule, reservedRule) });

export const serviceAccountMetadata = z.object({
  labels: labels.describe("Labels of the ServiceAccount.").optional(),
  annotations: annotations.describe("Annotations of the ServiceAccount.").optional(),
});
