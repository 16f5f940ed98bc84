/** STS's AssumeRole for an administrator or a session of the account; the role's trust policy is really asked. */
import { AwsError } from "../aws-error.ts";
import { trusts } from "../permissions/evaluate.ts";
import { contextOf } from "../permissions/pattern.ts";
import type { Session } from "../sessions.ts";
import { callerArn } from "../wire/denial.ts";
import type { Query } from "../wire/query.ts";
import type { World } from "../world.ts";
import { ARN, optionalNumber, required } from "./parameters.ts";

/** Seconds; IAM's own default, and what STS takes. */
const DURATION = { standard: 3600, least: 900, most: 43_200 };

export function assumeRole(world: World, query: Query, caller: Session | undefined): object {
  const arn = required(query, "RoleArn", ARN);
  const name = required(query, "RoleSessionName", { least: 2, most: 64 });
  const seconds = optionalNumber(query, "DurationSeconds", DURATION) ?? DURATION.standard;
  const role = [...world.roles.values()].find((one) => one.arn === arn);
  const { partition, id } = world.account;
  const named = [id, `arn:${partition}:iam::${id}:root`, ...(caller ? [caller.roleArn] : [])];
  const ask = { action: "sts:AssumeRole", context: contextOf({ "aws:PrincipalAccount": id }) };
  if (!role || !trusts(role.trustPolicy, { AWS: named }, ask)) {
    const who = caller?.roleArn ?? callerArn(world);
    const message = `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${arn}`;
    throw new AwsError({ code: "AccessDenied", status: 403, message });
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = world.sessions.issue({
    roleArn: role.arn,
    roleId: role.roleId,
    roleName: role.name,
    name,
    tags: {},
    policy: undefined,
    expiresAt: world.clock.now() + seconds * 1000,
  });
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiration * 1000),
    },
    AssumedRoleUser: {
      AssumedRoleId: `${role.roleId}:${name}`,
      Arn: `arn:${partition}:sts::${id}:assumed-role/${role.name}/${name}`,
    },
  };
}
