/** The CloudFormation template of config/aws, made of the documents in config/aws/policies: there is one source of each. */
import { readFileSync } from "node:fs";
import { Document, Scalar, visit } from "yaml";

const NOTE = ` The operator's AWS side: its role and policies, the boundary of the roles it makes, its own association.
 Generated from config/aws/policies by \`make generate\`; docs/aws.md says what each statement is for.
   aws cloudformation deploy --stack-name pod-identity-operator --template-file operator.cfn.yaml \\
     --capabilities CAPABILITY_NAMED_IAM --parameter-overrides ClusterName=my-cluster Profile=roles`;

const OPERATOR_PATH = "/podidentity-operator/";
const PLACEHOLDER = /\$\{[\w:]+\}/;
const TEXT = "String";

const PARAMETERS = {
  ClusterName: { Type: TEXT, Description: "Name of the EKS cluster that the operator runs in" },
  Profile: {
    Type: TEXT,
    Default: "roles",
    AllowedValues: ["associations", "roles", "addons"],
    Description:
      "associations names roles that exist; roles makes IAM roles, too; addons manages EKS add-ons, too",
  },
  InstallationId: {
    Type: TEXT,
    Default: "default",
    AllowedPattern: "[A-Za-z0-9._-]{1,64}",
    Description: "INSTALLATION_ID of the operator",
  },
  RolePath: {
    Type: TEXT,
    Default: "/podidentity/",
    AllowedPattern: "/([!-.0-~]+/)+",
    Description: "ROLE_PATH of the operator: path of the roles that it makes",
  },
  PassableRoles: {
    Type: "CommaDelimitedList",
    Default: "arn:aws:iam::*:role/shared/*",
    Description:
      "ARNs of existing roles that may be given to pods, may have *; another partition needs its own",
  },
  BulkReads: {
    Type: TEXT,
    Default: "true",
    AllowedValues: ["true", "false"],
    Description:
      "Whether the operator may read all roles of the account at once, which saves calls",
  },
  Unbounded: {
    Type: TEXT,
    Default: "false",
    AllowedValues: ["true", "false"],
    Description:
      "Whether roles may have another permissions boundary, or none: the operator can then grant anything",
  },
  OperatorNamespace: { Type: TEXT, Default: "pod-identity-system" },
  OperatorServiceAccount: { Type: TEXT, Default: "pod-identity-operator" },
};

const is = (parameter: string, value: string) => ({
  "Fn::Equals": [{ Ref: parameter }, value],
});

const CONDITIONS = {
  ManagesAddons: is("Profile", "addons"),
  ManagesRoles: { "Fn::Or": [is("Profile", "roles"), is("Profile", "addons")] },
  ReadsInBulk: { "Fn::And": [{ Condition: "ManagesRoles" }, is("BulkReads", "true")] },
  AllowsUnbounded: { "Fn::And": [{ Condition: "ManagesRoles" }, is("Unbounded", "true")] },
};

/** Logical id, document, and the condition under which it is attached. */
const POLICIES = [
  ["AssociationsPolicy", "associations", undefined],
  ["RolesPolicy", "roles", "ManagesRoles"],
  ["BulkReadsPolicy", "bulk-reads", "ReadsInBulk"],
  ["AddonsPolicy", "addons", "ManagesAddons"],
  ["RecommendedRolesPolicy", "recommended-roles", "ManagesAddons"],
  ["UnboundedPolicy", "unbounded", "AllowsUnbounded"],
] as const;

export function cloudFormation(root: URL): string {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`config/aws/policies/${name}.json`, root), "utf8"));
  const policy = (name: string, condition: string | undefined, more: object) => ({
    Type: "AWS::IAM::ManagedPolicy",
    ...(condition === undefined ? {} : { Condition: condition }),
    Properties: { ...more, PolicyDocument: withReferences(read(name)) },
  });
  const template = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "Pod Identity Operator: IAM role, policies, permissions boundary and association",
    Parameters: PARAMETERS,
    Conditions: CONDITIONS,
    Resources: {
      OperatorRole: {
        Type: "AWS::IAM::Role",
        Properties: {
          Path: OPERATOR_PATH,
          AssumeRolePolicyDocument: withReferences(read("trust")),
          ManagedPolicyArns: POLICIES.map(([id, , condition]) => attached(id, condition)),
        },
      },
      OperatorAssociation: {
        Type: "AWS::EKS::PodIdentityAssociation",
        Properties: {
          ClusterName: { Ref: "ClusterName" },
          Namespace: { Ref: "OperatorNamespace" },
          ServiceAccount: { Ref: "OperatorServiceAccount" },
          RoleArn: { "Fn::GetAtt": ["OperatorRole", "Arn"] },
          // What has an owner cannot be taken over, not even by the operator itself.
          Tags: [{ Key: "podidentity.io/owner", Value: { Ref: "AWS::StackId" } }],
        },
      },
      Boundary: policy("boundary", "ManagesRoles", {
        Path: "/podidentity-boundary/",
        ManagedPolicyName: text("${AWS::Region}-${ClusterName}"),
      }),
      ...Object.fromEntries(
        POLICIES.map(([id, name, condition]) => [
          id,
          policy(name, condition, { Path: OPERATOR_PATH }),
        ]),
      ),
    },
    Outputs: {
      OperatorRoleArn: { Value: { "Fn::GetAtt": ["OperatorRole", "Arn"] } },
      BoundaryArn: {
        Condition: "ManagesRoles",
        Description: "For managedRoles.permissionsBoundaryArn of guardrails",
        Value: { Ref: "Boundary" },
      },
    },
  };
  return yaml(template);
}

function attached(id: string, condition: string | undefined): object {
  const reference = { Ref: id };
  return condition === undefined
    ? reference
    : { "Fn::If": [condition, reference, { Ref: "AWS::NoValue" }] };
}

/** A list parameter is the whole list; any other placeholder is part of a text. */
function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value[0] === "${PassableRoles}" ? { Ref: "PassableRoles" } : value.map(withReferences);
  }
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withReferences(member)]),
  );
}

const text = (value: string): unknown => (PLACEHOLDER.test(value) ? { "Fn::Sub": value } : value);

/** `Fn::Sub` is written as `!Sub`: the documents are to be read. CloudFormation reads YAML 1.1, where a date is no text. */
function yaml(template: object): string {
  const document = new Document(template, { aliasDuplicateObjects: false, schema: "yaml-1.1" });
  document.commentBefore = NOTE;
  visit(document, {
    Map(_, { items }) {
      const [pair] = items;
      const { key, value } = (pair ?? {}) as { key?: Scalar; value?: Scalar };
      if (key?.value !== "Fn::Sub" || !value) return undefined;
      const short = new Scalar(value.value);
      short.tag = "!Sub";
      return short;
    },
  });
  return document.toString({ lineWidth: 0 });
}
