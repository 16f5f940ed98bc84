"""EKS add-ons: catalogue, create, describe, update, list, delete, and the associations that they own."""

import json
import re
import time
from contextlib import contextmanager

from suite import ACCOUNT, CLUSTER, REGION, by_id, check, eks, equal, new_association, new_role, refused, true, trust, unique

CNI = {"clusterName": CLUSTER, "addonName": "vpc-cni"}
EFS = {"clusterName": CLUSTER, "addonName": "aws-efs-csi-driver"}
ACCOUNTS = ("efs-csi-controller-sa", "efs-csi-node-sa")


def identity(service_account="aws-node", role=None):
    return {"serviceAccount": service_account, "roleArn": role or new_role()["Arn"]}


@contextmanager
def addon(**wanted):
    """An add-on that is ACTIVE, and gone afterwards."""
    eks.create_addon(**wanted)
    try:
        yield settled(wanted)
    finally:
        remove(wanted)


def one(wanted):
    return {"clusterName": wanted["clusterName"], "addonName": wanted["addonName"]}


def settled(wanted):
    """Its record once EKS is done with it."""
    for _ in range(100):
        shown = eks.describe_addon(**one(wanted))["addon"]
        if shown["status"] not in ("CREATING", "UPDATING", "DELETING"):
            return shown
        time.sleep(0.05)
    raise AssertionError(f"{wanted['addonName']} stays {shown['status']}")


def remove(wanted, **more):
    eks.delete_addon(**one(wanted), **more)
    for _ in range(100):
        if wanted["addonName"] not in eks.list_addons(clusterName=wanted["clusterName"])["addons"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"{wanted['addonName']} is not gone")


def owned(shown):
    """ServiceAccount → role of the associations that the add-on lists."""
    ids = [arn.rsplit("/", 1)[1] for arn in shown.get("podIdentityAssociations", [])]
    records = [by_id({"associationId": name}) for name in ids]
    found = [eks.describe_pod_identity_association(**record)["association"] for record in records]
    return {entry["serviceAccount"]: entry["roleArn"] for entry in found}


@check("describe-addon-versions of vpc-cni for 1.30 shows the default v1.19.0-eksbuild.1, which needs IAM permissions")
def _():
    found = eks.describe_addon_versions(addonName="vpc-cni", kubernetesVersion="1.30")["addons"]
    equal([entry["addonName"] for entry in found], ["vpc-cni"])
    defaults = [v for v in found[0]["addonVersions"] if v["compatibilities"][0]["defaultVersion"]]
    equal([v["addonVersion"] for v in defaults], ["v1.19.0-eksbuild.1"], "default versions")
    true(defaults[0]["requiresIamPermissions"], "requiresIamPermissions")
    equal([c["clusterVersion"] for c in defaults[0]["compatibilities"]], ["1.30"])
    equal((found[0]["owner"], found[0]["publisher"]), ("aws", "eks"))


@check("describe-addon-versions has pages, and repeats the key of a list in its query")
def _():
    pages = list(eks.get_paginator("describe_addon_versions").paginate(PaginationConfig={"PageSize": 2}))
    true(len(pages) > 1, "more than one page")
    true("nextToken" not in pages[-1], "no token on the last page")
    types = eks.describe_addon_versions(types=["storage", "security"])["addons"]
    equal({entry["type"] for entry in types}, {"storage", "security"})


@check("describe-addon-configuration of vpc-cni recommends AmazonEKS_CNI_Policy for aws-node, and has a JSON schema")
def _():
    found = eks.describe_addon_configuration(addonName="vpc-cni", addonVersion="v1.19.0-eksbuild.1")
    equal(found["podIdentityConfiguration"], [{
        "serviceAccount": "aws-node",
        "recommendedManagedPolicies": ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"],
    }])
    equal(json.loads(found["configurationSchema"])["type"], "object")
    with refused("InvalidParameterException", 400):
        eks.describe_addon_configuration(addonName="vpc-cni", addonVersion="v0.0.1-eksbuild.1")


@check("a new add-on is CREATING, then ACTIVE, with an ARN that ends in its name and a UUID")
def _():
    made = eks.create_addon(**CNI, tags={"team": "net"})["addon"]
    equal(made["status"], "CREATING")
    prefix = re.escape(f"arn:aws:eks:{REGION}:{ACCOUNT}:addon/{CLUSTER}/vpc-cni/")
    true(re.fullmatch(prefix + r"[0-9a-f-]{36}", made["addonArn"]), made["addonArn"])
    shown = settled(CNI)
    equal((shown["status"], shown["health"], shown["tags"]), ("ACTIVE", {"issues": []}, {"team": "net"}))
    with refused("ResourceInUseException", 409, "Addon already exists."):
        eks.create_addon(**CNI)
    remove(CNI)


@check("the waiters AddonActive and AddonDeleted see an add-on come and go")
def _():
    eks.create_addon(**CNI)
    eks.get_waiter("addon_active").wait(**CNI, WaiterConfig={"Delay": 0, "MaxAttempts": 100})
    eks.delete_addon(**CNI)
    eks.get_waiter("addon_deleted").wait(**CNI, WaiterConfig={"Delay": 0, "MaxAttempts": 100})


@check("an add-on that is not there is ResourceNotFoundException with EKS's text on every call")
def _():
    text = f"No addon: vpc-cni found in cluster: {CLUSTER}"
    for call in (eks.describe_addon, eks.update_addon, eks.delete_addon):
        with refused("ResourceNotFoundException", 404, text):
            call(**CNI)


@check("an add-on of an unknown cluster is ResourceNotFoundException with EKS's text")
def _():
    for call in (eks.create_addon, eks.describe_addon, eks.update_addon, eks.delete_addon):
        with refused("ResourceNotFoundException", 404, "No cluster found for name: nowhere."):
            call(clusterName="nowhere", addonName="vpc-cni")


@check("a version that the cluster cannot have is InvalidParameterException with EKS's text")
def _():
    with refused("InvalidParameterException", 400, "Addon version specified is not supported"):
        eks.create_addon(**CNI, addonVersion="v9.9.9-eksbuild.1")


@check("configuration values are checked against the schema, in EKS's words")
def _():
    start = "ConfigurationValue provided in request is not supported: Json schema validation failed with error: "
    unknown = "is not defined in the schema and the schema does not allow additional properties"
    with refused("InvalidParameterException", 400, f"{start}[$.nodeSelector: {unknown}]"):
        eks.create_addon(**CNI, configurationValues='{"nodeSelector": {}}')
    with refused("InvalidParameterException", 400, f"{start}[$.enableNetworkPolicy: boolean found, string expected]"):
        eks.create_addon(**CNI, configurationValues='{"enableNetworkPolicy": true}')


@check("identities of an add-on are associations with the add-on as owner, listed by their ARNs")
def _():
    role = new_role()["Arn"]
    with addon(**CNI, podIdentityAssociations=[identity(role=role)]) as shown:
        equal(owned(shown), {"aws-node": role})
        listed = eks.list_pod_identity_associations(
            clusterName=CLUSTER, namespace="kube-system", serviceAccount="aws-node")["associations"]
        equal([(entry["associationArn"], entry["ownerArn"]) for entry in listed],
              [(shown["podIdentityAssociations"][0], shown["addonArn"])])


@check("an add-on version without Pod Identity is InvalidParameterException with EKS's text")
def _():
    version = "v1.16.4-eksbuild.2"
    text = f"Pod Identity feature is not supported for addon version: {version}"
    with refused("InvalidParameterException", 400, text):
        eks.create_addon(**CNI, addonVersion=version, podIdentityAssociations=[identity()])


@check("a ServiceAccount that the add-on does not have is InvalidParameterException with EKS's text")
def _():
    text = "Service account vpc-cni in pod identity configuration is not supported for addon vpc-cni"
    with refused("InvalidParameterException", 400, text):
        eks.create_addon(**CNI, podIdentityAssociations=[identity("vpc-cni")])


@check("an add-on's role is checked as an association's is")
def _():
    missing = f"arn:aws:iam::{ACCOUNT}:role/{unique('missing')}"
    with refused("InvalidParameterException", 400, "Role provided in the request does not exist."):
        eks.create_addon(**CNI, podIdentityAssociations=[identity(role=missing)])
    other = new_role(AssumeRolePolicyDocument=trust(service="ec2.amazonaws.com"))["Arn"]
    with refused("InvalidParameterException", 400, "Trust policy of the role provided is invalid."):
        eks.create_addon(**CNI, podIdentityAssociations=[identity(role=other)])


@check("an add-on does not take over an association that exists (the code is not verified)")
def _():
    made = new_association(namespace="kube-system", serviceAccount="aws-node")
    with refused("ResourceInUseException", 409):
        eks.create_addon(**CNI, podIdentityAssociations=[identity()])
    eks.delete_pod_identity_association(**by_id(made))
    equal(eks.list_addons(clusterName=CLUSTER)["addons"], [])


@check("an update without identities leaves them, with some replaces the whole set, with none deletes them")
def _():
    roles = [new_role()["Arn"] for _ in ACCOUNTS]
    wanted = [identity(account, role) for account, role in zip(ACCOUNTS, roles)]
    with addon(**EFS, podIdentityAssociations=wanted) as shown:
        equal(owned(shown), dict(zip(ACCOUNTS, roles)))
        eks.update_addon(**EFS, configurationValues='{"useFIPS": true}')
        equal(owned(settled(EFS)), dict(zip(ACCOUNTS, roles)), "identities after an update without them")
        eks.update_addon(**EFS, podIdentityAssociations=[identity(ACCOUNTS[1], roles[0])])
        equal(owned(settled(EFS)), {ACCOUNTS[1]: roles[0]}, "identities after an update with one")
        eks.update_addon(**EFS, podIdentityAssociations=[])
        equal(owned(settled(EFS)), {}, "identities after an update with an empty list")


@check("an update is InProgress, then Successful, and found by its id and the add-on's name")
def _():
    with addon(**CNI):
        update = eks.update_addon(**CNI, addonVersion="v1.21.1-eksbuild.1", resolveConflicts="OVERWRITE")["update"]
        equal((update["status"], update["type"], update["errors"]), ("InProgress", "AddonUpdate", []))
        equal({p["type"]: p["value"] for p in update["params"]},
              {"AddonVersion": "v1.21.1-eksbuild.1", "ResolveConflicts": "OVERWRITE"})
        equal(settled(CNI)["addonVersion"], "v1.21.1-eksbuild.1")
        asked = {"name": CLUSTER, "updateId": update["id"]}
        equal(eks.describe_update(**asked, addonName="vpc-cni")["update"]["status"], "Successful")
        with refused("ResourceNotFoundException", 404):
            eks.describe_update(**asked)


@check("the token of a create gives the same add-on again, that of an update the same update")
def _():
    token = unique("token")
    first = eks.create_addon(**CNI, clientRequestToken=token)["addon"]
    equal(eks.create_addon(**CNI, clientRequestToken=token)["addon"]["addonArn"], first["addonArn"])
    settled(CNI)
    second = eks.update_addon(**CNI, clientRequestToken=token + "2")["update"]
    equal(eks.update_addon(**CNI, clientRequestToken=token + "2")["update"]["id"], second["id"])
    settled(CNI)
    remove(CNI)


@check("an add-on is tagged by its ARN")
def _():
    with addon(**CNI, tags={"a": "1"}) as shown:
        arn = shown["addonArn"]
        eks.tag_resource(resourceArn=arn, tags={"b": "2"})
        eks.untag_resource(resourceArn=arn, tagKeys=["a"])
        equal(eks.list_tags_for_resource(resourceArn=arn)["tags"], {"b": "2"})
        equal(settled(CNI)["tags"], {"b": "2"})


@check("the delete of an add-on deletes its associations; with preserve they stay")
def _():
    with addon(**CNI, podIdentityAssociations=[identity()]):
        pass
    asked = {"clusterName": CLUSTER, "namespace": "kube-system", "serviceAccount": "aws-node"}
    equal(eks.list_pod_identity_associations(**asked)["associations"], [])
    eks.create_addon(**CNI, podIdentityAssociations=[identity()])
    settled(CNI)
    remove(CNI, preserve=True)
    left = eks.list_pod_identity_associations(**asked)["associations"]
    equal(len(left), 1, "number of associations that are left")
    eks.delete_pod_identity_association(**by_id(left[0]))


@check("add-ons are listed by name, page by page")
def _():
    with addon(clusterName=CLUSTER, addonName="coredns"), addon(**CNI):
        pages = list(eks.get_paginator("list_addons").paginate(clusterName=CLUSTER, PaginationConfig={"PageSize": 1}))
        equal([page["addons"] for page in pages], [["coredns"], ["vpc-cni"]])
        with refused("InvalidParameterException", 400):
            eks.list_addons(clusterName=CLUSTER, maxResults=101)
