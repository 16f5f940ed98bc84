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
import type { Stray } from "../plan/actions.ts";
import { Failure } from "../plan/outcome.ts";
import { hashDocument } from "../plan/policy-hash.ts";
import type {
  AssociationDetails,
  AssociationKey,
  ObservedAssociation,
  Tags,
} from "../plan/resources.ts";
import { AwsFailure, unlessGone } from "./failures.ts";
import type { Associations } from "./ports.ts";

/** EKS's most. */
const PAGE = 100;

/** "Association already exists: a-5ygeq7y6kw0aw8lmk" */
const ID = /\ba-[0-9a-z]{8,}\b/;

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
    key: AssociationKey,
    { roleArn, tags }: { readonly roleArn: string; readonly tags: Tags },
  ): Promise<ObservedAssociation | { readonly existingId: string | undefined }> {
    const tagged = Object.keys(tags).length > 0 ? { tags } : {};
    try {
      const { association } = await this.#client.send(
        new CreatePodIdentityAssociationCommand({
          clusterName: this.#clusterName,
          namespace: key.namespace,
          serviceAccount: key.serviceAccount,
          roleArn,
          ...tagged,
        }),
      );
      return complete(association);
    } catch (thrown) {
      if (thrown instanceof AwsFailure && thrown.code === "ResourceInUse") {
        return { existingId: ID.exec(thrown.text)?.[0] };
      }
      throw thrown;
    }
  }

  /** An empty text clears; a field left out stays. A session policy cannot be there with session tags. */
  async update(
    id: string,
    roleArn: string,
    clear: readonly Stray[] = [],
  ): Promise<AssociationDetails> {
    const { association } = await this.#client.send(
      new UpdatePodIdentityAssociationCommand({
        ...this.#named(id),
        roleArn,
        ...(clear.includes("targetRoleArn") ? { targetRoleArn: "" } : {}),
        ...(clear.includes("policy") ? { policy: "" } : {}),
        ...(clear.includes("disableSessionTags") ? { disableSessionTags: false } : {}),
      }),
    );
    return detailsOf(association ?? {});
  }

  async tag(resourceArn: string, tags: Tags): Promise<void> {
    if (Object.keys(tags).length === 0) return;
    await this.#client.send(new TagResourceCommand({ resourceArn, tags }));
  }

  async untag(resourceArn: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#client.send(new UntagResourceCommand({ resourceArn, tagKeys: [...keys] }));
  }

  async delete(id: string): Promise<void> {
    await unlessGone(this.#client.send(new DeletePodIdentityAssociationCommand(this.#named(id))));
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
