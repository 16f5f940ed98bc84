/** IAM's and STS's operations by name, and the calls made of a Query request. */
import { AwsError } from "../aws-error.ts";
import type { Call, Operation } from "../service.ts";
import { sessionArn } from "../sessions.ts";
import { callerArn } from "../wire/denial.ts";
import { type Query, queryAnswer, queryRefusal } from "../wire/query.ts";
import * as account from "./account-details.ts";
import { assumeRole } from "./assume-role.ts";
import * as profiles from "./instance-profiles.ts";
import * as policies from "./managed-policies.ts";
import * as versions from "./policy-versions.ts";
import * as rolePolicies from "./role-policies.ts";
import * as roles from "./roles.ts";

type Operations = Readonly<Record<string, Operation<Query>>>;

const IAM: Operations = {
  CreateRole: roles.createRole,
  GetRole: roles.getRole,
  UpdateAssumeRolePolicy: roles.updateAssumeRolePolicy,
  UpdateRole: roles.updateRole,
  UpdateRoleDescription: roles.updateRoleDescription,
  PutRolePermissionsBoundary: roles.putRolePermissionsBoundary,
  DeleteRolePermissionsBoundary: roles.deleteRolePermissionsBoundary,
  DeleteRole: roles.deleteRole,
  ListRoles: roles.listRoles,
  AttachRolePolicy: rolePolicies.attachRolePolicy,
  DetachRolePolicy: rolePolicies.detachRolePolicy,
  ListAttachedRolePolicies: rolePolicies.listAttachedRolePolicies,
  PutRolePolicy: rolePolicies.putRolePolicy,
  GetRolePolicy: rolePolicies.getRolePolicy,
  ListRolePolicies: rolePolicies.listRolePolicies,
  DeleteRolePolicy: rolePolicies.deleteRolePolicy,
  TagRole: rolePolicies.tagRole,
  UntagRole: rolePolicies.untagRole,
  ListRoleTags: rolePolicies.listRoleTags,
  CreatePolicy: policies.createPolicy,
  GetPolicy: policies.getPolicy,
  DeletePolicy: policies.deletePolicy,
  ListPolicies: policies.listPolicies,
  ListEntitiesForPolicy: policies.listEntitiesForPolicy,
  CreatePolicyVersion: versions.createPolicyVersion,
  GetPolicyVersion: versions.getPolicyVersion,
  ListPolicyVersions: versions.listPolicyVersions,
  SetDefaultPolicyVersion: versions.setDefaultPolicyVersion,
  DeletePolicyVersion: versions.deletePolicyVersion,
  CreateInstanceProfile: profiles.createInstanceProfile,
  DeleteInstanceProfile: profiles.deleteInstanceProfile,
  AddRoleToInstanceProfile: profiles.addRoleToInstanceProfile,
  RemoveRoleFromInstanceProfile: profiles.removeRoleFromInstanceProfile,
  ListInstanceProfilesForRole: profiles.listInstanceProfilesForRole,
  GetAccountAuthorizationDetails: account.getAccountAuthorizationDetails,
};

const STS: Operations = {
  AssumeRole: assumeRole,
  GetCallerIdentity: (world, _, caller) => ({
    Arn: caller ? sessionArn(caller) : callerArn(world),
    UserId: caller ? `${caller.roleId}:${caller.name}` : "AROASANDBOXOPERATOR00:sandbox",
    Account: (caller ? caller.roleArn.split(":")[4] : undefined) ?? world.account.id,
  }),
};

const SERVICES = {
  "2010-05-08": {
    service: "iam",
    operations: IAM,
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  },
  "2011-06-15": {
    service: "sts",
    operations: STS,
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  },
} as const;

/** What of a call does not depend on the service. */
export type Origin = Pick<Call, "attempt" | "userAgent" | "authorization">;

/** The service is told by the `Version` of the form. */
export function queryCall(query: Query, origin: Origin): Call {
  const version = String(query["Version"] ?? "");
  const { service, operations, namespace } =
    version === "2011-06-15" ? SERVICES[version] : SERVICES["2010-05-08"];
  const operation = String(query["Action"] ?? "");
  const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
  const { Action: _action, Version: _version, ...parameters } = query;
  const xml = (status: number, requestId: string, body: string) => ({
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body,
  });
  return {
    ...origin,
    service,
    operation,
    parameters,
    perform(world, caller) {
      if (run) return run(world, parameters, caller);
      const message = `Could not find operation ${operation} for version ${version || "NO_VERSION_SPECIFIED"}`;
      throw new AwsError({ code: "InvalidAction", status: 400, message });
    },
    answer(result, requestId) {
      const content = typeof result === "object" && result !== null ? result : undefined;
      return xml(200, requestId, queryAnswer({ operation, result: content, requestId, namespace }));
    },
    refuse({ code, message, status }, requestId) {
      return xml(status, requestId, queryRefusal({ code, message, status, requestId, namespace }));
    },
  };
}
