"""Managed policies and their versions, the bulk read of the account, and who the caller is."""

import json

from suite import ACCOUNT, check, equal, iam, new_role, permissions, refused, sts, true, unique


def new_policy(**parameters):
    wanted = {"PolicyName": unique("policy"), "PolicyDocument": permissions(), **parameters}
    return iam.create_policy(**wanted)["Policy"]


def fits(policy):
    return {"PolicyArn": policy["Arn"]}


@check("a managed policy can be created, read, listed and deleted")
def _():
    policy = new_policy(Path="/team/")
    equal(policy["Arn"], f"arn:aws:iam::{ACCOUNT}:policy/team/{policy['PolicyName']}")
    read = iam.get_policy(**fits(policy))["Policy"]
    equal((read["DefaultVersionId"], read["AttachmentCount"], read["IsAttachable"]), ("v1", 0, True))
    listed = iam.list_policies(Scope="Local", PathPrefix="/team/", MaxItems=1000)["Policies"]
    true(policy["Arn"] in [one["Arn"] for one in listed], "listed")
    iam.delete_policy(**fits(policy))
    with refused("NoSuchEntity", 404):
        iam.get_policy(**fits(policy))


@check("a policy name that is taken is EntityAlreadyExists, a document over 6,144 characters LimitExceeded")
def _():
    policy = new_policy()
    with refused("EntityAlreadyExists", 409):
        new_policy(PolicyName=policy["PolicyName"])
    with refused("LimitExceeded", 409):
        new_policy(PolicyDocument=permissions(resource="x" * 6144))
    with refused("MalformedPolicyDocument", 400):
        new_policy(PolicyDocument="{}")


@check("a policy has five versions at most, and its default version cannot be deleted")
def _():
    policy = new_policy()
    for number in range(2, 6):
        document = permissions(f"s3:Get{number}")
        made = iam.create_policy_version(**fits(policy), PolicyDocument=document, SetAsDefault=number == 5)
        equal(made["PolicyVersion"]["VersionId"], f"v{number}")
    with refused("LimitExceeded", 409):
        iam.create_policy_version(**fits(policy), PolicyDocument=permissions())
    equal(iam.get_policy(**fits(policy))["Policy"]["DefaultVersionId"], "v5")
    with refused("DeleteConflict", 409):
        iam.delete_policy_version(**fits(policy), VersionId="v5")
    with refused("DeleteConflict", 409):
        iam.delete_policy(**fits(policy))
    iam.set_default_policy_version(**fits(policy), VersionId="v2")
    iam.delete_policy_version(**fits(policy), VersionId="v5")
    made = iam.create_policy_version(**fits(policy), PolicyDocument=permissions())
    equal(made["PolicyVersion"]["VersionId"], "v6", "ids are not used twice")
    version = iam.get_policy_version(**fits(policy), VersionId="v2")["PolicyVersion"]
    equal((version["Document"], version["IsDefaultVersion"]), (json.loads(permissions("s3:Get2")), True))
    versions = [one["VersionId"] for one in iam.list_policy_versions(**fits(policy))["Versions"]]
    equal(sorted(versions), ["v1", "v2", "v3", "v4", "v6"])
    with refused("NoSuchEntity", 404):
        iam.get_policy_version(**fits(policy), VersionId="v5")


@check("an attached policy is DeleteConflict, and ListEntitiesForPolicy names the role")
def _():
    policy, role = new_policy(), new_role()
    iam.attach_role_policy(RoleName=role["RoleName"], **fits(policy))
    with refused("DeleteConflict", 409):
        iam.delete_policy(**fits(policy))
    entities = iam.list_entities_for_policy(**fits(policy))
    equal(entities["PolicyRoles"], [{"RoleName": role["RoleName"], "RoleId": role["RoleId"]}])
    equal(iam.get_policy(**fits(policy))["Policy"]["AttachmentCount"], 1)
    iam.detach_role_policy(RoleName=role["RoleName"], **fits(policy))
    equal(iam.list_entities_for_policy(**fits(policy))["PolicyRoles"], [])
    iam.delete_policy(**fits(policy))


@check("AWS's own policies are listed by Scope=AWS, some below a path, and cannot be changed")
def _():
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 20})
    by_name = {policy["PolicyName"]: policy["Arn"] for page in pages for policy in page["Policies"]}
    equal(by_name["AmazonS3ReadOnlyAccess"], "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    equal(by_name["AmazonEBSCSIDriverPolicy"], "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy")
    true(len(by_name) > 30, "a few dozen")
    local = iam.list_policies(Scope="Local", MaxItems=1000)["Policies"]
    true(all(":iam::aws:" not in policy["Arn"] for policy in local), "none of AWS's among the account's")


@check("all policies together page without a gap between the account's and AWS's")
def _():
    new_policy()
    sizes = {scope: len(iam.list_policies(Scope=scope, MaxItems=1000)["Policies"]) for scope in ("AWS", "Local", "All")}
    equal(sizes["All"], sizes["AWS"] + sizes["Local"])
    for size in (1, sizes["Local"]):
        pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": size})
        arns = [policy["Arn"] for page in pages for policy in page["Policies"]]
        equal((len(arns), len(set(arns))), (sizes["All"], sizes["All"]), f"policies in pages of {size}")


@check("GetAccountAuthorizationDetails shows roles with documents, tags and boundary, without description and duration")
def _():
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    role = new_role(Description="d", Tags=[{"Key": "a", "Value": "b"}], PermissionsBoundary=boundary)
    name = role["RoleName"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=permissions())
    iam.attach_role_policy(RoleName=name, PolicyArn=boundary)
    pages = iam.get_paginator("get_account_authorization_details").paginate(
        Filter=["Role"], PaginationConfig={"PageSize": 5}
    )
    details = [one for page in pages for one in page["RoleDetailList"]]
    equal(len(details), len({one["Arn"] for one in details}), "each role once")
    [detail] = [one for one in details if one["RoleName"] == name]
    equal(detail["AssumeRolePolicyDocument"], role["AssumeRolePolicyDocument"])
    equal(detail["RolePolicyList"], [{"PolicyName": "p", "PolicyDocument": json.loads(permissions())}])
    equal(detail["AttachedManagedPolicies"], [{"PolicyName": "ReadOnlyAccess", "PolicyArn": boundary}])
    equal(detail["Tags"], [{"Key": "a", "Value": "b"}])
    equal(detail["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary)
    equal(detail["RoleId"], role["RoleId"])
    true("Description" not in detail and "MaxSessionDuration" not in detail, "left out")


@check("GetAccountAuthorizationDetails shows the account's policies with all versions")
def _():
    policy = new_policy()
    iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=permissions("s3:List*"))
    pages = iam.get_paginator("get_account_authorization_details").paginate(Filter=["LocalManagedPolicy"])
    details = [one for page in pages for one in page["Policies"] if one["Arn"] == policy["Arn"]]
    equal(sorted(one["VersionId"] for one in details[0]["PolicyVersionList"]), ["v1", "v2"])


@check("GetAccountAuthorizationDetails without a filter shows every role and policy once, page by page")
def _():
    policy, role = new_policy(), new_role()
    iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
    roles = [one["Arn"] for page in iam.get_paginator("list_roles").paginate() for one in page["Roles"]]
    for size in (1, 7, len(roles)):
        bulk = iam.get_paginator("get_account_authorization_details")
        pages = list(bulk.paginate(PaginationConfig={"PageSize": size}))
        equal(sorted(one["Arn"] for page in pages for one in page["RoleDetailList"]), sorted(roles))
        arns = [one["Arn"] for page in pages for one in page["Policies"]]
        equal(len(arns), len(set(arns)), "each policy once")
        true(policy["Arn"] in arns and "arn:aws:iam::aws:policy/SecurityAudit" in arns, "own and attached policies")


@check("GetCallerIdentity shows the account")
def _():
    caller = sts.get_caller_identity()
    equal(caller["Account"], ACCOUNT)
    true(caller["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/"), caller["Arn"])
