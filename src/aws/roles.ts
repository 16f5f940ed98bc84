/** IAM roles, over IAM's API. */
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  type IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import { Failure } from "../plan/outcome.ts";
import type { DesiredRole, ObservedRole, Tags } from "../plan/resources.ts";
import { AwsFailure, unlessGone } from "./failures.ts";
import { AwsManagedPolicies } from "./managed-policies.ts";
import { createdRole } from "./observed-role.ts";
import type { Roles, RoleTexts } from "./ports.ts";
import { descriptionsBelow, findRole, instanceProfilesOf, rolePages } from "./role-reads.ts";

export class IamRoles implements Roles {
  readonly #client: IAMClient;
  readonly #awsManagedPolicies: AwsManagedPolicies;
  /** Seen to exist; one that was deleted since is found out when it is attached. */
  readonly #existingPolicies = new Set<string>();

  /** @param now milliseconds that only grow */
  constructor(client: IAMClient, now: () => number = () => performance.now()) {
    this.#client = client;
    this.#awsManagedPolicies = new AwsManagedPolicies(client, now);
  }

  find(name: string): Promise<ObservedRole | undefined> {
    return findRole(this.#client, name);
  }

  async create(role: DesiredRole): Promise<ObservedRole | "AlreadyExists"> {
    try {
      const { Role } = await this.#client.send(new CreateRoleCommand(creation(role)));
      return createdRole(Role, role);
    } catch (thrown) {
      if (thrown instanceof AwsFailure && thrown.code === "EntityAlreadyExists") {
        return "AlreadyExists";
      }
      throw thrown;
    }
  }

  async setTrustPolicy(RoleName: string, PolicyDocument: string): Promise<void> {
    await this.#client.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
  }

  async setDescriptionAndDuration(
    RoleName: string,
    Description: string,
    MaxSessionDuration: number,
  ): Promise<void> {
    await this.#client.send(new UpdateRoleCommand({ RoleName, Description, MaxSessionDuration }));
  }

  async setPermissionsBoundary(RoleName: string, PermissionsBoundary: string): Promise<void> {
    await this.#client.send(
      new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }),
    );
  }

  async deletePermissionsBoundary(RoleName: string): Promise<void> {
    await this.#client.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  }

  async attachPolicy(RoleName: string, PolicyArn: string): Promise<void> {
    await this.#client.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }

  async detachPolicy(RoleName: string, PolicyArn: string): Promise<void> {
    await unlessGone(this.#client.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })));
  }

  async putInlinePolicy(
    RoleName: string,
    PolicyName: string,
    PolicyDocument: string,
  ): Promise<void> {
    await this.#client.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  }

  async deleteInlinePolicy(RoleName: string, PolicyName: string): Promise<void> {
    await unlessGone(this.#client.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })));
  }

  async tag(RoleName: string, tags: Tags): Promise<void> {
    if (Object.keys(tags).length === 0) return;
    await this.#client.send(new TagRoleCommand({ RoleName, Tags: tagList(tags) }));
  }

  async untag(RoleName: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#client.send(new UntagRoleCommand({ RoleName, TagKeys: [...keys] }));
  }

  async delete(RoleName: string): Promise<void> {
    try {
      await unlessGone(this.#client.send(new DeleteRoleCommand({ RoleName })));
    } catch (thrown) {
      throw await this.#withProfiles(RoleName, thrown);
    }
  }

  sweep(): AsyncIterable<readonly ObservedRole[]> {
    return rolePages(this.#client);
  }

  sweepDescriptions(pathPrefix: string): Promise<ReadonlyMap<string, RoleTexts>> {
    return descriptionsBelow(this.#client, pathPrefix);
  }

  async policyExists(PolicyArn: string): Promise<boolean> {
    if (this.#existingPolicies.has(PolicyArn)) return true;
    const found = await unlessGone(this.#client.send(new GetPolicyCommand({ PolicyArn })));
    if (found) this.#existingPolicies.add(PolicyArn);
    return found !== undefined;
  }

  awsManagedPolicies(): Promise<ReadonlyMap<string, string>> {
    return this.#awsManagedPolicies.arns();
  }

  /** IAM says that an instance profile holds the role, not which: whoever has to act wants to know. */
  async #withProfiles(role: string, thrown: unknown): Promise<unknown> {
    if (!(thrown instanceof AwsFailure && thrown.code === "DeleteConflict")) return thrown;
    const profiles = await instanceProfilesOf(this.#client, role).catch(() => []);
    if (profiles.length === 0) return thrown;
    const message = `role ${role} is in instance profile ${profiles.join(", ")}; remove it there, and it will be deleted`;
    return new Failure(thrown.reason, message, thrown.retry, { cause: thrown });
  }
}

/** Empty parameters are left out: IAM refuses an empty description or list. */
function creation(role: DesiredRole): ConstructorParameters<typeof CreateRoleCommand>[0] {
  const { description, permissionsBoundaryArn } = role;
  const Tags = tagList(role.tags);
  return {
    RoleName: role.name,
    Path: role.path,
    AssumeRolePolicyDocument: role.trustPolicy,
    MaxSessionDuration: role.maxSessionSeconds,
    ...(description === "" ? {} : { Description: description }),
    ...(permissionsBoundaryArn === undefined
      ? {}
      : { PermissionsBoundary: permissionsBoundaryArn }),
    ...(Tags.length === 0 ? {} : { Tags }),
  };
}

function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
