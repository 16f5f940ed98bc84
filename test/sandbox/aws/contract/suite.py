"""Collects checks, each a sentence about AWS, runs them and says which hold."""

import json
import os
import uuid
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
CLUSTER = os.environ["CONTRACT_CLUSTER"]
ACCOUNT = os.environ["CONTRACT_ACCOUNT"]
REGION = os.environ["AWS_REGION"]

# Bad parameters have to reach the server, and a refusal has to come back at once.
_config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
eks = boto3.client("eks", region_name=REGION, config=_config)
iam = boto3.client("iam", region_name=REGION, config=_config)
sts = boto3.client("sts", region_name=REGION, config=_config)

_checks = []


def check(sentence):
    """Registers a function as the proof of a sentence."""

    def register(function):
        _checks.append((sentence, function))
        return function

    return register


def run():
    """Runs all checks in order. Returns the number that failed."""
    failed = 0
    for sentence, function in _checks:
        try:
            function()
            print(f"  ok      {sentence}", flush=True)
        except Exception as error:  # every kind of failure is reported, and the rest still runs
            failed += 1
            print(f"  FAILED  {sentence}: {type(error).__name__}: {error}", flush=True)
    print(f"contract: {len(_checks) - failed} passed, {failed} failed", flush=True)
    return failed


def equal(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError(f"{what} is {actual!r}, expected {expected!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


@contextmanager
def refused(code, status, message=None):
    """The block must be refused with this error code and status and, if given, with exactly this text."""
    try:
        yield
    except ClientError as error:
        equal(error.response["Error"]["Code"], code, "error code")
        equal(error.response["ResponseMetadata"]["HTTPStatusCode"], status, "status")
        if message is not None:
            equal(error.response["Error"]["Message"], message, "message")
    else:
        raise AssertionError(f"accepted, expected {code}")


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def trust(actions=("sts:AssumeRole", "sts:TagSession"), service="pods.eks.amazonaws.com", **more):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions), **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def permissions(action="s3:GetObject", resource="*"):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def new_role(**parameters):
    """A role that EKS Pod Identity may assume. Returns its record."""
    wanted = {"RoleName": unique("role"), "AssumeRolePolicyDocument": trust(), **parameters}
    return iam.create_role(**wanted)["Role"]


def new_association(**parameters):
    """An association with a role of its own. Returns its record."""
    wanted = {"clusterName": CLUSTER, "namespace": unique("ns"), "serviceAccount": "app", **parameters}
    if "roleArn" not in wanted:
        wanted["roleArn"] = new_role()["Arn"]
    return eks.create_pod_identity_association(**wanted)["association"]


def by_id(association):
    """What Describe, Update and Delete name an association by."""
    return {"clusterName": CLUSTER, "associationId": association["associationId"]}
