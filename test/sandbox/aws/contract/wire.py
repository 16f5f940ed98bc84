"""What is on the wire itself, under the SDKs: headers, bodies, encodings, and requests no SDK would send."""

import json
import urllib.error
import urllib.parse
import urllib.request

from suite import CLUSTER, ENDPOINT, REGION, check, equal, iam, new_association, new_role, permissions, true

IAM_NS = "https://iam.amazonaws.com/doc/2010-05-08/"


def signed(service, region=REGION):
    scope = f"AKIDEXAMPLE/20261122/{region}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


def send(method, path, headers, body=None):
    request = urllib.request.Request(ENDPOINT + path, method=method, headers=headers, data=body)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def query(headers, **form):
    return send("POST", "/", headers, urllib.parse.urlencode(form).encode())


@check("EKS errors carry their name in x-amzn-errortype, a request id, and a JSON body with message")
def _():
    status, headers, body = send("GET", "/clusters/nowhere", signed("eks"))
    equal((status, headers["x-amzn-errortype"]), (404, "ResourceNotFoundException"))
    equal(json.loads(body)["message"], "No cluster found for name: nowhere.")
    true(headers["x-amzn-requestid"], "request id")
    equal(headers["content-type"], "application/json")


@check("EKS writes times as numbers of seconds and leaves absent members out")
def _():
    made = new_association()
    path = f"/clusters/{CLUSTER}/pod-identity-associations/{made['associationId']}"
    _, _, body = send("GET", path, signed("eks"))
    association = json.loads(body)["association"]
    equal(association["createdAt"], made["createdAt"].timestamp())
    true("ownerArn" not in association and "targetRoleArn" not in association, "absent, not null")
    _, _, listed = send("GET", f"/clusters/{CLUSTER}/pod-identity-associations?namespace={made['namespace']}", signed("eks"))
    equal(list(json.loads(listed)), ["associations"], "no nextToken on the last page")


@check("EKS takes a tag resource ARN percent-encoded, and several tagKeys")
def _():
    made = new_association(tags={"a": "1", "b": "2", "c": "3"})
    arn = urllib.parse.quote(made["associationArn"], safe="")
    status, _, _ = send("DELETE", f"/tags/{arn}?tagKeys=a&tagKeys=b", signed("eks"))
    equal(status, 200)
    _, _, body = send("GET", f"/tags/{arn}", signed("eks"))
    equal(json.loads(body), {"tags": {"c": "3"}})


@check("EKS refuses a body that is no JSON object")
def _():
    for body in (b"{", b"[]", b'"x"'):
        status, _, _ = send("POST", f"/clusters/{CLUSTER}/pod-identity-associations", signed("eks"), body)
        equal(status, 400)


@check("EKS does not change tags by an update: an update with nothing but tags changes nothing and is refused")
def _():
    made = new_association(tags={"a": "1"})
    path = f"/clusters/{CLUSTER}/pod-identity-associations/{made['associationId']}"
    status, headers, _ = send("POST", path, signed("eks"), b'{"tags": {"a": "2"}}')
    equal((status, headers["x-amzn-errortype"]), (400, "InvalidParameterException"))
    _, _, body = send("GET", path, signed("eks"))
    equal(json.loads(body)["association"]["tags"], {"a": "1"})


@check("IAM answers in XML of its namespace, with a request id")
def _():
    role = new_role()
    status, _, body = query(signed("iam"), Action="GetRole", Version="2010-05-08", RoleName=role["RoleName"])
    equal(status, 200)
    true(body.startswith(f'<GetRoleResponse xmlns="{IAM_NS}"><GetRoleResult><Role>'), body[:80])
    true("<ResponseMetadata><RequestId>" in body, "request id")


@check("IAM answers void operations without a result element")
def _():
    role = new_role()
    _, _, body = query(signed("iam"), Action="DeleteRole", Version="2010-05-08", RoleName=role["RoleName"])
    true("DeleteRoleResult" not in body and "<RequestId>" in body, body)


@check("IAM encodes policy documents by RFC 3986: also quotes, parentheses, stars and exclamation marks")
def _():
    name = new_role()["RoleName"]
    document = permissions("s3:*", "arn:aws:s3:::a/(b)!'c'*")
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    form = {"Action": "GetRolePolicy", "Version": "2010-05-08", "RoleName": name, "PolicyName": "p"}
    _, _, body = query(signed("iam"), **form)
    encoded = body.split("<PolicyDocument>")[1].split("</PolicyDocument>")[0]
    equal(encoded, urllib.parse.quote(document, safe="-_.~"))


@check("IAM errors are ErrorResponse XML with type, code and message")
def _():
    status, _, body = query(signed("iam"), Action="GetRole", Version="2010-05-08", RoleName="nobody")
    equal(status, 404)
    error = "<Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name nobody cannot be found.</Message></Error>"
    true(body.startswith(f'<ErrorResponse xmlns="{IAM_NS}">{error}<RequestId>'), body)


@check("IAM takes an empty list as Tags=")
def _():
    name = new_role()["RoleName"]
    status, _, _ = query(signed("iam"), Action="TagRole", Version="2010-05-08", RoleName=name, Tags="")
    equal(status, 200)


@check("IAM does not know an unknown action")
def _():
    status, _, body = query(signed("iam"), Action="MakeCoffee", Version="2010-05-08")
    true(status == 400 and "<Code>InvalidAction</Code>" in body, body)


@check("STS answers in XML of its own namespace")
def _():
    _, _, body = query(signed("sts"), Action="GetCallerIdentity", Version="2011-06-15")
    start = '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    true(body.startswith(start), body[:100])


@check("a request without a signature is refused by each service in its own way")
def _():
    status, headers, _ = send("GET", f"/clusters/{CLUSTER}", {})
    equal((status, headers["x-amzn-errortype"]), (403, "MissingAuthenticationTokenException"))
    status, _, body = query({}, Action="GetRole", Version="2010-05-08", RoleName="x")
    true(status == 403 and "<Code>MissingAuthenticationToken</Code>" in body, body)


@check("a signature for another service is refused")
def _():
    status, _, _ = send("GET", f"/clusters/{CLUSTER}", signed("iam"))
    equal(status, 403)
    status, _, body = query(signed("eks"), Action="GetRole", Version="2010-05-08", RoleName="x")
    true(status == 403 and "<Code>SignatureDoesNotMatch</Code>" in body, body)


@check("EKS refuses a signature for another region; IAM, being global, takes any")
def _():
    status, _, _ = send("GET", f"/clusters/{CLUSTER}", signed("eks", "eu-north-1"))
    equal(status, 403)
    name = new_role()["RoleName"]
    status, _, _ = query(signed("iam", "us-east-1"), Action="GetRole", Version="2010-05-08", RoleName=name)
    equal(status, 200)
