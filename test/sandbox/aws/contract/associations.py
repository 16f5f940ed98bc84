"""EKS Pod Identity associations: create, describe, list, update, delete."""

import re

from suite import (
    ACCOUNT, CLUSTER, REGION, by_id, check, eks, equal, iam, new_association, new_role, refused, true,
    trust, unique,
)

NO_ROLE = "Role provided in the request does not exist."
BAD_TRUST = "Trust policy of the role provided is invalid."


@check("a new association has an id of a- and 17 letters or digits, its ARN, and times in seconds")
def _():
    made = new_association(tags={"team": "payments"})
    true(re.fullmatch(r"a-[0-9a-z]{17}", made["associationId"]), made["associationId"])
    prefix = f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{CLUSTER}/"
    equal(made["associationArn"], prefix + made["associationId"], "ARN")
    equal(made["tags"], {"team": "payments"}, "tags")
    equal(made["clusterName"], CLUSTER)
    true(made["createdAt"] == made["modifiedAt"], "made and modified at once")
    true("ownerArn" not in made and "targetRoleArn" not in made and "policy" not in made, "absent members")


@check("an association without tags shows an empty map")
def _():
    equal(new_association()["tags"], {}, "tags")


@check("Describe shows what Create answered")
def _():
    made = new_association(tags={"a": "b"})
    equal(eks.describe_pod_identity_association(**by_id(made))["association"], made)


@check("a second association for a ServiceAccount is ResourceInUseException with the id of the first")
def _():
    made = new_association()
    with refused("ResourceInUseException", 409, f"Association already exists: {made['associationId']}"):
        new_association(namespace=made["namespace"])


@check("the same ServiceAccount name in another namespace is another association")
def _():
    first, second = new_association(), new_association()
    true(first["associationId"] != second["associationId"], "two ids")


@check("neither the role's name nor its path is guessed: a role that does not exist is refused with EKS's text")
def _():
    with refused("InvalidParameterException", 400, NO_ROLE):
        new_association(roleArn=f"arn:aws:iam::{ACCOUNT}:role/{unique('missing')}")
    role = new_role(Path="/team/")
    with refused("InvalidParameterException", 400, NO_ROLE):
        new_association(roleArn=f"arn:aws:iam::{ACCOUNT}:role/{role['RoleName']}")


@check("a role below a path can be associated by its full ARN")
def _():
    role = new_role(Path="/podidentity/")
    equal(new_association(roleArn=role["Arn"])["roleArn"], role["Arn"])


@check("a role whose trust policy names another service is refused with EKS's text")
def _():
    role = new_role(AssumeRolePolicyDocument=trust(service="ec2.amazonaws.com"))
    with refused("InvalidParameterException", 400, BAD_TRUST):
        new_association(roleArn=role["Arn"])


@check("a role whose trust policy lacks sts:TagSession is refused with EKS's text")
def _():
    role = new_role(AssumeRolePolicyDocument=trust(actions=["sts:AssumeRole"]))
    with refused("InvalidParameterException", 400, BAD_TRUST):
        new_association(roleArn=role["Arn"])


@check("a role of another account, or an empty ARN, is a cross-account pass role (the code beside the text is not verified)")
def _():
    for arn in ("arn:aws:iam::999999999999:role/other", ""):
        with refused("AccessDeniedException", 403, "Cross-account pass role is not allowed"):
            new_association(roleArn=arn)


@check("create without namespace, ServiceAccount or role is InvalidParameterException")
def _():
    role = new_role()["Arn"]
    full = {"clusterName": CLUSTER, "namespace": unique("ns"), "serviceAccount": "app", "roleArn": role}
    for name in ("namespace", "serviceAccount", "roleArn"):
        with refused("InvalidParameterException", 400):
            eks.create_pod_identity_association(**{k: v for k, v in full.items() if k != name})


@check("an unknown cluster is ResourceNotFoundException with EKS's text on every association call")
def _():
    text = "No cluster found for name: nowhere."
    one = {"clusterName": "nowhere", "associationId": "a-aaaaaaaaaaaaaaaaa"}
    calls = (
        lambda: new_association(clusterName="nowhere"),
        lambda: eks.describe_pod_identity_association(**one),
        lambda: eks.update_pod_identity_association(**one, targetRoleArn=""),
        lambda: eks.delete_pod_identity_association(**one),
        lambda: eks.list_pod_identity_associations(clusterName="nowhere"),
    )
    for call in calls:
        with refused("ResourceNotFoundException", 404, text):
            call()


@check("an unknown association id is ResourceNotFoundException")
def _():
    one = {"clusterName": CLUSTER, "associationId": "a-aaaaaaaaaaaaaaaaa"}
    for call in (eks.describe_pod_identity_association, eks.delete_pod_identity_association):
        with refused("ResourceNotFoundException", 404):
            call(**one)
    with refused("ResourceNotFoundException", 404):
        eks.update_pod_identity_association(**one, targetRoleArn="")


@check("delete answers with the record that is gone, and a second delete is ResourceNotFoundException")
def _():
    made = new_association()
    equal(eks.delete_pod_identity_association(**by_id(made))["association"], made)
    with refused("ResourceNotFoundException", 404):
        eks.delete_pod_identity_association(**by_id(made))
    new_association(namespace=made["namespace"])


@check("the token of a create gives the same association again, and makes only one")
def _():
    wanted = {"namespace": unique("ns"), "roleArn": new_role()["Arn"], "clientRequestToken": unique("token")}
    first, second = new_association(**wanted), new_association(**wanted)
    equal(second, first)
    listed = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=wanted["namespace"])
    equal(len(listed["associations"]), 1, "number of associations")


@check("a role that an association uses can be deleted in IAM")
def _():
    role = new_role()
    made = new_association(roleArn=role["Arn"])
    iam.delete_role(RoleName=role["RoleName"])
    equal(eks.describe_pod_identity_association(**by_id(made))["association"]["roleArn"], role["Arn"])
