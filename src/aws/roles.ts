/** IAM roles, over IAM's API. */
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  type CreateRoleCommandOutput,
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
import type { RoleAction } from "../plan/actions.ts";
import { roleCall } from "../plan/calls.ts";
import { Failure } from "../plan/outcome.ts";
import type { DesiredRole, ObservedRole } from "../plan/resources.ts";
import { AwsFailure, unlessGone } from "./failures.ts";
import { AwsManagedPolicies } from "./managed-policies.ts";
import { createdRole } from "./observed-role.ts";
import type { RoleChange, Roles, RoleTexts } from "./ports.ts";
import {
  descriptionsBelow,
  findRole,
  instanceProfilesOf,
  rolePages,
  trustPolicyOf,
} from "./role-reads.ts";

/** Looked up by name, so their inputs are checked by the tests that send each of them. */
const COMMANDS: Readonly<Record<string, new (input: never) => unknown>> = {
  AttachRolePolicy: AttachRolePolicyCommand,
  CreateRole: CreateRoleCommand,
  DeleteRole: DeleteRoleCommand,
  DeleteRolePermissionsBoundary: DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicy: DeleteRolePolicyCommand,
  DetachRolePolicy: DetachRolePolicyCommand,
  PutRolePermissionsBoundary: PutRolePermissionsBoundaryCommand,
  PutRolePolicy: PutRolePolicyCommand,
  TagRole: TagRoleCommand,
  UntagRole: UntagRoleCommand,
  UpdateAssumeRolePolicy: UpdateAssumeRolePolicyCommand,
  UpdateRole: UpdateRoleCommand,
};

/** What they take away may be gone already. */
const REMOVALS: ReadonlySet<string> = new Set(["DetachPolicy", "DeleteInlinePolicy", "DeleteRole"]);

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
      const { Role } = (await this.#send({ type: "CreateRole", role })) as CreateRoleCommandOutput;
      return createdRole(Role, role);
    } catch (thrown) {
      if (thrown instanceof AwsFailure && thrown.code === "EntityAlreadyExists") {
        return "AlreadyExists";
      }
      throw thrown;
    }
  }

  trustPolicy(name: string): Promise<string | undefined> {
    return trustPolicyOf(this.#client, name);
  }

  async change(action: RoleChange): Promise<void> {
    const sent = this.#send(action);
    if (!REMOVALS.has(action.type)) await sent;
    else if (action.type !== "DeleteRole") await unlessGone(sent);
    else {
      await unlessGone(sent).catch(async (thrown: unknown) => {
        throw await this.#withProfiles(action.name, thrown);
      });
    }
  }

  #send(action: RoleAction): Promise<unknown> {
    const { operation, parameters } = roleCall(action);
    const Command = COMMANDS[operation] as new (input: unknown) => unknown;
    return this.#client.send(new Command(parameters) as CreateRoleCommand);
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
