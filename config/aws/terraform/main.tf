# The operator's AWS side: its role and policies, the boundary of the roles it makes, its own association.
# The documents are those of config/aws/policies; docs/aws.md says what each statement is for.
#
#   module "pod_identity_operator" {
#     source       = "<this repository>//config/aws/terraform"
#     cluster_name = "my-cluster"
#   }

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  placeholders = {
    "AWS::Partition"         = data.aws_partition.current.partition
    "AWS::AccountId"         = data.aws_caller_identity.current.account_id
    "AWS::Region"            = data.aws_region.current.name
    "ClusterName"            = var.cluster_name
    "InstallationId"         = var.installation_id
    "RolePath"               = var.role_path
    "PassableRoles"          = join("\", \"", local.passable_roles)
    "OperatorNamespace"      = var.operator_namespace
    "OperatorServiceAccount" = var.operator_service_account
  }

  passable_roles = var.passable_roles != null ? var.passable_roles : [
    "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/shared/*",
  ]

  # What each profile attaches.
  profiles = {
    associations = ["associations"]
    roles        = ["associations", "roles"]
    addons       = ["associations", "roles", "addons", "recommended-roles"]
  }
  manages_roles = var.profile != "associations"
  attached = toset(concat(
    local.profiles[var.profile],
    local.manages_roles && var.bulk_reads ? ["bulk-reads"] : [],
    local.manages_roles && var.unbounded ? ["unbounded"] : [],
  ))

  # Splitting a document at a placeholder and joining it with the value fills that placeholder in.
  documents = {
    for name in setunion(local.attached, ["boundary", "trust"]) : name => join("", [
      for part in split("$${", file("${path.module}/../policies/${name}.json")) :
      length(split("}", part)) > 1 && contains(keys(local.placeholders), split("}", part)[0])
      ? "${local.placeholders[split("}", part)[0]]}${substr(part, length(split("}", part)[0]) + 1, -1)}"
      : part
    ])
  }
}

resource "aws_iam_role" "operator" {
  name_prefix        = "podidentity-operator-"
  path               = "/podidentity-operator/"
  assume_role_policy = local.documents["trust"]
  tags               = var.tags
}

resource "aws_iam_policy" "operator" {
  for_each    = local.attached
  name_prefix = "podidentity-${each.key}-"
  path        = "/podidentity-operator/"
  policy      = local.documents[each.key]
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "operator" {
  for_each   = local.attached
  role       = aws_iam_role.operator.name
  policy_arn = aws_iam_policy.operator[each.key].arn
}

resource "aws_iam_policy" "boundary" {
  count  = local.manages_roles ? 1 : 0
  name   = "${data.aws_region.current.name}-${var.cluster_name}"
  path   = "/podidentity-boundary/"
  policy = local.documents["boundary"]
  tags   = var.tags
}

resource "aws_eks_pod_identity_association" "operator" {
  cluster_name    = var.cluster_name
  namespace       = var.operator_namespace
  service_account = var.operator_service_account
  role_arn        = aws_iam_role.operator.arn
  # What has an owner cannot be taken over, not even by the operator itself.
  tags = merge(var.tags, { "podidentity.io/owner" = aws_iam_role.operator.arn })

  depends_on = [aws_iam_role_policy_attachment.operator]
}
