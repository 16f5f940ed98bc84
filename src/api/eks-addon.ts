/** EKSAddon: an EKS add-on of the cluster, with the roles of its ServiceAccounts. */
import { z } from "zod";
import type { ResourceDefinition } from "./crd.ts";
import { type addonStatus, addonStatusWithDefault } from "./eks-addon-status.ts";
import { levers } from "./levers.ts";
import type { ObjectMeta } from "./object-meta.ts";
import { anything } from "./policy-document.ts";
import { role, roleArn } from "./role.ts";
import { DNS_LABEL, matches, type Rule, rules } from "./rules.ts";
import { tags, USER_TAGS_MAX } from "./tags.ts";

/** More than any add-on has ServiceAccounts with a role. With 10 the API server finds the rules of `role` too dear. */
const IDENTITIES_MAX = 8;

const identity = z
  .object({
    serviceAccountName: z
      .string()
      .max(253)
      .meta(
        rules(
          matches(
            `^${DNS_LABEL}(?:[.]${DNS_LABEL})*$`,
            "write the name of a ServiceAccount of the add-on; it has lower-case letters, digits, '-' and '.' and begins and ends with a letter or digit",
          ),
        ),
      )
      .describe(
        "ServiceAccount of the add-on, as `aws eks describe-addon-configuration` lists it.",
      ),
    recommended: z
      .boolean()
      .meta(
        rules({
          rule: "self",
          message: "write recommended: true, or leave it out beside roleArn or role",
        }),
      )
      .describe(
        "true: the role of AWS's default name with the policies that AWS recommends. It is made if there is none, shared by all clusters of the account, and never changed or deleted.",
      )
      .optional(),
    roleArn: roleArn
      .describe(
        "ARN of a role that exists, in the cluster's account. It is never changed and never deleted.",
      )
      .optional(),
    role: role.describe("A role that the operator makes for this object and owns.").optional(),
  })
  .meta(
    rules({
      rule: "[has(self.recommended), has(self.roleArn), has(self.role)].filter(one, one).size() == 1",
      message:
        "set exactly one of recommended: true (the role that AWS recommends), roleArn (a role that exists) and role (a role that the operator makes)",
    }),
  );

const specRules: readonly Rule[] = [
  {
    rule: "has(self.__namespace__) == has(oldSelf.__namespace__) && (!has(self.__namespace__) || self.__namespace__ == oldSelf.__namespace__)",
    message:
      "namespace cannot be changed, EKS takes it only when it installs an add-on: delete this object and create another one",
  },
  {
    rule: "!self.recommendedIdentities || !has(self.identities) || size(self.identities) > 0",
    message:
      "identities: [] takes all identities away and recommendedIdentities: true asks for some: remove one of the two lines",
  },
  {
    rule: `!has(self.tags) || !has(self.identities) || self.identities.all(one, !has(one.role) || !has(one.role.tags) || size(self.tags) + size(one.role.tags.filter(key, !(key in self.tags))) <= ${USER_TAGS_MAX})`,
    message: `tags and the role.tags of an identity have more than ${USER_TAGS_MAX} keys together, AWS leaves no room for more: remove some`,
  },
];

const spec = z
  .object({
    addonName: z
      .string()
      .max(100)
      .meta(
        rules(
          matches(
            "^[0-9A-Za-z][0-9A-Za-z_-]*$",
            "write the name of an EKS add-on, e.g. vpc-cni; `aws eks describe-addon-versions` lists them",
          ),
          {
            rule: "self == oldSelf",
            message: "cannot be changed: create another EKSAddon and delete this one",
          },
        ),
      )
      .describe("Name of the EKS add-on, e.g. vpc-cni. Cannot be changed."),
    version: z
      .string()
      .max(100)
      .meta(
        rules(
          matches(
            "^(?:Default|Latest|v?[0-9][0-9A-Za-z._+-]*)$",
            "write Default, Latest, or a version of the add-on such as v1.19.0-eksbuild.1",
          ),
        ),
      )
      .default("Default")
      .describe(
        "Default: AWS's default version for the cluster's Kubernetes version. Latest: the newest for it. Both are resolved once, and kept until updatePolicy says otherwise. Or a version: what is installed is brought there, downwards too.",
      ),
    updatePolicy: z
      .enum(["Manual", "Automatic"])
      .default("Manual")
      .describe(
        "Manual: a newer version only shows in `status.availableVersion`. Automatic: it is installed as soon as Default or Latest means it. What is installed is never downgraded by itself.",
      ),
    configurationValues: anything
      .describe(
        "Settings of the add-on, as `aws eks describe-addon-configuration` describes them; sent as JSON. Left out, they stay as they are; {} sets them to the add-on's defaults.",
      )
      .optional(),
    resolveConflicts: z
      .enum(["None", "Overwrite", "Preserve"])
      .default("None")
      .describe(
        "What EKS does about fields of the add-on's own objects that somebody changed in the cluster. None: it refuses. Overwrite: it takes its own values. Preserve: the cluster's values stay; when an add-on is installed, that is the same as None.",
      ),
    identities: z
      .array(identity)
      .max(IDENTITIES_MAX)
      .meta({
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["serviceAccountName"],
      })
      .describe(
        "Roles of the add-on's ServiceAccounts. Left out, they stay as they are. []: all of the add-on's are taken away. Otherwise others that somebody else gave the add-on stay.",
      )
      .optional(),
    recommendedIdentities: z
      .boolean()
      .default(false)
      .describe(
        "true: each ServiceAccount for which AWS recommends policies gets the recommended role; entries of `identities` come before it.",
      ),
    namespace: z
      .string()
      .max(63)
      .meta(
        rules(
          matches(
            `^${DNS_LABEL}$`,
            "write the name of a namespace; it has lower-case letters, digits and '-' and begins and ends with a letter or digit",
          ),
        ),
      )
      .describe(
        "Namespace that EKS installs the add-on in, where the add-on allows another than its own. Cannot be changed.",
      )
      .optional(),
    tags: tags
      .describe(
        "AWS tags of the add-on, of the associations that this object causes, and of roles that the operator makes for it alone, at most 45 together with `role.tags`.",
      )
      .optional(),
    deletionPolicy: z
      .enum(["Delete", "Preserve", "Retain"])
      .default("Delete")
      .describe(
        "What deleting this object does. Delete: the add-on goes with its software, its associations, and the roles made for it alone. Preserve: EKS lets go of the add-on, software, associations and roles stay. Retain: all stays as it is and no longer belongs to this object.",
      ),
    adoptionPolicy: z
      .enum(["Never", "Addon"])
      .default("Never")
      .describe(
        "Whether an add-on that exists and belongs to nobody is taken over. Its tags change first, and then only what differs from this spec.",
      ),
    ...levers,
  })
  // Final with the first release, as the rules of PodIdentityAssociation are: it has unknown fields, too.
  .meta(rules(...specRules))
  .describe("What is wanted.");

export const eksAddon: ResourceDefinition = {
  kind: "EKSAddon",
  plural: "eksaddons",
  shortNames: [],
  scope: "Cluster",
  description:
    "Installs an EKS add-on in the cluster, or takes over one that exists, gives its ServiceAccounts their IAM roles through EKS Pod Identity, keeps all of it as written, and takes it away with the object. No guardrail is asked: who may write it may give an add-on any role.",
  spec,
  status: addonStatusWithDefault.describe("What is. Written by the operator alone."),
  rules: [
    {
      rule: "size(self.metadata.name) <= 63",
      message: "metadata.name has more than 63 characters: choose a shorter one",
    },
  ],
  printerColumns: [
    { name: "Addon", type: "string", jsonPath: ".spec.addonName" },
    { name: "Version", type: "string", jsonPath: ".status.version" },
    { name: "Status", type: "string", jsonPath: ".status.addonStatus" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Identities", type: "string", jsonPath: ".status.identitySummary" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Available", type: "string", jsonPath: ".status.availableVersion", priority: 1 },
    {
      name: "Reason",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      priority: 1,
    },
  ],
};

/** As the API server returns it, with defaults. */
export type EksAddonSpec = z.infer<typeof spec>;
export type EksAddonStatus = z.infer<typeof addonStatus>;

/** With the API server's defaults for what is left out. */
export function withAddonDefaults(given: z.input<typeof spec>): EksAddonSpec {
  return spec.parse(given);
}

/** The object as it is on the wire. */
export interface EksAddon {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: EksAddonSpec;
  readonly status?: EksAddonStatus | undefined;
}
