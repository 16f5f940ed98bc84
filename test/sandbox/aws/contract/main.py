"""Runs the contract: what AWS's documentation and users report of EKS Pod Identity and IAM, asked of an endpoint."""

import sys

import associations  # noqa: F401  (each module registers its checks)
import association_updates  # noqa: F401
import association_lists  # noqa: F401
import addons  # noqa: F401
import roles  # noqa: F401
import role_policies  # noqa: F401
import managed_policies  # noqa: F401
import wire  # noqa: F401
import cli  # noqa: F401
import suite

sys.exit(1 if suite.run() else 0)
