/** What a spec wants of AWS, and which specs are refused before any call. */
import { expect } from "chai";
import fc from "fast-check";
import { generatedRoleName, nearestNames, parseRoleArn } from "../../src/plan/names.ts";
import type { Failure } from "../../src/plan/outcome.ts";
import { cluster, ours, readBucket, surroundings, wanted } from "./examples.ts";

type Spec = Parameters<typeof wanted>[0];

const refusal = (spec: Spec): Failure => {
  try {
    wanted(spec);
  } catch (failure) {
    return failure as Failure;
  }
  throw new Error("was not refused");
};

const inline = (document: unknown) =>
  ({ role: { inlinePolicies: [{ name: "p", document }] } }) as Spec;

describe("what a spec wants", () => {
  it("is a role under our path, named after the object, with our tags", () => {
    const { role } = wanted({ role: {}, tags: { team: "payments" } });
    expect(role?.arn).to.match(
      /^arn:aws:iam::111122223333:role\/podidentity\/payments-reader-[0-9a-f]{10}$/,
    );
    expect(role?.tags).to.deep.equal({ team: "payments", ...ours });
    expect(role?.maxSessionSeconds).to.equal(3600);
  });

  it("finds the path of an AWS managed policy by its bare name", () =>
    expect(
      wanted({ role: { managedPolicies: ["AmazonEBSCSIDriverPolicy"] } }).role?.managedPolicyArns,
    ).to.deep.equal(["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]));

  it("fills placeholders in, in ARNs and in documents, and leaves IAM's variables", () => {
    const document = {
      ...readBucket,
      Statement: [
        {
          ...readBucket.Statement[0],
          Resource: "arn:${AWS::Partition}:s3:::${EKS::ClusterName}-${AWS::Region}/${aws:userid}",
        },
      ],
    };
    const { role } = wanted({
      role: {
        managedPolicies: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/team/x"],
        inlinePolicies: [{ name: "p", document }],
      },
    });
    expect(role?.managedPolicyArns).to.deep.equal(["arn:aws:iam::111122223333:policy/team/x"]);
    expect(role?.inlinePolicies["p"]).to.contain("arn:aws:s3:::demo-us-west-2/${aws:userid}");
  });

  it("serves a cluster of another partition with the same spec", () => {
    const china = {
      ...cluster,
      partition: "aws-cn",
      arn: "arn:aws-cn:eks:cn-north-1:111122223333:cluster/demo",
    };
    const { role } = wanted(
      { role: { managedPolicies: ["x"] } },
      {
        ...surroundings,
        cluster: china,
        awsManagedPolicies: undefined,
      },
    );
    expect(role?.arn).to.match(/^arn:aws-cn:iam::/);
    expect(role?.managedPolicyArns).to.deep.equal(["arn:aws-cn:iam::aws:policy/x"]);
  });

  const trusts: [string, object][] = [
    [
      "ServiceAccount",
      {
        StringEquals: {
          "aws:SourceAccount": "111122223333",
          "aws:RequestTag/eks-cluster-arn": cluster.arn,
          "aws:RequestTag/kubernetes-namespace": "payments",
          "aws:RequestTag/kubernetes-service-account": "reader",
        },
      },
    ],
    [
      "Namespace",
      {
        StringEquals: {
          "aws:SourceAccount": "111122223333",
          "aws:RequestTag/eks-cluster-arn": cluster.arn,
          "aws:RequestTag/kubernetes-namespace": "payments",
        },
      },
    ],
    [
      "Cluster",
      {
        StringEquals: { "aws:SourceAccount": "111122223333" },
        ArnEquals: { "aws:SourceArn": cluster.arn },
      },
    ],
    ["Account", { StringEquals: { "aws:SourceAccount": "111122223333" } }],
  ];
  for (const [scope, condition] of trusts) {
    it(`trusts EKS Pod Identity alone, at scope ${scope}`, () => {
      const { role } = wanted({ role: { trustScope: scope } } as Spec);
      expect(JSON.parse(role?.trustPolicy ?? "")).to.deep.equal({
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "AllowEksAuthToAssumeRoleForPodIdentity",
            Effect: "Allow",
            Principal: { Service: "pods.eks.amazonaws.com" },
            Action: ["sts:AssumeRole", "sts:TagSession"],
            Condition: condition,
          },
        ],
      });
    });
  }

  const refused: [string, Spec, string, string][] = [
    [
      "a role of another account",
      { roleArn: "arn:aws:iam::999988887777:role/x" },
      "RoleAccountMismatch",
      "targetRoleArn",
    ],
    [
      "a role of another partition",
      { roleArn: "arn:aws-cn:iam::111122223333:role/x" },
      "RolePartitionMismatch",
      "${AWS::Partition}",
    ],
    [
      "an unknown placeholder",
      { roleArn: "arn:aws:iam::${AWS::Account}:role/x" },
      "PlaceholderUnknown",
      "${AWS::AccountId}",
    ],
    [
      "a managed policy that AWS does not have",
      { role: { managedPolicies: ["AmazonS3ReadOnly"] } },
      "ManagedPolicyNotFound",
      "AmazonS3ReadOnlyAccess",
    ],
    [
      "an AWS managed policy ARN without its path",
      { role: { managedPolicies: ["arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicy"] } },
      "ManagedPolicyNotFound",
      "AmazonEBSCSIDriverPolicy",
    ],
    [
      "a document with a wrong version",
      inline({ ...readBucket, Version: "2012-01-01" }),
      "PolicyInvalid",
      "2012-10-17",
    ],
    [
      "documents over 10,240 characters",
      inline({
        ...readBucket,
        Statement: Array.from({ length: 150 }, () => readBucket.Statement[0]),
      }),
      "PolicyTooLarge",
      "10240",
    ],
  ];
  for (const [situation, spec, reason, says] of refused) {
    it(`is refused: ${situation}`, () => {
      const failure = refusal(spec);
      expect(failure.reason).to.equal(reason);
      expect(failure.message).to.contain(says);
    });
  }
});

describe("a generated role name", () => {
  it("differs where namespace and name concatenate to the same text, and between clusters", () => {
    const names = [
      generatedRoleName(cluster.arn, "team", "prod-api"),
      generatedRoleName(cluster.arn, "team-prod", "api"),
      generatedRoleName(cluster.arn.replace("us-west-2", "eu-west-1"), "team", "prod-api"),
    ];
    expect(new Set(names).size).to.equal(3);
  });

  it("is always legal for IAM and keeps its hash", () =>
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9-]{1,63}$/),
        fc.stringMatching(/^[a-z0-9.-]{1,63}$/),
        (namespace, name) => {
          expect(generatedRoleName(cluster.arn, namespace, name)).to.match(
            /^[\w+=,.@-]{1,53}-[0-9a-f]{10}$/,
          );
        },
      ),
    ));
});

describe("a role ARN", () => {
  it("is read with its path", () =>
    expect(parseRoleArn("arn:aws:iam::111122223333:role/a/b/c")).to.deep.equal({
      partition: "aws",
      accountId: "111122223333",
      path: "/a/b/",
      name: "c",
    }));

  it("is not one of a user or of an assumed role", () => {
    expect(parseRoleArn("arn:aws:iam::111122223333:user/x")).to.equal(undefined);
    expect(parseRoleArn("arn:aws:sts::111122223333:assumed-role/x/y")).to.equal(undefined);
  });
});

describe("the nearest names", () => {
  it("are those that share the most", () =>
    expect(
      nearestNames("AmazonS3Readonly", [
        "AmazonS3ReadOnlyAccess",
        "AmazonS3FullAccess",
        "Billing",
      ])[0],
    ).to.equal("AmazonS3ReadOnlyAccess"));
});
