/** Whether a trust policy lets EKS give a role to a ServiceAccount: documents on the left, the fault on the right. */
import { expect } from "chai";
import { shutOutBy } from "../../src/plan/trust-admission.ts";
import { sharedTrustPolicy, trustPolicy } from "../../src/plan/trust-policy.ts";
import { cluster } from "./examples.ts";

const key = { namespace: "kube-system", serviceAccount: "aws-node" };
const subject = { cluster, key };
const PODS = { Service: "pods.eks.amazonaws.com" };
const BOTH = ["sts:AssumeRole", "sts:TagSession"];

const allow = (more: object = {}) => ({ Effect: "Allow", Principal: PODS, Action: BOTH, ...more });
const when = (Condition: object) => allow({ Condition });
const verdict = (...statements: object[]) =>
  shutOutBy(JSON.stringify({ Version: "2012-10-17", Statement: statements }), subject);

const ARN = cluster.arn;

describe("a trust policy lets a ServiceAccount in", () => {
  const rows: [string, object[]][] = [
    ["that AWS's guide shows", [allow()]],
    ["with the principal in a list", [allow({ Principal: { Service: ["x", PODS.Service] } })]],
    ["that allows all of STS", [allow({ Action: "STS:*" })]],
    ["beside a statement for somebody else", [{ ...allow(), Principal: { AWS: "1" } }, allow()]],
    ["for this account", [when({ StringEquals: { "aws:SourceAccount": "111122223333" } })]],
    ["for this cluster, its key in other case", [when({ ArnEquals: { "AWS:sourcearn": ARN } })]],
    [
      "for all clusters of the account",
      [when({ ArnLike: { "aws:SourceArn": "arn:aws:eks:*:111122223333:cluster/*" } })],
    ],
    [
      "for one of several namespaces",
      [when({ StringEquals: { "aws:RequestTag/kubernetes-namespace": ["x", "kube-system"] } })],
    ],
    [
      "for ServiceAccounts of a pattern",
      [when({ StringLike: { "aws:RequestTag/kubernetes-service-account": "aws-*" } })],
    ],
    [
      "if one of two statements holds",
      [when({ StringEquals: { "aws:RequestTag/eks-cluster-name": "other" } }), allow()],
    ],
  ];
  for (const [what, statements] of rows) {
    it(what, () => expect(verdict(...statements)).to.equal(undefined));
  }

  for (const scope of ["ServiceAccount", "Namespace", "Cluster", "Account"] as const) {
    it(`that we make with trustScope ${scope}`, () =>
      expect(shutOutBy(trustPolicy(scope, cluster, key), subject)).to.equal(undefined));
  }

  it("that we make for all clusters of the account, and in none but its own", () => {
    const shared = sharedTrustPolicy(cluster.accountId, key);
    const other = { ...cluster, arn: ARN.replace("demo", "other"), name: "other" };
    expect(shutOutBy(shared, { cluster: other, key })).to.equal(undefined);
    const elsewhere = { ...cluster, accountId: "444455556666" };
    expect(shutOutBy(shared, { cluster: elsewhere, key })).to.contain("aws:SourceAccount");
    expect(shutOutBy(shared, { cluster, key: { ...key, serviceAccount: "other" } })).to.contain(
      "kubernetes-service-account",
    );
  });
});

describe("a trust policy shuts a ServiceAccount out", () => {
  const rows: [string, object[], says: string][] = [
    ["without a statement for EKS", [{ ...allow(), Principal: { AWS: "*" } }], "does not allow"],
    ["that lacks sts:TagSession", [allow({ Action: "sts:AssumeRole" })], "does not allow"],
    ["that allows all but something", [allow({ Action: undefined, NotAction: "s3:*" })], "allow"],
    [
      "for another account",
      [when({ StringEquals: { "aws:SourceAccount": "444455556666" } })],
      "StringEquals aws:SourceAccount",
    ],
    [
      "for another cluster",
      [when({ ArnLike: { "aws:SourceArn": `${ARN}-2` } })],
      "ArnLike aws:SourceArn",
    ],
    [
      "for a part of an ARN that reaches over its colons",
      [when({ ArnLike: { "aws:SourceArn": "arn:aws:*cluster/demo" } })],
      "ArnLike",
    ],
    [
      "with a key that is not known",
      [when({ StringEquals: { "aws:SourceOrgId": "o-1" } })],
      "aws:SourceOrgId",
    ],
    [
      "with an operator that is not known",
      [when({ StringNotEquals: { "aws:SourceAccount": "1" } })],
      "StringNotEquals",
    ],
    [
      "with one of two conditions that does not hold",
      [
        when({
          StringEquals: {
            "aws:SourceAccount": "111122223333",
            "aws:RequestTag/kubernetes-namespace": "default",
          },
        }),
      ],
      "kubernetes-namespace",
    ],
    ["that denies EKS something", [allow(), { ...allow(), Effect: "Deny" }], "denies"],
    ["that denies everybody", [allow(), { ...allow(), Effect: "Deny", Principal: "*" }], "denies"],
    [
      "that denies all but one",
      [allow(), { Effect: "Deny", NotPrincipal: { AWS: "1" }, Action: "*" }],
      "denies",
    ],
  ];
  for (const [what, statements, says] of rows) {
    it(what, () => expect(verdict(...statements)).to.contain(says));
  }

  it("that cannot be read", () => expect(shutOutBy("{", subject)).to.contain("cannot be read"));
});
