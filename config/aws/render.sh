#!/usr/bin/env bash
# Fills the operator's IAM documents in for one cluster: one file for each policy, to be attached as they are.
set -euo pipefail

usage() {
  cat >&2 <<'END'
usage: render.sh --cluster NAME --region REGION --account ID [options] DIRECTORY

  --partition NAME        aws (default), aws-cn, aws-us-gov
  --installation ID       INSTALLATION_ID of the operator                  (default: default)
  --role-path PATH        ROLE_PATH of the operator                        (default: /podidentity/)
  --passable ARN[,ARN…]   existing roles that may be given to pods, may have *
                          (default: every role below the path /shared/)
  --namespace NAME        of the operator                                  (default: pod-identity-system)
  --service-account NAME  of the operator                                  (default: pod-identity-operator)

Writes trust.json, boundary.json and every policy, whichever of them the profile needs (docs/aws.md).
END
  exit 2
}

partition=aws installation=default role_path=/podidentity/ passable=
namespace=pod-identity-system service_account=pod-identity-operator
cluster='' region='' account='' directory=''
while (($# > 0)); do
  case $1 in
    --cluster) cluster=${2-} ;;
    --region) region=${2-} ;;
    --account) account=${2-} ;;
    --partition) partition=${2-} ;;
    --installation) installation=${2-} ;;
    --role-path) role_path=${2-} ;;
    --passable) passable=${2-} ;;
    --namespace) namespace=${2-} ;;
    --service-account) service_account=${2-} ;;
    -*) usage ;;
    *) directory=$1 && shift && continue ;;
  esac
  shift 2 || usage
done
[[ -n $cluster && -n $region && -n $account && -n $directory ]] || usage
# Below / the policies would reach every role of the account.
[[ $role_path == /?*/ ]] || usage

passable=${passable:-arn:$partition:iam::$account:role/shared/*}
# A list in a document: "a,b" becomes a", "b between its quotes.
passable=${passable//,/\", \"}

# Of sed's special characters only & and | may be in a value.
value() { printf '%s' "$1" | sed -e 's/[&|\\]/\\&/g'; }

mkdir -p "$directory"
for document in "$(dirname "${BASH_SOURCE[0]}")"/policies/*.json; do
  sed -e "s|\${AWS::Partition}|$(value "$partition")|g" \
    -e "s|\${AWS::AccountId}|$(value "$account")|g" \
    -e "s|\${AWS::Region}|$(value "$region")|g" \
    -e "s|\${ClusterName}|$(value "$cluster")|g" \
    -e "s|\${InstallationId}|$(value "$installation")|g" \
    -e "s|\${RolePath}|$(value "$role_path")|g" \
    -e "s|\${PassableRoles}|$(value "$passable")|g" \
    -e "s|\${OperatorNamespace}|$(value "$namespace")|g" \
    -e "s|\${OperatorServiceAccount}|$(value "$service_account")|g" \
    "$document" >"$directory/$(basename "$document")"
done
