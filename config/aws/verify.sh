#!/usr/bin/env bash
# Asks a real AWS account what AWS's documentation leaves open and the operator relies on. Read-only unless --write is
# given; then it makes throw-away roles with the operator's policies, tries calls with them, and takes all away again.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

usage() {
  cat >&2 <<'END'
usage: verify.sh --cluster NAME [--region REGION] [--namespace NAME] [--write]

  --write      also the checks that make things, all named podidentity-verify-<number>: a role that has the operator's
               policies, a boundary, a role as the operator makes them, and an association for a ServiceAccount of
               that name, which need not exist
  --namespace  for that association (default: default)

Needs the aws CLI with an administrator's credentials. Prints a table; the exit code is 1 if anything differs from
what the operator relies on.
END
  exit 2
}

cluster='' namespace=default write=false
while (($# > 0)); do
  case $1 in
    --cluster) cluster=${2-} && shift 2 ;;
    --region) export AWS_REGION=${2-} AWS_DEFAULT_REGION=${2-} && shift 2 ;;
    --namespace) namespace=${2-} && shift 2 ;;
    --write) write=true && shift ;;
    *) usage ;;
  esac
done
[[ -n $cluster ]] || usage
export AWS_PAGER=''

differ=0
# row RESULT NUMBER WHAT SEEN
row() {
  [[ $1 == differs ]] && differ=$((differ + 1))
  printf '%-8s %-4s %-62s %s\n' "$1" "$2" "$3" "$4"
}
# check NUMBER WHAT PATTERN COMMAND…: whether what the command says matches. Its text is one line, and short.
check() {
  local number=$1 what=$2 pattern=$3 said
  shift 3
  said=$("$@" 2>&1 | tr -s '\n\t ' ' ' | sed 's/^ //; s/ $//')
  if [[ $said =~ $pattern ]]; then row ok "$number" "$what" "${said:0:90}"; else row differs "$number" "$what" "${said:0:160}"; fi
}

printf '%-8s %-4s %-62s %s\n' RESULT NO WHAT SEEN
account=$(aws sts get-caller-identity --query Account --output text) || exit 1
cluster_arn=$(aws eks describe-cluster --name "$cluster" --query cluster.arn --output text) || exit 1
IFS=: read -r _ partition _ region _ <<<"$cluster_arn"

check 1 'the cluster has an OIDC issuer, by which the operator knows it' '^https://' \
  aws eks describe-cluster --name "$cluster" --query cluster.identity.oidc.issuer --output text
check 2 'EKS lists the associations of the cluster' '^[0-9]+$' \
  aws eks list-pod-identity-associations --cluster-name "$cluster" --query 'length(associations)' --output json
check 3 'bulk reads show roles' '^[1-9]' \
  aws iam get-account-authorization-details --filter Role --max-items 5 --query 'length(RoleDetailList)' --output text
check 4 'a bare policy name has a path that ListPolicies shows' 'policy/service-role/AmazonEBSCSIDriverPolicy' \
  aws iam list-policies --scope AWS --path-prefix /service-role/ --query "Policies[?PolicyName=='AmazonEBSCSIDriverPolicy'].Arn" --output text
check 5 'a role that is not there is NoSuchEntity' 'NoSuchEntity' \
  aws iam get-role --role-name "podidentity-verify-$RANDOM-nobody"

if [[ $write == false ]]; then
  echo "$differ differ; --write makes throw-away roles and an association for the other checks"
  exit $((differ > 0))
fi

name=podidentity-verify-$RANDOM$RANDOM
path=/podidentity-verify/
role=arn:$partition:iam::$account:role$path$name
caller=$name-caller
boundary=arn:$partition:iam::$account:policy/podidentity-boundary/$name
documents=$(mktemp -d)
association=''
cleanup() {
  [[ -z $association ]] || aws eks delete-pod-identity-association --cluster-name "$cluster" --association-id "$association" >/dev/null
  aws iam delete-role-policy --role-name "$name" --policy-name verify 2>/dev/null
  aws iam delete-role --role-name "$name" 2>/dev/null
  for policy in associations roles; do aws iam delete-role-policy --role-name "$caller" --policy-name $policy 2>/dev/null; done
  aws iam delete-role --role-name "$caller" && aws iam delete-policy --policy-arn "$boundary" && echo "everything is taken away again"
  rm -rf "$documents"
}
trap cleanup EXIT

"$here/render.sh" --cluster "$cluster" --region "$region" --account "$account" --partition "$partition" \
  --role-path "$path" --installation verify "$documents"
aws iam create-policy --policy-name "$name" --path /podidentity-boundary/ --policy-document "file://$documents/boundary.json" >/dev/null || exit 1
aws iam create-role --role-name "$caller" --assume-role-policy-document \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:$partition:iam::$account:root\"},\"Action\":\"sts:AssumeRole\"}]}" >/dev/null || exit 1
for policy in associations roles; do
  aws iam put-role-policy --role-name "$caller" --policy-name $policy --policy-document "file://$documents/$policy.json" || exit 1
done

# IAM lets a new role be assumed, and its policies count, after some seconds.
until credentials=$(aws sts assume-role --role-arn "arn:$partition:iam::$account:role/$caller" --role-session-name verify \
  --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text 2>"$documents/error"); do
  ((SECONDS < 90)) || { cat "$documents/error" >&2 && exit 1; }
  sleep 3
done
read -r key secret token <<<"$credentials"
# As the operator: with no more rights than its policies give.
op() { AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token aws "$@"; }
until op eks list-pod-identity-associations --cluster-name "$cluster" >/dev/null 2>"$documents/error"; do
  ((SECONDS < 120)) || { cat "$documents/error" >&2 && exit 1; }
  sleep 3
done

owner="podidentity.io/owner=$cluster_arn,podidentity.io/installation=verify"
role_tags=("Key=podidentity.io/owner,Value=$cluster_arn" 'Key=podidentity.io/installation,Value=verify')
statement='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}'
trust() {
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]%s}]}' "$1"
}
scoped=$(trust ",\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":\"$account\",\"aws:RequestTag/kubernetes-namespace\":\"$namespace\"},\"ArnEquals\":{\"aws:SourceArn\":\"$cluster_arn\"}}")
make_role() { op iam create-role --role-name "$name" --path "$path" --assume-role-policy-document "$scoped" --query Role.Arn --output text "$@"; }
make_association() {
  op eks create-pod-identity-association --cluster-name "$cluster" --namespace "$namespace" --service-account "$name" \
    --role-arn "$role" --query association.associationId --output text "$@"
}
DENIED='AccessDenied'

check 6 'a role without the boundary is denied' $DENIED make_role --tags "${role_tags[@]}"
check 7 'a role without our tags is denied' $DENIED make_role --permissions-boundary "$boundary"
check 8 'a role with both is made: CreateRole and TagRole ask as we think' ":role$path$name\$" \
  make_role --permissions-boundary "$boundary" --tags "${role_tags[@]}"
check 9 'a role that is not there is NoSuchEntity to GetRole' NoSuchEntity op iam get-role --role-name "$name-nobody"
check 10 'our role may have a policy: IAM sees its boundary and tags' '^$' \
  op iam put-role-policy --role-name "$name" --policy-name verify --policy-document "$statement"
check 11 'and another trust policy' '^$' \
  op iam update-assume-role-policy --role-name "$name" --policy-document "$scoped"
check 12 'and another description' '^(\{\})?$' op iam update-role --role-name "$name" --description verify
check 13 'a policy on the role of somebody else is denied' $DENIED \
  op iam put-role-policy --role-name "$caller" --policy-name verify --policy-document "$statement"
check 14 'taking the boundary away is denied' $DENIED op iam delete-role-permissions-boundary --role-name "$name"
check 15 'giving our role to another owner is denied' $DENIED \
  op iam tag-role --role-name "$name" --tags Key=podidentity.io/owner,Value=other
check 16 'an association without our tags is denied' $DENIED make_association
check 17 'an association with a role that is not passable is denied' $DENIED \
  op eks create-pod-identity-association --cluster-name "$cluster" --namespace "$namespace" --service-account "$name-other" \
  --role-arn "arn:$partition:iam::$account:role/$caller" --tags "$owner"

# EKS sees a new role after some seconds; the operator waits two minutes at most.
started=$SECONDS
until association=$(make_association --tags "$owner" 2>"$documents/error"); do
  grep -qE 'does not exist|[Tt]rust policy' "$documents/error" && ((SECONDS - started < 120)) || break
  sleep 2
done
if [[ -z $association ]]; then
  row differs 18 'EKS takes a role whose trust has conditions, within 2 minutes' "$(tail -c 160 "$documents/error")"
  exit 1
fi
row ok 18 'EKS takes a role whose trust has conditions, within 2 minutes' "after $((SECONDS - started)) s"

ours=(--cluster-name "$cluster" --association-id "$association")
describe() { op eks describe-pod-identity-association "${ours[@]}" --output text --query "$1"; }
update() { op eks update-pod-identity-association "${ours[@]}" --role-arn "$role" --query association.associationId --output text "$@"; }
arn=$(describe association.associationArn)

check 19 'a second one is refused with the id of the first' "$association" make_association --tags "$owner"
check 20 'a new one is in the list at once' "$association" op eks list-pod-identity-associations --cluster-name "$cluster" \
  --namespace "$namespace" --service-account "$name" --query 'associations[].associationId' --output text
check 21 'without a target role it has no external id' '^None$' describe association.externalId
check 22 'a session policy needs session tags off' 'Invalid' update --policy "$statement"
check 23 'and is taken then: EKS sees the tags of an association' "$association" update --disable-session-tags --policy "$statement"
check 24 'an empty session policy is taken' "$association" update --policy ''
check 25 'and clears it (else the operator makes the association anew)' '^(None|)$' describe association.policy
check 26 'giving the association to another owner is denied' $DENIED \
  op eks tag-resource --resource-arn "$arn" --tags podidentity.io/owner=other
check 27 'the operator may delete its association' "$association" \
  op eks delete-pod-identity-association "${ours[@]}" --query association.associationId --output text
association=''

echo "$differ differ from what the operator relies on"
exit $((differ > 0))
