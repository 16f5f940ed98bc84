"""What an update of an association changes, leaves, clears and refuses; target roles and session policies."""

import json

from suite import (
    ACCOUNT, CLUSTER, REGION, by_id, check, eks, equal, new_association, new_role, refused, true, trust,
)

TARGET = "arn:aws:iam::999999999999:role/target"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def update(association, **changes):
    return eks.update_pod_identity_association(**by_id(association), **changes)["association"]


@check("an update of the role changes the role and the time of modification, and nothing else")
def _():
    made, role = new_association(tags={"a": "b"}), new_role()
    changed = update(made, roleArn=role["Arn"])
    equal(changed["roleArn"], role["Arn"])
    true(changed["modifiedAt"] >= made["modifiedAt"], "modifiedAt goes forward")
    same = [name for name in made if name not in ("roleArn", "modifiedAt")]
    equal({name: changed[name] for name in same}, {name: made[name] for name in same})


@check("an update that names nothing to change is refused")
def _():
    with refused("InvalidParameterException", 400):
        update(new_association())


@check("an update checks the new role as a create does")
def _():
    made = new_association()
    with refused("InvalidParameterException", 400, "Role provided in the request does not exist."):
        update(made, roleArn=f"arn:aws:iam::{ACCOUNT}:role/missing")
    bad = new_role(AssumeRolePolicyDocument=trust(actions=["sts:AssumeRole"]))
    with refused("InvalidParameterException", 400, "Trust policy of the role provided is invalid."):
        update(made, roleArn=bad["Arn"])
    equal(eks.describe_pod_identity_association(**by_id(made))["association"], made, "after two refusals")


@check("a target role of another account is accepted, stays when left out, and is cleared with an empty text")
def _():
    made = new_association(targetRoleArn=TARGET)
    equal(made["targetRoleArn"], TARGET)
    equal(update(made, disableSessionTags=True)["targetRoleArn"], TARGET, "target role left out")
    true("targetRoleArn" not in update(made, targetRoleArn=""), "cleared")


@check("with a target role the external id is region/account/cluster/namespace/service account")
def _():
    made = new_association(targetRoleArn=TARGET)
    equal(made["externalId"], f"{REGION}/{ACCOUNT}/{CLUSTER}/{made['namespace']}/app")


@check("a session policy needs session tags to be disabled")
def _():
    with refused("InvalidParameterException", 400):
        new_association(policy=POLICY)
    made = new_association(policy=POLICY, disableSessionTags=True)
    equal(json.loads(made["policy"]), json.loads(POLICY))
    equal(made["disableSessionTags"], True)
    with refused("InvalidParameterException", 400):
        update(made, disableSessionTags=False)


@check("a session policy of more than 2,048 characters is refused")
def _():
    def of_length(length):
        text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": ""}]})
        return text.replace('"Sid": ""', f'"Sid": "{"x" * (length - len(text))}"')

    new_association(policy=of_length(2048), disableSessionTags=True)
    with refused("InvalidParameterException", 400):
        new_association(policy=of_length(2049), disableSessionTags=True)


@check("the token of an update gives the first answer again and changes nothing")
def _():
    made, role = new_association(), new_role()
    first = update(made, roleArn=role["Arn"], clientRequestToken="update-once")
    update(made, roleArn=made["roleArn"])
    equal(update(made, roleArn=role["Arn"], clientRequestToken="update-once"), first)
    now = eks.describe_pod_identity_association(**by_id(made))["association"]
    equal(now["roleArn"], made["roleArn"], "role after the replay")
