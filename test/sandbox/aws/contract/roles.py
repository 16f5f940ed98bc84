"""IAM roles: create, read, change, list, delete, and their trust policies."""

import json
import re

from suite import ACCOUNT, check, equal, iam, new_role, refused, true, trust, unique

TRUST_NAMING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}


@check("a new role has an AROA id, an ARN with its path, its trust policy, description, duration, boundary and tags")
def _():
    name = unique("role")
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    role = iam.create_role(
        RoleName=name, Path="/podidentity/", AssumeRolePolicyDocument=trust(), MaxSessionDuration=7200,
        Description="reads <a> & \"b\"", PermissionsBoundary=boundary, Tags=[{"Key": "team", "Value": "a/b"}],
    )["Role"]
    true(re.fullmatch(r"AROA[A-Z0-9]{17}", role["RoleId"]), role["RoleId"])
    equal(role["Arn"], f"arn:aws:iam::{ACCOUNT}:role/podidentity/{name}")
    read = iam.get_role(RoleName=name)["Role"]
    for shown in (role, read):
        equal(shown["AssumeRolePolicyDocument"], json.loads(trust()), "trust policy")
        equal((shown["Path"], shown["Description"]), ("/podidentity/", "reads <a> & \"b\""))
        equal(shown["MaxSessionDuration"], 7200)
        equal(shown["Tags"], [{"Key": "team", "Value": "a/b"}])
        kind = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": boundary}
        equal(shown["PermissionsBoundary"], kind, "boundary")


@check("role names are unique without regard to case and path, and found without regard to case")
def _():
    role = new_role(RoleName=unique("Mixed"), Path="/a/")
    other = role["RoleName"].upper()
    with refused("EntityAlreadyExists", 409, f"Role with name {other} already exists."):
        new_role(RoleName=other, Path="/b/")
    equal(iam.get_role(RoleName=other)["Role"]["RoleName"], role["RoleName"])


@check("an unknown role is NoSuchEntity with IAM's text on every role call")
def _():
    name, arn = unique("missing"), "arn:aws:iam::aws:policy/ReadOnlyAccess"
    document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    calls = {
        "get_role": {}, "delete_role": {}, "update_role": {"Description": "x"}, "list_role_policies": {},
        "list_attached_role_policies": {}, "list_role_tags": {}, "delete_role_permissions_boundary": {},
        "update_assume_role_policy": {"PolicyDocument": trust()}, "tag_role": {"Tags": [{"Key": "a", "Value": "b"}]},
        "untag_role": {"TagKeys": ["a"]}, "attach_role_policy": {"PolicyArn": arn},
        "detach_role_policy": {"PolicyArn": arn}, "put_role_policy": {"PolicyName": "p", "PolicyDocument": document},
        "get_role_policy": {"PolicyName": "p"}, "delete_role_policy": {"PolicyName": "p"},
        "put_role_permissions_boundary": {"PermissionsBoundary": arn}, "list_instance_profiles_for_role": {},
    }
    for operation, parameters in calls.items():
        with refused("NoSuchEntity", 404, f"The role with name {name} cannot be found."):
            getattr(iam, operation)(RoleName=name, **parameters)


@check("role names of 64 characters are taken, longer ones and other characters are ValidationError")
def _():
    new_role(RoleName=unique("r").ljust(64, "x"))
    for name in ("x" * 65, "a/b", "a b", ""):
        with refused("ValidationError", 400):
            new_role(RoleName=name)


@check("a path, a duration or a description out of IAM's bounds is ValidationError")
def _():
    for bad in (
        {"Path": "podidentity"}, {"Path": "/a"}, {"MaxSessionDuration": 3599}, {"MaxSessionDuration": 43201},
        {"Description": "x" * 1001}, {"Description": "em dash \u2014"},
    ):
        with refused("ValidationError", 400):
            new_role(**bad)


@check("a trust policy that is no JSON, has a Resource or lacks its Principal is MalformedPolicyDocument")
def _():
    with refused("MalformedPolicyDocument", 400):
        new_role(AssumeRolePolicyDocument="{")
    with refused("MalformedPolicyDocument", 400, "Has prohibited field Resource"):
        new_role(AssumeRolePolicyDocument=trust(Resource="*"))
    with refused("MalformedPolicyDocument", 400):
        new_role(AssumeRolePolicyDocument=json.dumps(TRUST_NAMING))
    role = new_role()
    with refused("MalformedPolicyDocument", 400):
        iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=json.dumps(TRUST_NAMING))


@check("a trust policy of more than 2,048 characters exceeds ACLSizePerRole")
def _():
    fill = 2048 - len(trust(Sid=""))
    new_role(AssumeRolePolicyDocument=trust(Sid="x" * fill))
    with refused("LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 2048"):
        new_role(AssumeRolePolicyDocument=trust(Sid="x" * (fill + 1)))


@check("UpdateAssumeRolePolicy replaces the trust policy")
def _():
    role, other = new_role(), trust(service="ec2.amazonaws.com")
    iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=other)
    equal(iam.get_role(RoleName=role["RoleName"])["Role"]["AssumeRolePolicyDocument"], json.loads(other))


@check("UpdateRole changes what it names and leaves the rest; UpdateRoleDescription answers with the role")
def _():
    name = new_role(Description="old", MaxSessionDuration=7200)["RoleName"]
    iam.update_role(RoleName=name, Description="new")
    role = iam.get_role(RoleName=name)["Role"]
    equal((role["Description"], role["MaxSessionDuration"]), ("new", 7200))
    equal(iam.update_role_description(RoleName=name, Description="third")["Role"]["Description"], "third")


@check("a boundary can be put and deleted, must exist, and does not keep a role from being deleted")
def _():
    name = new_role()["RoleName"]
    with refused("NoSuchEntity", 404):
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/none")
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    equal(iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary)
    iam.delete_role_permissions_boundary(RoleName=name)
    true("PermissionsBoundary" not in iam.get_role(RoleName=name)["Role"], "boundary is gone")
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    iam.delete_role(RoleName=name)


@check("ListRoles filters by path and shows description and duration, but neither tags nor boundary")
def _():
    path = f"/{unique('path')}/"
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    tags = [{"Key": "a", "Value": "b"}]
    new_role(Path=path, Description="d", MaxSessionDuration=7200, Tags=tags, PermissionsBoundary=boundary)
    new_role(Path=f"{path}below/")
    roles = [role for role in iam.list_roles(PathPrefix=path)["Roles"]]
    equal(sorted(role["Path"] for role in roles), [path, f"{path}below/"])
    for role in roles:
        true(not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & role.keys(), "left out in lists")
    [described] = [role for role in roles if role["Path"] == path]
    equal((described["Description"], described["MaxSessionDuration"]), ("d", 7200))


@check("ListRoles pages by MaxItems and Marker, every role once")
def _():
    path = f"/{unique('path')}/"
    names = {new_role(Path=path)["RoleName"] for _ in range(5)}
    pages = iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": 2})
    sizes, seen = [], []
    for page in pages:
        sizes.append(len(page["Roles"]))
        seen += [role["RoleName"] for role in page["Roles"]]
        equal(page["IsTruncated"], len(sizes) < 3, "IsTruncated")
    equal((sizes, len(seen), set(seen)), ([2, 2, 1], 5, names))
    for bad in (0, 1001):
        with refused("ValidationError", 400):
            iam.list_roles(MaxItems=bad)


@check("a role with policies or in an instance profile is DeleteConflict with IAM's texts, and then deletable")
def _():
    name, profile = new_role()["RoleName"], unique("profile")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    with refused("DeleteConflict", 409, "Cannot delete entity, must detach all policies first."):
        iam.delete_role(RoleName=name)
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    with refused("DeleteConflict", 409, "Cannot delete entity, must delete policies first."):
        iam.delete_role(RoleName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=name)
    equal(iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"][0]["InstanceProfileName"], profile)
    with refused("DeleteConflict", 409):
        iam.delete_role(RoleName=name)
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=name)
    iam.delete_instance_profile(InstanceProfileName=profile)
    iam.delete_role(RoleName=name)
