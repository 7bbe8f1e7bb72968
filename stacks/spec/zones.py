"""Availability zones of each region, by the letters that their names end in.

Source: AWS, *AWS Regions and Availability Zones* (AWS Global Infrastructure documentation, «Availability Zones»), and
the answers of ``ec2:DescribeAvailabilityZones`` for zones of the kind *availability-zone* (no Local or Wavelength
Zones); state of 2026-11. Letters are mapped per account, and some regions keep a zone from new accounts: a letter that
is missing here exists for no account of ours, one that stands here may still be closed to an old account.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ODD: Final[Mapping[str, str]] = {
    "ap-northeast-1": "acd",  # b is closed to new accounts
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",  # c is closed to new accounts
    "us-east-1": "abcdef",
    "us-west-1": "abc",  # an account sees two of the three
    "us-west-2": "abcd",
}

_THREE: Final = (
    *("ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-4"),
    *("ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "sa-east-1", "us-east-2"),
    *("us-gov-east-1", "us-gov-west-1"),
)
"""Regions with the zones a, b and c."""

ZONES: Final[Mapping[str, str]] = MappingProxyType({**dict.fromkeys(_THREE, "abc"), **_ODD})
"""Letters of a region's zones."""

SEEN: Final[Mapping[str, int]] = MappingProxyType({"us-west-1": 2})
"""How many of a region's zones one account sees, where these are not all."""
