"""The Kubernetes versions that EKS offers.

Source: «Understand the Kubernetes version lifecycle on EKS», EKS user guide; support ends by that calendar.
"""

from __future__ import annotations

import datetime
from typing import Any, Final

from sandbox.cloud.service_store import Operations, Parameters, Refused, page

operations: Final = Operations()

PLATFORM: Final = "eks.1"
DEFAULT: Final = "1.34"
"""Version of a cluster whose creator names none."""

_CALENDAR: Final = {
    "1.31": ("2024-09-26", "2025-11-26", "2026-11-26"),
    "1.32": ("2025-01-23", "2026-03-23", "2027-03-23"),
    "1.33": ("2025-05-29", "2026-07-29", "2027-07-29"),
    "1.34": ("2025-10-02", "2026-12-02", "2027-12-02"),
    "1.35": ("2026-01-27", "2027-03-27", "2028-03-27"),
}
"""Release, end of standard support, end of extended support."""

SUPPORTED: Final = tuple(_CALENDAR)


def check(version: str) -> str:
    """A version that a cluster can have.

    Raises:
        Refused: EKS has no such version.
    """
    if version not in _CALENDAR:
        raise Refused(
            "InvalidParameterException",
            f"unsupported Kubernetes version {version!r}: it must be one of {', '.join(SUPPORTED)}",
        )
    return version


def minor(version: str) -> int:
    """The number after the dot."""
    return int(version.partition(".")[2])


@operations("DescribeClusterVersions")
def describe_cluster_versions(_backend: Any, parameters: Parameters) -> dict[str, Any]:
    """The versions with their support."""
    asked = parameters.get("clusterVersions")
    status = parameters.get("versionStatus") or (parameters.get("status") or "").upper().replace("-", "_")
    found = [_describe(version) for version in SUPPORTED if not asked or version in asked]
    if parameters.get("defaultOnly"):
        found = [one for one in found if one["defaultVersion"]]
    if status:
        found = [one for one in found if one["versionStatus"] == status]
    elif not parameters.get("includeAll") and not asked:
        found = [one for one in found if one["versionStatus"] != "UNSUPPORTED"]
    return page(((one["clusterVersion"], one) for one in found), parameters, "clusterVersions")


def _describe(version: str) -> dict[str, Any]:
    release, standard, extended = (
        datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC) for text in _CALENDAR[version]
    )
    now = datetime.datetime.now(datetime.UTC)
    status = "STANDARD_SUPPORT" if now < standard else "EXTENDED_SUPPORT" if now < extended else "UNSUPPORTED"
    return {
        "clusterVersion": version,
        "clusterType": "eks",
        "defaultPlatformVersion": PLATFORM,
        "defaultVersion": version == DEFAULT,
        "releaseDate": release,
        "endOfStandardSupportDate": standard,
        "endOfExtendedSupportDate": extended,
        "status": status.lower().replace("_", "-"),
        "versionStatus": status,
        "kubernetesPatchVersion": version,
    }
