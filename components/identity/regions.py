"""Which requests may leave the residency regions: those of global services, each with its reason.

AWS publishes examples, which exempt far more (AWS Organizations User Guide, *General examples*: «Deny access to AWS
based on the requested AWS Region»; AWS Control Tower, control ``GRREGIONDENY``). The lists here hold only services
without regional endpoints that an environment needs, and none of them holds the client's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from components.identity.document import Clause

GLOBAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account:*": "the account's own settings: contacts, enabled regions",
        "billing:*": "invoices and cost data of the account",
        "budgets:*": "limits of spending",
        "ce:*": "Cost Explorer",
        "ec2:DescribeRegions": "tools ask which regions there are",
        "health:*": "AWS's own incidents that concern the account",
        "iam:*": "roles and policies of the account",
        "organizations:*": "the organization that the account belongs to",
        "pricing:*": "price lists",
        "route53:*": "DNS zones: public by their nature",
        "route53domains:*": "domain registration",
        "s3:GetAccountPublicAccessBlock": "the account's own setting, one for all regions",
        "s3:ListAllMyBuckets": "names of buckets; the list is one for all regions",
        "s3:PutAccountPublicAccessBlock": "the account's own setting, one for all regions",
        "shield:*": "protection from floods, with Route 53 and load balancers",
        "sts:*": "sessions; the service has a global endpoint beside the regional ones",
        "support:*": "cases with AWS; do not put client data in them",
        "tag:GetResources": "tags of global resources are asked of us-east-1",
        "trustedadvisor:*": "AWS's own checks of the account",
    }
)
"""Actions, and why they may leave the regions. Source of «global»: IAM User Guide, *AWS: Denies access to AWS based on
the requested Region*; AWS General Reference, *Service endpoints and quotas*."""


def pinned(regions: Sequence[str]) -> Clause:
    """Every request outside the regions is refused, but to global services."""
    return Clause(
        "OutsideResidency",
        "Data stays in the regions of the residency boundary; what is exempt has no regional endpoint and no data",
        sorted(GLOBAL),
        when={"StringNotEquals": {"aws:RequestedRegion": regions}},
        deny=True,
        but=True,
    )
