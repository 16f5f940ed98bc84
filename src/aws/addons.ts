/** The cluster's add-ons and EKS's catalogue of them, over EKS's API. */
import {
  type Addon,
  type AddonInfo,
  CreateAddonCommand,
  type CreateAddonCommandOutput,
  DeleteAddonCommand,
  DescribeAddonCommand,
  DescribeAddonConfigurationCommand,
  DescribeUpdateCommand,
  type EKSClient,
  paginateDescribeAddonVersions,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAddonCommand,
  type UpdateAddonCommandOutput,
} from "@aws-sdk/client-eks";
import type { AddonAction } from "../plan/actions.ts";
import type {
  AddonUpdate,
  CatalogueEntry,
  HealthIssue,
  ObservedAddon,
  Recommendation,
} from "../plan/addon.ts";
import { addonCall } from "../plan/calls.ts";
import { Failure } from "../plan/outcome.ts";
import { AwsFailure, cleaned, isGone, unlessGone } from "./failures.ts";
import type { AddonChange, AddonCreation, Addons, Associations } from "./ports.ts";

/** Looked up by name, so their inputs are checked by the tests that send each of them. */
const COMMANDS: Readonly<Record<string, new (input: never) => unknown>> = {
  CreateAddon: CreateAddonCommand,
  DeleteAddon: DeleteAddonCommand,
  TagResource: TagResourceCommand,
  UntagResource: UntagResourceCommand,
  UpdateAddon: UpdateAddonCommand,
};

/** A conflict names all of its fields. In characters, as many as a status takes. */
const ISSUE_MAX = 2_000;

export class EksAddons implements Addons {
  readonly #client: EKSClient;
  readonly #clusterName: string;
  readonly #associations: Pick<Associations, "describe">;

  constructor(
    client: EKSClient,
    clusterName: string,
    associations: Pick<Associations, "describe">,
  ) {
    this.#client = client;
    this.#clusterName = clusterName;
    this.#associations = associations;
  }

  async describe(addonName: string): Promise<ObservedAddon | undefined> {
    const describe = new DescribeAddonCommand({ clusterName: this.#clusterName, addonName });
    const answer = await unlessGone(this.#client.send(describe));
    return answer && this.#complete(answer.addon);
  }

  async create(wanted: AddonCreation): Promise<ObservedAddon | "AlreadyExists"> {
    try {
      const { addon } = (await this.#send({
        ...wanted,
        type: "CreateAddon",
      })) as CreateAddonCommandOutput;
      return await this.#complete(addon);
    } catch (thrown) {
      const isThere = thrown instanceof AwsFailure && thrown.code === "ResourceInUse";
      if (isThere && /already exists/i.test(thrown.text) && thrown.reason !== "AssociationConflict")
        return "AlreadyExists";
      throw thrown;
    }
  }

  async change(action: AddonChange): Promise<string | undefined> {
    if (action.type === "DeleteAddon") {
      await unlessGone(this.#send(action));
      return undefined;
    }
    const answer = await this.#send(action);
    return action.type === "UpdateAddon"
      ? (answer as UpdateAddonCommandOutput).update?.id
      : undefined;
  }

  async update(addonName: string, updateId: string): Promise<AddonUpdate | undefined> {
    const describe = { name: this.#clusterName, addonName, updateId };
    const answer = await unlessGone(this.#client.send(new DescribeUpdateCommand(describe)));
    const { status = "", errors = [] } = answer?.update ?? {};
    if (!answer?.update) return undefined;
    const issues = errors.map(({ errorCode, errorMessage, resourceIds }) =>
      issueOf({ code: errorCode, message: errorMessage, resourceIds }),
    );
    return { status, errors: issues };
  }

  async versions(addonName: string, kubernetesVersion: string): Promise<CatalogueEntry> {
    const found: AddonInfo[] = [];
    const pages = paginateDescribeAddonVersions(
      { client: this.#client },
      { addonName, ...(kubernetesVersion === "" ? {} : { kubernetesVersion }) },
    );
    try {
      for await (const { addons = [] } of pages) found.push(...addons);
    } catch (thrown) {
      // Whether EKS shows an empty list or refuses a name that it does not know is not documented.
      const isUnknown = thrown instanceof AwsFailure && /specified is not supp/i.test(thrown.text);
      if (!isGone(thrown) && !isUnknown) throw thrown;
    }
    const infos = found.filter((one) => one.addonName === addonName);
    return {
      defaultNamespace: infos.find((one) => one.defaultNamespace)?.defaultNamespace,
      versions: infos.flatMap(({ addonVersions = [] }) =>
        addonVersions.map(({ addonVersion = "", compatibilities = [], ...more }) => ({
          version: addonVersion,
          isDefault: compatibilities.some(
            ({ clusterVersion, defaultVersion }) =>
              defaultVersion === true && clusterVersion === kubernetesVersion,
          ),
          requiresIamPermissions: more.requiresIamPermissions ?? false,
        })),
      ),
    };
  }

  async recommendations(addonName: string, addonVersion: string): Promise<Recommendation[]> {
    const describe = new DescribeAddonConfigurationCommand({ addonName, addonVersion });
    const answer = await unlessGone(this.#client.send(describe));
    return (answer?.podIdentityConfiguration ?? []).map(
      ({ serviceAccount = "", recommendedManagedPolicies: policies = [] }) => ({
        serviceAccount,
        policies,
      }),
    );
  }

  #send(action: AddonAction): Promise<unknown> {
    const { operation, parameters } = addonCall(action, this.#clusterName);
    const Command = COMMANDS[operation] as new (input: unknown) => unknown;
    return this.#client.send(new Command(parameters) as CreateAddonCommand);
  }

  /** EKS names the associations of an add-on, and shows neither ServiceAccount nor role. */
  async #complete(addon: Addon | undefined): Promise<ObservedAddon> {
    if (!addon?.addonName) {
      throw new Failure("AWSUnavailable", "EKS answered without the add-on", { kind: "backoff" });
    }
    const { podIdentityAssociations: arns = [] } = addon;
    const ids = arns.map((arn) => arn.slice(arn.lastIndexOf("/") + 1));
    const described = await Promise.all(ids.map((id) => this.#associations.describe(id)));
    return {
      ...observed(addon),
      associations: described.filter((one) => one !== undefined),
      unread: ids.filter((_, at) => described[at] === undefined),
    };
  }
}

function observed(addon: Addon): Omit<ObservedAddon, "associations" | "unread"> {
  return {
    name: addon.addonName ?? "",
    arn: addon.addonArn ?? "",
    status: addon.status ?? "",
    version: addon.addonVersion ?? "",
    namespace: addon.namespaceConfig?.namespace || undefined,
    configuration: addon.configurationValues || undefined,
    tags: addon.tags ?? {},
    healthIssues: (addon.health?.issues ?? []).map(issueOf),
  };
}

function issueOf({
  code,
  message,
  resourceIds,
}: {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly resourceIds?: readonly string[] | undefined;
}): HealthIssue {
  return {
    code: code ?? "",
    message: cleaned(message ?? "", ISSUE_MAX),
    resourceIds: resourceIds ?? [],
  };
}
