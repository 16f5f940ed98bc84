/** What exists in AWS, asked with AWS's own SDK and shown as YAML; and somebody who meddles with it. */
import {
  DescribePodIdentityAssociationCommand,
  type EKSClient,
  ListPodIdentityAssociationsCommand,
} from "@aws-sdk/client-eks";
import {
  GetRoleCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolesCommand,
} from "@aws-sdk/client-iam";
import { stringify } from "yaml";
import { clientsOf } from "../sandbox/aws/clients.ts";
import { CLUSTER_NAME, type Sandbox } from "../sandbox/sandbox.ts";

export class AwsView {
  readonly #sandbox: Sandbox;
  readonly #eks: EKSClient;
  readonly #iam: IAMClient;
  readonly #clusterName: string;

  constructor(sandbox: Sandbox) {
    const { eks, iam } = clientsOf(sandbox.aws);
    this.#sandbox = sandbox;
    this.#eks = eks;
    this.#iam = iam;
    this.#clusterName = CLUSTER_NAME;
  }

  /** Roles that the operator made; "" if there is none. */
  async roles(): Promise<string> {
    const { Roles = [] } = await this.#iam.send(
      new ListRolesCommand({ PathPrefix: "/podidentity/" }),
    );
    const shown = await Promise.all(Roles.map(({ RoleName }) => this.#role(RoleName ?? "")));
    return shown.length === 0 ? "" : stringify(shown, { lineWidth: 0 });
  }

  /** "" if there is none. */
  async associations(): Promise<string> {
    const clusterName = this.#clusterName;
    const { associations = [] } = await this.#eks.send(
      new ListPodIdentityAssociationsCommand({ clusterName }),
    );
    const shown = await Promise.all(
      associations.map(async ({ associationId }) => {
        const { association } = await this.#eks.send(
          new DescribePodIdentityAssociationCommand({ clusterName, associationId }),
        );
        const { namespace, serviceAccount, roleArn } = association ?? {};
        return { association: associationId, namespace, serviceAccount, roleArn };
      }),
    );
    return shown.length === 0 ? "" : stringify(shown, { lineWidth: 0 });
  }

  /** Deletes the association and takes all policies off the role, as somebody in the console might. */
  async meddle(): Promise<void> {
    const { associations, roles } = this.#sandbox.aws.state();
    for (const { associationId } of associations) {
      this.#sandbox.aws.deleteAssociation({ cluster: this.#clusterName, id: associationId });
    }
    for (const { name } of roles) {
      this.#sandbox.aws.changeRole({ name, changes: { managedPolicyArns: [] } });
    }
  }

  async #role(name: string): Promise<object> {
    const { Role } = await this.#iam.send(new GetRoleCommand({ RoleName: name }));
    const { AttachedPolicies = [] } = await this.#iam.send(
      new ListAttachedRolePoliciesCommand({ RoleName: name }),
    );
    return {
      role: Role?.Arn,
      trusts: JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "{}")).Statement[0],
      policies: AttachedPolicies.map(({ PolicyArn }) => PolicyArn),
      tags: Object.fromEntries((Role?.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
    };
  }
}
