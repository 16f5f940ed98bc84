"""Inline and attached policies of a role, and its tags."""

import json

from suite import ACCOUNT, check, equal, iam, new_role, permissions, refused, unique

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@check("PutRolePolicy adds or replaces, GetRolePolicy shows it, ListRolePolicies names it, DeleteRolePolicy removes it")
def _():
    name = new_role()["RoleName"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=permissions())
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=permissions("sqs:SendMessage"))
    read = iam.get_role_policy(RoleName=name, PolicyName="p")
    equal((read["RoleName"], read["PolicyName"]), (name, "p"))
    equal(read["PolicyDocument"], json.loads(permissions("sqs:SendMessage")))
    equal(iam.list_role_policies(RoleName=name)["PolicyNames"], ["p"])
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    equal(iam.list_role_policies(RoleName=name)["PolicyNames"], [])
    for call in (iam.get_role_policy, iam.delete_role_policy):
        with refused("NoSuchEntity", 404, "The role policy with name p cannot be found."):
            call(RoleName=name, PolicyName="p")


@check("a permission policy that is no JSON, names a principal, or lacks actions or resources is MalformedPolicyDocument")
def _():
    name = new_role()["RoleName"]
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    bad = [{**allow, "Principal": "*"}, {"Effect": "Allow", "Resource": "*"}, {"Effect": "Allow", "Action": "s3:*"},
           {**allow, "Effect": "Maybe"}, {**allow, "Action": 7}, {**allow, "Condition": "x"}]
    documents = ["nope", "[]"] + [json.dumps({"Version": "2012-10-17", "Statement": one}) for one in bad]
    documents.append(json.dumps({"Version": "2012-01-01", "Statement": allow}))
    for document in documents:
        with refused("MalformedPolicyDocument", 400):
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)


@check("inline policies of more than 10,240 characters together, white space apart, exceed the role's size")
def _():
    name = new_role()["RoleName"]
    size = len(permissions(resource="").replace(" ", ""))
    iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=permissions(resource="x" * (5000 - size)))
    spaced = permissions(resource="x" * (5240 - size)) + " " * 500
    iam.put_role_policy(RoleName=name, PolicyName="b", PolicyDocument=spaced)
    with refused("LimitExceeded", 409, f"Maximum policy size of 10240 bytes exceeded for role {name}"):
        iam.put_role_policy(RoleName=name, PolicyName="b", PolicyDocument=permissions(resource="x" * (5241 - size)))


@check("AttachRolePolicy and DetachRolePolicy; attaching again is no error, detaching again is NoSuchEntity")
def _():
    name = new_role()["RoleName"]
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    equal(attached, [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}])
    iam.detach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    with refused("NoSuchEntity", 404):
        iam.detach_role_policy(RoleName=name, PolicyArn=READ_ONLY)


@check("a policy that does not exist cannot be attached, nor an AWS policy without its path")
def _():
    name = new_role()["RoleName"]
    for arn in (f"arn:aws:iam::{ACCOUNT}:policy/none", "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicy"):
        with refused("NoSuchEntity", 404):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy")


@check("an eleventh managed policy exceeds PoliciesPerRole")
def _():
    name = new_role()["RoleName"]
    arns = [policy["Arn"] for policy in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    with refused("LimitExceeded", 409, "Cannot exceed quota for PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName=name, PolicyArn=arns[10])


@check("lists of a role's own policies page by MaxItems and Marker")
def _():
    name = new_role()["RoleName"]
    for policy in ("a", "b", "c"):
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=permissions())
    first = iam.list_role_policies(RoleName=name, MaxItems=2)
    equal((first["PolicyNames"], first["IsTruncated"]), (["a", "b"], True))
    rest = iam.list_role_policies(RoleName=name, MaxItems=2, Marker=first["Marker"])
    equal((rest["PolicyNames"], rest["IsTruncated"]), (["c"], False))


@check("role tags are added, replaced and removed, and their keys do not differ by case")
def _():
    name = new_role(Tags=[{"Key": "Team", "Value": "a"}])["RoleName"]
    iam.tag_role(RoleName=name, Tags=[{"Key": "team", "Value": "b"}, {"Key": "empty", "Value": ""}])
    tags = {tag["Key"].lower(): tag["Value"] for tag in iam.list_role_tags(RoleName=name)["Tags"]}
    equal(tags, {"team": "b", "empty": ""})
    iam.untag_role(RoleName=name, TagKeys=["TEAM", "never-there"])
    equal(iam.list_role_tags(RoleName=name)["Tags"], [{"Key": "empty", "Value": ""}])


@check("a role has at most 50 tags; keys over 128, values over 256 and strange characters are ValidationError")
def _():
    name = new_role(Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(50)])["RoleName"]
    with refused("LimitExceeded", 409):
        iam.tag_role(RoleName=name, Tags=[{"Key": "one-more", "Value": "v"}])
    for key, value in (("k" * 129, "v"), ("k", "v" * 257), ("k!", "v"), ("", "v")):
        with refused("ValidationError", 400):
            new_role(RoleName=unique("role"), Tags=[{"Key": key, "Value": value}])


@check("two tag keys in one request that differ only by case are InvalidInput")
def _():
    with refused("InvalidInput", 400):
        new_role(Tags=[{"Key": "team", "Value": "a"}, {"Key": "Team", "Value": "b"}])
