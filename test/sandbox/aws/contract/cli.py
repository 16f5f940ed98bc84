"""The aws command line, as people use it against an endpoint."""

import json
import subprocess
import sys
import tempfile

from suite import ACCOUNT, CLUSTER, check, equal, new_role, true, trust, unique


def aws(*arguments):
    """Runs `aws …`. Returns its JSON answer, or raises with what it wrote to standard error."""
    run = subprocess.run([sys.executable, "-m", "awscli", *arguments], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.strip())
    return json.loads(run.stdout) if run.stdout.strip() else None


def fails(text, *arguments):
    try:
        aws(*arguments)
    except RuntimeError as error:
        true(text in str(error), f"aws said {error}, expected {text}")
    else:
        raise AssertionError("aws succeeded")


@check("aws iam create-role, put-role-policy, get-role-policy and delete-role, with documents from files")
def _():
    name = unique("cli")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(trust())
        file.flush()
        role = aws("iam", "create-role", "--role-name", name, "--path", "/cli/", "--assume-role-policy-document",
                   f"file://{file.name}", "--tags", "Key=team,Value=a")["Role"]
    equal(role["Arn"], f"arn:aws:iam::{ACCOUNT}:role/cli/{name}")
    fails("(DeleteConflict)", *_attach_and_delete(name))
    aws("iam", "detach-role-policy", "--role-name", name, "--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    aws("iam", "delete-role", "--role-name", name)
    fails("(NoSuchEntity)", "iam", "get-role", "--role-name", name)


def _attach_and_delete(name):
    aws("iam", "attach-role-policy", "--role-name", name, "--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    return "iam", "delete-role", "--role-name", name


@check("aws eks create-, describe-, update-, list- and delete-pod-identity-association")
def _():
    cluster, namespace = ("--cluster-name", CLUSTER), unique("cli")
    first, second = new_role()["Arn"], new_role()["Arn"]
    made = aws("eks", "create-pod-identity-association", *cluster, "--namespace", namespace,
               "--service-account", "app", "--role-arn", first, "--tags", "team=a")["association"]
    one = (*cluster, "--association-id", made["associationId"])
    equal(aws("eks", "describe-pod-identity-association", *one)["association"]["roleArn"], first)
    updated = aws("eks", "update-pod-identity-association", *one, "--role-arn", second)["association"]
    equal(updated["roleArn"], second)
    listed = aws("eks", "list-pod-identity-associations", *cluster, "--namespace", namespace)["associations"]
    equal([entry["associationId"] for entry in listed], [made["associationId"]])
    fails("(ResourceInUseException)", "eks", "create-pod-identity-association", *cluster, "--namespace", namespace,
          "--service-account", "app", "--role-arn", first)
    aws("eks", "tag-resource", "--resource-arn", made["associationArn"], "--tags", "env=test")
    tags = aws("eks", "list-tags-for-resource", "--resource-arn", made["associationArn"])["tags"]
    equal(tags, {"team": "a", "env": "test"})
    aws("eks", "delete-pod-identity-association", *one)
    fails("(ResourceNotFoundException)", "eks", "describe-pod-identity-association", *one)


@check("aws eks create-addon with identities, describe-addon, update-addon, describe-update, list-addons, delete-addon")
def _():
    one = ("--cluster-name", CLUSTER, "--addon-name", "vpc-cni")
    identities = json.dumps([{"serviceAccount": "aws-node", "roleArn": new_role()["Arn"]}])
    made = aws("eks", "create-addon", *one, "--pod-identity-associations", identities)["addon"]
    equal(made["status"], "CREATING")
    aws("eks", "wait", "addon-active", *one)
    shown = aws("eks", "describe-addon", *one)["addon"]
    equal(len(shown["podIdentityAssociations"]), 1, "number of associations")
    equal(aws("eks", "list-addons", "--cluster-name", CLUSTER)["addons"], ["vpc-cni"])
    update = aws("eks", "update-addon", *one, "--pod-identity-associations", "[]")["update"]
    aws("eks", "wait", "addon-active", *one)
    found = aws("eks", "describe-update", "--name", CLUSTER, "--update-id", update["id"], "--addon-name", "vpc-cni")
    equal(found["update"]["status"], "Successful")
    aws("eks", "delete-addon", *one, "--no-preserve")
    aws("eks", "wait", "addon-deleted", *one)
    fails("(ResourceNotFoundException)", "eks", "describe-addon", *one)


@check("aws eks describe-addon-versions and describe-addon-configuration, as the add-ons guide asks")
def _():
    version = aws("eks", "describe-addon-versions", "--addon-name", "vpc-cni", "--kubernetes-version", "1.30", "--query",
                  "addons[].addonVersions[?compatibilities[0].defaultVersion].addonVersion | [0][0]")
    equal(version, "v1.19.0-eksbuild.1")
    found = aws("eks", "describe-addon-configuration", "--addon-name", "vpc-cni", "--addon-version", version,
                "--query", "podIdentityConfiguration[].serviceAccount")
    equal(found, ["aws-node"])


@check("aws eks describe-cluster and aws sts get-caller-identity")
def _():
    equal(aws("eks", "describe-cluster", "--name", CLUSTER)["cluster"]["name"], CLUSTER)
    equal(aws("sts", "get-caller-identity")["Account"], ACCOUNT)


@check("aws iam list-policies finds an AWS managed policy's path by its name")
def _():
    found = aws("iam", "list-policies", "--scope", "AWS", "--query",
                "Policies[?PolicyName=='AWSLambdaBasicExecutionRole'].Arn")
    equal(found, ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"])
