/**
 * What a caller needs for EKS's calls: actions, resources and condition keys of the Service Authorization Reference,
 * "Actions, resources, and condition keys for Amazon EKS". NV: that a resource which does not exist has no tags to
 * EKS, so that a condition on them refuses the call rather than EKS saying what is missing.
 */
import type { Permission } from "../service.ts";
import type { Texts, World } from "../world.ts";
import { passing, requestTags, resourceTags, tagKeys, tagsAtCreation } from "./keys.ts";
import type { Asked } from "./requirements.ts";

const PODS = "pods.eks.amazonaws.com";
const EKS = "eks.amazonaws.com";

/** Those of no resource. */
const CATALOGUE = new Set(["DescribeAddonVersions", "DescribeAddonConfiguration"]);

interface Target {
  readonly arn: string;
  readonly tags: Texts;
}

export function eksRequirements(world: World, { operation, parameters }: Asked): Permission[] {
  const action = `eks:${operation}`;
  const text = (name: string) => String(parameters[name] ?? "");
  const tags = (parameters["tags"] ?? {}) as Texts;
  if (CATALOGUE.has(operation)) return [{ action, resource: "*" }];
  if (operation === "CreatePodIdentityAssociation") {
    return [
      { action, resource: clusterArn(world, text("clusterName")), keys: requestTags(tags) },
      ...tagsAtCreation("eks:TagResource", associationArn(world, text("clusterName"), "*"), tags),
      passing(text("roleArn"), PODS),
    ];
  }
  if (operation === "CreateAddon") {
    const newAddon = `${addonPrefix(world, text("clusterName"))}/${text("addonName")}/*`;
    return [
      { action, resource: clusterArn(world, text("clusterName")), keys: requestTags(tags) },
      ...tagsAtCreation("eks:TagResource", newAddon, tags),
      ...addonRoles(parameters),
    ];
  }
  const { arn: resource, tags: present } = targetOf(world, parameters);
  const tagged = operation === "TagResource" ? requestTags(tags) : {};
  const named =
    operation === "UntagResource" ? tagKeys((parameters["tagKeys"] ?? []) as string[]) : {};
  const passed = operation === "UpdatePodIdentityAssociation" ? text("roleArn") : "";
  return [
    { action, resource, keys: { ...resourceTags(present), ...tagged, ...named } },
    ...(passed === "" ? [] : [passing(passed, PODS)]),
    ...(operation === "UpdateAddon" ? addonRoles(parameters) : []),
  ];
}

/** NV which of the two services EKS names for the roles of an add-on: both must be allowed. */
function addonRoles(parameters: Asked["parameters"]): Permission[] {
  const identities = (parameters["podIdentityAssociations"] ?? []) as { roleArn: string }[];
  return identities.flatMap(({ roleArn }) => [passing(roleArn, EKS), passing(roleArn, PODS)]);
}

function targetOf(world: World, parameters: Asked["parameters"]): Target {
  const { clusterName, name, resourceArn, associationId, addonName } = parameters;
  const cluster = String(clusterName ?? name ?? "");
  if (resourceArn !== undefined) {
    const arn = String(resourceArn);
    return { arn, tags: tagsOf(world, arn) };
  }
  if (associationId !== undefined) {
    const arn = associationArn(world, cluster, String(associationId));
    return { arn, tags: tagsOf(world, arn) };
  }
  if (addonName !== undefined) {
    const addon = world.clusters.get(cluster)?.addons.get(String(addonName));
    const arn = addon?.arn ?? `${addonPrefix(world, cluster)}/${String(addonName)}/none`;
    return { arn, tags: addon?.tags ?? {} };
  }
  return { arn: clusterArn(world, cluster), tags: {} };
}

function tagsOf(world: World, arn: string): Texts {
  const things = [...world.clusters.values()].flatMap(({ associations, addons }) => [
    associations.get(arn.split("/").at(-1) ?? ""),
    addons.get(arn.split("/").at(-2) ?? ""),
  ]);
  const found = things.find(
    (one) => one && ("associationArn" in one ? one.associationArn : one.arn) === arn,
  );
  return found?.tags ?? {};
}

function eksArn({ account }: World, resource: string): string {
  return `arn:${account.partition}:eks:${account.region}:${account.id}:${resource}`;
}

const clusterArn = (world: World, name: string) => eksArn(world, `cluster/${name}`);
const associationArn = (world: World, cluster: string, id: string) =>
  eksArn(world, `podidentityassociation/${cluster}/${id}`);
const addonPrefix = (world: World, cluster: string) => eksArn(world, `addon/${cluster}`);
