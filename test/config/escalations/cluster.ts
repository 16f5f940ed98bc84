/** Calls about associations, add-ons and the roles that add-ons share, which nobody with the operator's credentials may make. */

import { TRUST } from "../../sandbox/aws/testing.ts";
import {
  associationArn,
  CLUSTER,
  iam,
  OTHER_CLUSTER,
  OWN_TAGS,
  type Row,
  tagList,
} from "../world.ts";
import { ADMIN_POLICY, ANYTHING as PolicyDocument } from "./policies.ts";

const NEW_ASSOCIATION = {
  clusterName: "demo",
  namespace: "team",
  serviceAccount: "new",
  roleArn: iam("role/podidentity/own"),
  tags: OWN_TAGS,
};
export const ON_ASSOCIATIONS: readonly Row[] = [
  [
    "give itself to a pod",
    "eks",
    "CreatePodIdentityAssociation",
    { ...NEW_ASSOCIATION, roleArn: iam("role/podidentity-operator/operator") },
  ],
  [
    "give the administrators' role to a pod",
    "eks",
    "CreatePodIdentityAssociation",
    { ...NEW_ASSOCIATION, roleArn: iam("role/admin") },
  ],
  [
    "change an association of its own to the administrators' role",
    "eks",
    "UpdatePodIdentityAssociation",
    { clusterName: "demo", associationId: "a-own", roleArn: iam("role/admin") },
  ],
  [
    "make an association without an owner",
    "eks",
    "CreatePodIdentityAssociation",
    { ...NEW_ASSOCIATION, tags: {} },
  ],
  [
    "make an association in another cluster's name",
    "eks",
    "CreatePodIdentityAssociation",
    { ...NEW_ASSOCIATION, tags: { ...OWN_TAGS, "podidentity.io/owner": OTHER_CLUSTER } },
  ],
  [
    "make an association in another cluster",
    "eks",
    "CreatePodIdentityAssociation",
    { ...NEW_ASSOCIATION, clusterName: "other" },
  ],
  [
    "list another cluster's associations",
    "eks",
    "ListPodIdentityAssociations",
    { clusterName: "other" },
  ],
  [
    "change another installation's association",
    "eks",
    "UpdatePodIdentityAssociation",
    { clusterName: "demo", associationId: "a-foreign", roleArn: iam("role/podidentity/own") },
  ],
  [
    "delete another installation's association",
    "eks",
    "DeletePodIdentityAssociation",
    { clusterName: "demo", associationId: "a-foreign" },
  ],
  [
    "delete an association of nobody",
    "eks",
    "DeletePodIdentityAssociation",
    { clusterName: "demo", associationId: "a-untagged" },
  ],
  [
    "delete an association of another cluster",
    "eks",
    "DeletePodIdentityAssociation",
    { clusterName: "other", associationId: "a-other" },
  ],
  [
    "take another installation's association over",
    "eks",
    "TagResource",
    { resourceArn: associationArn("a-foreign"), tags: OWN_TAGS },
  ],
  [
    "free another installation's association of its owner",
    "eks",
    "UntagResource",
    { resourceArn: associationArn("a-foreign"), tagKeys: ["podidentity.io/owner"] },
  ],
  [
    "take an association of another cluster over",
    "eks",
    "TagResource",
    { resourceArn: associationArn("a-other", "other"), tags: OWN_TAGS },
  ],
  [
    "take the association over that it has its own credentials from",
    "eks",
    "TagResource",
    { resourceArn: associationArn("a-operator"), tags: OWN_TAGS },
  ],
  [
    "delete the association that it has its own credentials from",
    "eks",
    "DeletePodIdentityAssociation",
    { clusterName: "demo", associationId: "a-operator" },
  ],
  ["tag the cluster", "eks", "TagResource", { resourceArn: CLUSTER, tags: OWN_TAGS }],
];

const SHARED = "AmazonEKSPodIdentityAmazonVPCCNIRole";
const PENDING = "AmazonEKSPodIdentityPendingRole";
export const ON_ADDONS: readonly Row[] = [
  [
    "delete an add-on of somebody else",
    "eks",
    "DeleteAddon",
    { clusterName: "demo", addonName: "coredns" },
  ],
  [
    "update an add-on of somebody else",
    "eks",
    "UpdateAddon",
    { clusterName: "demo", addonName: "coredns" },
  ],
  [
    "make an add-on without an owner",
    "eks",
    "CreateAddon",
    { clusterName: "demo", addonName: "new" },
  ],
  [
    "make an add-on in another cluster",
    "eks",
    "CreateAddon",
    { clusterName: "other", addonName: "new", tags: OWN_TAGS },
  ],
  [
    "give the administrators' role to an add-on",
    "eks",
    "UpdateAddon",
    {
      clusterName: "demo",
      addonName: "vpc-cni",
      podIdentityAssociations: [{ serviceAccount: "aws-node", roleArn: iam("role/admin") }],
    },
  ],
  [
    "add permissions to a role that clusters share",
    "iam",
    "PutRolePolicy",
    { RoleName: SHARED, PolicyName: "p", PolicyDocument },
  ],
  [
    "attach another policy to a role that clusters share",
    "iam",
    "AttachRolePolicy",
    { RoleName: SHARED, PolicyArn: "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy" },
  ],
  [
    "detach a policy from a role that clusters share",
    "iam",
    "DetachRolePolicy",
    { RoleName: SHARED, PolicyArn: "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy" },
  ],
  [
    "change who may assume a role that clusters share",
    "iam",
    "UpdateAssumeRolePolicy",
    { RoleName: SHARED, PolicyDocument: TRUST },
  ],
  ["delete a role that clusters share", "iam", "DeleteRole", { RoleName: SHARED }],
  [
    "mark a role that clusters share as unfinished",
    "iam",
    "TagRole",
    { RoleName: SHARED, Tags: tagList({ "podidentity.io/shared": "pending" }) },
  ],
  [
    "take a role over that clusters share",
    "iam",
    "TagRole",
    { RoleName: SHARED, Tags: tagList(OWN_TAGS) },
  ],
  [
    "attach AdministratorAccess to a recommended role",
    "iam",
    "AttachRolePolicy",
    { RoleName: PENDING, PolicyArn: ADMIN_POLICY },
  ],
  [
    "add permissions to a recommended role that it makes",
    "iam",
    "PutRolePolicy",
    { RoleName: PENDING, PolicyName: "p", PolicyDocument },
  ],
  [
    "make a recommended role that is no shared one",
    "iam",
    "CreateRole",
    { RoleName: "AmazonEKSPodIdentityX", Path: "/", AssumeRolePolicyDocument: TRUST },
  ],
];
