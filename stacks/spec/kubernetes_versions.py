"""Which Kubernetes versions EKS supports until when, and which add-ons go with each.

Source of the dates: AWS, Amazon EKS User Guide, *Understand the Kubernetes version lifecycle on EKS*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

Phase = Literal["standard", "ending", "extended", "ended"]

WARNING_DAYS: Final = 90
"""Days before the end of standard support from which on it is said: time for a trial stage and production."""


@dataclass(frozen=True, slots=True)
class Support:
    """How long EKS supports a version.

    Args:
        standard: the day on which standard support ends; from then on the control plane costs six times as much.
        extended: the day on which extended support ends; EKS then updates the control plane by itself.
    """

    standard: date
    extended: date

    def phase(self, today: date) -> Phase:
        """Where the version stands on a day; ``ending``: standard support ends within :data:`WARNING_DAYS`."""
        if today >= self.extended:
            return "ended"
        if today >= self.standard:
            return "extended"
        return "ending" if (self.standard - today).days <= WARNING_DAYS else "standard"


VERSIONS: Final[Mapping[str, Support]] = MappingProxyType(
    {
        "1.32": Support(date(2026, 3, 23), date(2027, 3, 23)),
        "1.33": Support(date(2026, 7, 29), date(2027, 7, 29)),
        "1.34": Support(date(2026, 12, 2), date(2027, 12, 2)),
        "1.35": Support(date(2027, 3, 27), date(2028, 3, 27)),
    }
)
"""Versions of Kubernetes that EKS supports."""

_ANY: Final = {
    "aws-ebs-csi-driver": "v1.58.0-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    "metrics-server": "v0.8.1-eksbuild.5",
    "vpc-cni": "v1.21.1-eksbuild.7",
}

ADDONS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "1.32": {**_ANY, "coredns": "v1.11.4-eksbuild.33", "kube-proxy": "v1.32.13-eksbuild.5"},
        "1.33": {**_ANY, "coredns": "v1.13.2-eksbuild.4", "kube-proxy": "v1.33.10-eksbuild.2"},
        "1.34": {**_ANY, "coredns": "v1.13.2-eksbuild.4", "kube-proxy": "v1.34.6-eksbuild.2"},
        "1.35": {**_ANY, "coredns": "v1.13.2-eksbuild.4", "kube-proxy": "v1.35.3-eksbuild.2"},
    }
)
"""Version of every add-on by Kubernetes version, so that a cluster made today and one made tomorrow are the same.

Recorded 2026-11 from published configurations of the spring of 2026 (EKS's ``DescribeAddonVersions``). The list of the
client's own account decides: ``python -m scripts.upgrade check CLIENT-STAGE`` compares the two, and ``cluster.addons``
overrides one."""


def minor(version: str) -> int:
    """The number after the dot of a Kubernetes version: 34 of 1.34."""
    return int(version.partition(".")[2])


def later(version: str) -> str | None:
    """The version that a cluster can be updated to next: one minor step (Amazon EKS User Guide, *Update existing
    cluster to new Kubernetes version*); ``None`` where the table has none."""
    found = f"1.{minor(version) + 1}"
    return found if found in VERSIONS else None


def advice(version: str, today: date) -> str | None:
    """What is to be said of a version's support on a day, or ``None`` while there is nothing to say."""
    support = VERSIONS[version]
    go = f"plan the update to {later(version)}" if later(version) else "a newer version must join the kit's table first"
    match support.phase(today):
        case "standard":
            return None
        case "ending":
            return f"Kubernetes {version} leaves standard support on {support.standard}: {go}"
        case "extended":
            return (
                f"Kubernetes {version} is in extended support since {support.standard}, at a higher price, and ends on "
                f"{support.extended}: {go}"
            )
        case "ended":
            return f"EKS has supported Kubernetes {version} until {support.extended} and updates it by itself: {go}"
