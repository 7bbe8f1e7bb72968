"""Parameter groups and subnet groups of RDS, and the instances that are in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.rds import models
from moto.rds.exceptions import (
    DBInstanceNotFoundError,
    DBParameterGroupNotFoundError,
    InvalidParameterValue,
    RDSClientError,
)

from sandbox.cloud.rds_instance import DBInstance
from sandbox.cloud.rds_parameters import DBParameterGroup
from sandbox.cloud.rds_parameters import major_of as family_major


class Groups(models.RDSBackend):
    """The part of the backend that knows groups."""

    def create_db_parameter_group(self, db_parameter_group_kwargs: Any) -> models.DBParameterGroup:
        """Create a parameter group of a family the sandbox has."""
        family_major(db_parameter_group_kwargs.get("db_parameter_group_family"))
        made = super().create_db_parameter_group(db_parameter_group_kwargs)
        group = DBParameterGroup(  # type: ignore[abstract]
            backend=self,
            db_parameter_group_name=made.name,
            description=made.description,
            db_parameter_group_family=made.family,
            tags=made.tags,
        )
        self.db_parameter_groups[made.name] = group
        return group

    def modify_db_parameter_group(
        self, db_parameter_group_name: str, db_parameter_group_parameters: Iterable[dict[str, Any]]
    ) -> models.DBParameterGroup:
        """Set values and bring them to the servers that use the group."""
        if db_parameter_group_name.startswith("default."):
            raise InvalidParameterValue(f"The parameter group {db_parameter_group_name} cannot be modified.")
        group = super().modify_db_parameter_group(db_parameter_group_name, db_parameter_group_parameters)
        self._propagate(group)
        return group

    def reset_db_parameter_group(self, name: str, parameters: list[str] | None) -> models.DBParameterGroup:
        """Take values back; ``None`` resets the whole group."""
        group = self.group_named(name)
        group.reset_parameters(parameters)
        self._propagate(group)
        return group

    def delete_db_parameter_group(self, name: str) -> models.DBParameterGroup:
        """Delete a parameter group that no instance is in."""
        users = [found.db_instance_identifier for found in self.mine() if found.db_parameter_group_name == name]
        if users or name.startswith("default."):
            raise RDSClientError(
                "InvalidDBParameterGroupState",
                f"One or more database instances are still members of this parameter group {name}, "
                "so the group cannot be deleted",
            )
        return super().delete_db_parameter_group(name)

    def create_subnet_group(self, subnet_name: str, description: str, subnets: Any, tags: Any) -> models.DBSubnetGroup:
        """Create a subnet group that covers two zones at least."""
        zones = {subnet.availability_zone for subnet in subnets}
        if len(zones) < 2:
            raise RDSClientError(
                "DBSubnetGroupDoesNotCoverEnoughAZs",
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
                f"Current AZ coverage: {', '.join(sorted(zones))}. Add subnets to cover at least 2 AZs.",
            )
        return super().create_subnet_group(subnet_name, description, subnets, tags)

    def modify_db_subnet_group(self, subnet_name: str, description: str, subnets: Any) -> models.DBSubnetGroup:
        """Change description and subnets of a group, which stays (the emulator's own forgets it)."""
        group = self.describe_db_subnet_groups(subnet_name)[0]
        group.subnets = subnets
        if description is not None:
            group.description = description
        return group

    def delete_subnet_group(self, subnet_name: str) -> models.DBSubnetGroup:
        """Delete a subnet group that no instance is in."""
        for found in self.mine():
            group = getattr(found, "db_subnet_group", None)
            if group is not None and group.name == subnet_name.lower():
                raise RDSClientError(
                    "InvalidDBSubnetGroupStateFault",
                    f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: "
                    f"{found.db_instance_identifier} is still using it.",
                )
        return super().delete_subnet_group(subnet_name)

    def mine(self) -> list[DBInstance]:
        """The instances of the account and region."""
        return [found for found in self.databases.values() if isinstance(found, DBInstance)]

    def instance_named(self, identifier: str) -> DBInstance:
        """The instance of that name.

        Raises:
            DBInstanceNotFoundError: there is none.
        """
        found = self.databases.get(identifier)
        if not isinstance(found, DBInstance):
            raise DBInstanceNotFoundError(identifier)
        return found

    def group_named(self, name: str) -> DBParameterGroup:
        """The parameter group of that name.

        Raises:
            DBParameterGroupNotFoundError: there is none.
        """
        found = self.db_parameter_groups.get(name)
        if not isinstance(found, DBParameterGroup):
            raise DBParameterGroupNotFoundError(name)
        return found

    def _propagate(self, group: models.DBParameterGroup) -> None:
        for instance in self.mine():
            if instance.parameter_group is group:
                instance.submit("modifying")
