/** AWS managed policies: real names and paths, so that a bare name has to be looked up. Documents of those that pods use here; the others are stand-ins. */
import type { ManagedPolicy } from "../world.ts";

/** Path → names. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "/": [
    "AdministratorAccess",
    "AmazonAthenaFullAccess",
    "AmazonBedrockFullAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonEKSClusterPolicy",
    "AmazonEKSVPCResourceController",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonKinesisReadOnlyAccess",
    "AmazonMSKReadOnlyAccess",
    "AmazonPrometheusRemoteWriteAccess",
    "AmazonRDSReadOnlyAccess",
    "AmazonRoute53FullAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMReadOnlyAccess",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "CloudWatchAgentServerPolicy",
    "CloudWatchFullAccess",
    "CloudWatchLogsFullAccess",
    "CloudWatchReadOnlyAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecretsManagerReadWrite",
    "SecurityAudit",
  ],
  "/service-role/": [
    "AmazonEBSCSIDriverPolicy",
    "AmazonEFSCSIDriverPolicy",
    "AmazonMachineLearningRoleforRedshiftDataSourceV3",
    "AWSGlueServiceRole",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSQuickSightDescribeRDS",
    "CloudWatchEventsBuiltInTargetExecutionAccess",
  ],
  "/job-function/": ["Billing", "DatabaseAdministrator", "SystemAdministrator", "ViewOnlyAccess"],
  "/aws-service-role/": ["AmazonEKSServiceRolePolicy", "AutoScalingServiceRolePolicy"],
};

const document = (Action: string | readonly string[]) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource: "*" }],
  });

const STAND_IN = document("*");

/** What AWS's reference of managed policies says, where it matters here what they do not allow. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  AmazonS3FullAccess: document(["s3:*", "s3-object-lambda:*"]),
  AmazonS3ReadOnlyAccess: document([
    "s3:Get*",
    "s3:List*",
    "s3:Describe*",
    "s3-object-lambda:Get*",
    "s3-object-lambda:List*",
  ]),
};

const CREATED_AT = Date.UTC(2015, 1, 6, 18, 40);

export function awsManagedPolicies(partition: string): readonly ManagedPolicy[] {
  return Object.entries(NAMES).flatMap(([path, names]) =>
    names.map((name) => awsManagedPolicy(partition, path, name)),
  );
}

/** A policy of AWS's own. */
export function awsManagedPolicy(partition: string, path: string, name: string): ManagedPolicy {
  return {
    name,
    path,
    arn: `arn:${partition}:iam::aws:policy${path}${name}`,
    policyId: `ANPA${Buffer.from(name).toString("hex").toUpperCase().slice(-17).padStart(17, "0")}`,
    description: "",
    createdAt: CREATED_AT,
    updatedAt: CREATED_AT,
    tags: {},
    versions: [{ id: "v1", document: DOCUMENTS[name] ?? STAND_IN, createdAt: CREATED_AT }],
    defaultVersionId: "v1",
    lastVersion: 1,
  };
}
