/** The cluster's Pod Identity associations, over EKS's API. */
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  type EKSClient,
  ListPodIdentityAssociationsCommand,
  type PodIdentityAssociation,
  type PodIdentityAssociationSummary,
  paginateListPodIdentityAssociations,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from "@aws-sdk/client-eks";
import type { AssociationAction } from "../plan/actions.ts";
import { associationCall } from "../plan/calls.ts";
import { Failure } from "../plan/outcome.ts";
import { hashDocument } from "../plan/policy-hash.ts";
import type { AssociationDetails, AssociationKey, ObservedAssociation } from "../plan/resources.ts";
import { AwsFailure, unlessGone } from "./failures.ts";
import type { AssociationChange, AssociationCreation, Associations } from "./ports.ts";

/** EKS's most. */
const PAGE = 100;

/** "Association already exists: a-5ygeq7y6kw0aw8lmk" */
const ID = /\ba-[0-9a-z]{8,}\b/;

/** Looked up by name, so their inputs are checked by the tests that send each of them. */
const COMMANDS: Readonly<Record<string, new (input: never) => unknown>> = {
  CreatePodIdentityAssociation: CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociation: DeletePodIdentityAssociationCommand,
  TagResource: TagResourceCommand,
  UntagResource: UntagResourceCommand,
  UpdatePodIdentityAssociation: UpdatePodIdentityAssociationCommand,
};

export class EksAssociations implements Associations {
  readonly #client: EKSClient;
  readonly #clusterName: string;

  constructor(client: EKSClient, clusterName: string) {
    this.#client = client;
    this.#clusterName = clusterName;
  }

  async find(key: AssociationKey): Promise<ObservedAssociation | undefined> {
    const { associations = [] } = await this.#client.send(
      new ListPodIdentityAssociationsCommand({ clusterName: this.#clusterName, ...key }),
    );
    const id = associations[0]?.associationId;
    return id === undefined ? undefined : this.describe(id);
  }

  async describe(id: string): Promise<ObservedAssociation | undefined> {
    const answer = await unlessGone(
      this.#client.send(new DescribePodIdentityAssociationCommand(this.#named(id))),
    );
    return answer && complete(answer.association);
  }

  async create(
    wanted: AssociationCreation,
  ): Promise<ObservedAssociation | { readonly existingId: string | undefined }> {
    try {
      return complete((await this.#send({ ...wanted, type: "CreateAssociation" })).association);
    } catch (thrown) {
      if (thrown instanceof AwsFailure && thrown.code === "ResourceInUse") {
        return { existingId: ID.exec(thrown.text)?.[0] };
      }
      throw thrown;
    }
  }

  async change(action: AssociationChange): Promise<AssociationDetails | undefined> {
    if (action.type === "DeleteAssociation") {
      await unlessGone(this.#send(action));
      return undefined;
    }
    const { association } = await this.#send(action);
    return action.type === "UpdateAssociation" ? detailsOf(association ?? {}) : undefined;
  }

  #send(
    action: AssociationAction,
  ): Promise<{ readonly association?: PodIdentityAssociation | undefined }> {
    const { operation, parameters } = associationCall(action, this.#clusterName);
    const Command = COMMANDS[operation] as new (input: unknown) => unknown;
    return this.#client.send(new Command(parameters) as CreatePodIdentityAssociationCommand);
  }

  async *sweep(): AsyncIterable<readonly ObservedAssociation[]> {
    const pages = paginateListPodIdentityAssociations(
      { client: this.#client, pageSize: PAGE },
      { clusterName: this.#clusterName },
    );
    for await (const { associations = [] } of pages) yield associations.map(listed);
  }

  #named(id: string): { clusterName: string; associationId: string } {
    return { clusterName: this.#clusterName, associationId: id };
  }
}

function listed(summary: PodIdentityAssociationSummary): ObservedAssociation {
  return {
    namespace: summary.namespace ?? "",
    serviceAccount: summary.serviceAccount ?? "",
    id: summary.associationId ?? "",
    arn: summary.associationArn ?? "",
    ownerArn: summary.ownerArn || undefined,
    details: undefined,
  };
}

function complete(association: PodIdentityAssociation | undefined): ObservedAssociation {
  if (!association?.associationId) {
    throw new Failure("AWSUnavailable", "EKS answered without the association", {
      kind: "backoff",
    });
  }
  return { ...listed(association), details: detailsOf(association) };
}

function detailsOf(association: PodIdentityAssociation): AssociationDetails {
  return {
    roleArn: association.roleArn ?? "",
    tags: association.tags ?? {},
    targetRoleArn: association.targetRoleArn || undefined,
    externalId: association.externalId || undefined,
    disableSessionTags: association.disableSessionTags ?? false,
    policy: association.policy ? hashDocument(association.policy) : undefined,
  };
}
