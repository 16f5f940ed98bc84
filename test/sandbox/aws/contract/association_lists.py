"""Lists of associations: what they show, filters, pages; tags; DescribeCluster."""

from suite import (
    ACCOUNT, CLUSTER, REGION, by_id, check, eks, equal, new_association, new_role, refused, true, unique,
)


@check("a list shows six members at most, and neither role nor tags nor times")
def _():
    made = new_association(tags={"a": "b"}, targetRoleArn=f"arn:aws:iam::{ACCOUNT}:role/x")
    [summary] = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=made["namespace"])["associations"]
    names = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")
    equal(summary, {name: made[name] for name in names})


@check("a list can be held to a namespace, a ServiceAccount, or both")
def _():
    namespace, account, role = unique("ns"), unique("sa"), new_role()["Arn"]
    for pair in ((namespace, account), (namespace, "app"), (unique("ns"), account)):
        new_association(namespace=pair[0], serviceAccount=pair[1], roleArn=role)

    def count(**filters):
        return len(eks.list_pod_identity_associations(clusterName=CLUSTER, **filters)["associations"])

    equal(count(namespace=namespace), 2, "in the namespace")
    equal(count(serviceAccount=account), 2, "of the ServiceAccount")
    equal(count(namespace=namespace, serviceAccount=account), 1, "of both")
    equal(count(namespace=unique("empty")), 0, "of an empty namespace")


@check("pages hold what was asked for, every association once, and the last has no token")
def _():
    namespace, role = unique("ns"), new_role()["Arn"]
    ids = {new_association(namespace=namespace, serviceAccount=f"s{n}", roleArn=role)["associationId"] for n in range(7)}
    seen, sizes, token = [], [], {}
    while True:
        page = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=namespace, maxResults=3, **token)
        seen += [summary["associationId"] for summary in page["associations"]]
        sizes.append(len(page["associations"]))
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    equal(sizes, [3, 3, 1], "page sizes")
    equal((len(seen), set(seen)), (7, ids), "associations over all pages")


@check("a page has 100 associations where nothing else is asked, and as many is a full last page")
def _():
    namespace, role = unique("ns"), new_role()["Arn"]
    for number in range(101):
        new_association(namespace=namespace, serviceAccount=f"s{number}", roleArn=role)
    first = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=namespace)
    equal(len(first["associations"]), 100)
    rest = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=namespace, nextToken=first["nextToken"])
    equal(len(rest["associations"]), 1)
    gone = {"clusterName": CLUSTER, "associationId": rest["associations"][0]["associationId"]}
    eks.delete_pod_identity_association(**gone)
    only = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=namespace)
    true(len(only["associations"]) == 100 and "nextToken" not in only, "exactly one page")


@check("maxResults below 1 or above 100, and a made-up token, are InvalidParameterException")
def _():
    for bad in ({"maxResults": 0}, {"maxResults": 101}, {"nextToken": "made-up"}):
        with refused("InvalidParameterException", 400):
            eks.list_pod_identity_associations(clusterName=CLUSTER, **bad)


@check("TagResource adds and replaces tags, UntagResource removes them, ListTagsForResource shows them")
def _():
    made = new_association(tags={"a": "1", "b": "2"})
    arn = made["associationArn"]
    eks.tag_resource(resourceArn=arn, tags={"b": "3", "podidentity.io/owner": "x"})
    equal(eks.list_tags_for_resource(resourceArn=arn)["tags"], {"a": "1", "b": "3", "podidentity.io/owner": "x"})
    eks.untag_resource(resourceArn=arn, tagKeys=["a", "b"])
    now = eks.describe_pod_identity_association(**by_id(made))["association"]
    equal(now["tags"], {"podidentity.io/owner": "x"})


@check("tag calls on an unknown association are NotFoundException, on something else BadRequestException")
def _():
    unknown = f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{CLUSTER}/a-aaaaaaaaaaaaaaaaa"
    for arn, code, status in ((unknown, "NotFoundException", 404), ("nonsense", "BadRequestException", 400)):
        for call in (
            lambda arn=arn: eks.tag_resource(resourceArn=arn, tags={"a": "b"}),
            lambda arn=arn: eks.untag_resource(resourceArn=arn, tagKeys=["a"]),
            lambda arn=arn: eks.list_tags_for_resource(resourceArn=arn),
        ):
            with refused(code, status):
                call()


@check("tags are refused with the aws: prefix, keys over 128 and values over 256 characters, and more than 50")
def _():
    role, made = new_role()["Arn"], new_association()
    bad = ({"aws:x": "y"}, {"k" * 129: "v"}, {"k": "v" * 257}, {f"k{n}": "v" for n in range(51)})
    for tags in bad:
        with refused("InvalidParameterException", 400):
            new_association(roleArn=role, tags=tags)
        with refused("BadRequestException", 400):
            eks.tag_resource(resourceArn=made["associationArn"], tags=tags)
    new_association(roleArn=role, tags={"k" * 128: "v" * 256, **{f"k{n}": "" for n in range(49)}})


@check("DescribeCluster shows name, ARN, status, version and the issuer of ServiceAccount tokens")
def _():
    cluster = eks.describe_cluster(name=CLUSTER)["cluster"]
    equal(cluster["arn"], f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}", "ARN")
    equal((cluster["name"], cluster["status"]), (CLUSTER, "ACTIVE"))
    true(cluster["identity"]["oidc"]["issuer"].startswith("https://"), "issuer")
    true(cluster["version"].count(".") == 1, "version")


@check("an unknown cluster is ResourceNotFoundException with EKS's text in DescribeCluster")
def _():
    with refused("ResourceNotFoundException", 404, "No cluster found for name: nowhere."):
        eks.describe_cluster(name="nowhere")
