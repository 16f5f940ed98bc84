variable "cluster_name" {
  description = "Name of the EKS cluster that the operator runs in"
  type        = string
}

variable "profile" {
  description = "associations names roles that exist; roles makes IAM roles, too; addons manages EKS add-ons, too"
  type        = string
  default     = "roles"
  validation {
    condition     = contains(["associations", "roles", "addons"], var.profile)
    error_message = "profile must be associations, roles or addons."
  }
}

variable "installation_id" {
  description = "INSTALLATION_ID of the operator"
  type        = string
  default     = "default"
}

variable "role_path" {
  description = "ROLE_PATH of the operator: path of the roles that it makes"
  type        = string
  default     = "/podidentity/"
  validation {
    condition     = can(regex("^/(.+/)+$", var.role_path))
    error_message = "role_path must begin and end with / and name at least one part: below / the operator could touch any role."
  }
}

variable "passable_roles" {
  description = "ARNs of existing roles that may be given to pods, may have *; by default those below the path /shared/"
  type        = list(string)
  default     = null
}

variable "bulk_reads" {
  description = "Whether the operator may read all roles of the account at once, which saves calls"
  type        = bool
  default     = true
}

variable "unbounded" {
  description = "Whether roles may have another permissions boundary, or none: the operator can then grant anything"
  type        = bool
  default     = false
}

variable "operator_namespace" {
  type    = string
  default = "pod-identity-system"
}

variable "operator_service_account" {
  type    = string
  default = "pod-identity-operator"
}

variable "tags" {
  description = "Tags of everything that the module makes"
  type        = map(string)
  default     = {}
}
