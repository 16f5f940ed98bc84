output "operator_role_arn" {
  value = aws_iam_role.operator.arn
}

output "boundary_arn" {
  description = "For managedRoles.permissionsBoundaryArn of guardrails"
  value       = one(aws_iam_policy.boundary[*].arn)
}
