/** `spec.serviceAccountMetadata`: what a ServiceAccount that the operator makes carries beside its name. */
import { z } from "zod";
import { type Rule, rules } from "./rules.ts";

/** More than anybody sets; the API server's own bound is the size of all annotations together. */
const ENTRIES_MAX = 32;
const LABEL_VALUE_MAX = 63;
const ANNOTATION_VALUE_MAX = 4096;

const NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?";

const keyRule: Rule = {
  rule: `self.all(key, size(key) <= 317 && key.matches(r'^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?${NAME}$'))`,
  message: "a key is a name, or a DNS name, '/' and a name, e.g. example.com/team",
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
  .meta({ maxProperties: ENTRIES_MAX, ...rules(keyRule) });

const annotations = z
  .record(z.string(), z.string().max(ANNOTATION_VALUE_MAX))
  .meta({ maxProperties: ENTRIES_MAX, ...rules(keyRule) });

export const serviceAccountMetadata = z.object({
  labels: labels.describe("Labels of the ServiceAccount.").optional(),
  annotations: annotations.describe("Annotations of the ServiceAccount.").optional(),
});
