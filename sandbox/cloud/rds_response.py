"""RDS's answers that the emulator lacks."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, PaginatedResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.responses import RDSResponse

from sandbox.cloud import binaries
from sandbox.cloud.rds_events import CATEGORIES, Subscriptions
from sandbox.cloud.rds_instance import ENGINE
from sandbox.cloud.rds_parameters import DBParameterGroup, family_of


class RdsResponse(RDSResponse):
    """Moto's RDS responses, and the operations it lacks."""

    @property
    def rds(self) -> Subscriptions:
        """The backend of the caller's account and region."""
        backend = self.backend
        if not isinstance(backend, Subscriptions):
            raise TypeError("RDS was not installed")
        return backend

    def describe_db_engine_versions(self) -> ActionResult:
        """The versions of PostgreSQL that an instance can have."""
        engine, asked = self.params.get("Engine"), self.params.get("EngineVersion")
        family = self.params.get("DBParameterGroupFamily")
        newest_only = self.params.get("DefaultOnly") and not asked
        found: list[dict[str, Any]] = []
        for major in binaries.MAJORS if engine in {None, ENGINE} else ():
            minors = int(binaries.pinned(major).partition(".")[2])
            found += [_described_version(major, minor, minors) for minor in range(1, minors + 1)]
        if asked:
            found = [one for one in found if one["EngineVersion"] == asked or one["MajorEngineVersion"] == asked]
        if family:
            found = [one for one in found if one["DBParameterGroupFamily"] == family]
        return PaginatedResult({"DBEngineVersions": found[-1:] if newest_only else found})

    def describe_db_parameters(self) -> ActionResult:
        """The parameters of a group, of all sources or of one."""
        name = self.params["DBParameterGroupName"]
        group = self.rds.db_parameter_groups.get(name)
        if not isinstance(group, DBParameterGroup):
            raise DBParameterGroupNotFoundError(name)
        return PaginatedResult({"Parameters": group.describe(self.params.get("Source"))})

    def reset_db_parameter_group(self) -> ActionResult:
        """Take values of a group back."""
        everything = self.params.get("ResetAllParameters")
        names = [parameter["ParameterName"] for parameter in self.params.get("Parameters", [])]
        group = self.rds.reset_db_parameter_group(
            self.params["DBParameterGroupName"], None if everything and not names else names
        )
        return ActionResult({"DBParameterGroupName": group.name})

    def modify_event_subscription(self) -> ActionResult:
        """Change a subscription to events."""
        return ActionResult({"EventSubscription": self.rds.modify_event_subscription(dict(self.params))})

    def add_source_identifier_to_subscription(self) -> ActionResult:
        """Add a source to a subscription to events."""
        name, source = self.params["SubscriptionName"], self.params["SourceIdentifier"]
        return ActionResult({"EventSubscription": self.rds.add_source(name, source)})

    def remove_source_identifier_from_subscription(self) -> ActionResult:
        """Take a source out of a subscription to events."""
        name, source = self.params["SubscriptionName"], self.params["SourceIdentifier"]
        return ActionResult({"EventSubscription": self.rds.remove_source(name, source)})

    def describe_event_categories(self) -> ActionResult:
        """The categories of each source type."""
        asked = self.params.get("SourceType")
        return ActionResult(
            {
                "EventCategoriesMapList": [
                    {"SourceType": source, "EventCategories": sorted(categories)}
                    for source, categories in CATEGORIES.items()
                    if asked in {None, source}
                ]
            }
        )


def _described_version(major: int, minor: int, newest: int) -> dict[str, Any]:
    return {
        "Engine": ENGINE,
        "MajorEngineVersion": str(major),
        "EngineVersion": f"{major}.{minor}",
        "DBParameterGroupFamily": family_of(major),
        "DBEngineDescription": "PostgreSQL",
        "DBEngineVersionDescription": f"PostgreSQL {major}.{minor}",
        "Status": "available",
        "SupportsReadReplica": True,
        "SupportsLogExportsToCloudwatchLogs": True,
        "ExportableLogTypes": ["postgresql", "upgrade"],
        "ValidUpgradeTarget": [
            {
                "Engine": ENGINE,
                "EngineVersion": f"{major}.{later}",
                "Description": f"PostgreSQL {major}.{later}",
                "AutoUpgrade": later == newest,
                "IsMajorVersionUpgrade": False,
            }
            for later in range(minor + 1, newest + 1)
        ],
    }
