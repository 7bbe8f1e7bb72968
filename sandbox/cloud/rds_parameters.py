"""RDS parameter groups with the rules of the real ones, checked against the server's own list of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from moto.rds import models
from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue

from sandbox.cloud import binaries
from sandbox.cloud.binaries import Setting
from sandbox.cloud.postgres_config import EXTENSION_PREFIXES, OWN, RDS_DYNAMIC, RDS_STATIC

_DATA_TYPES: Final = {"BOOLEAN": "boolean", "INTEGER": "integer", "REAL": "float", "STRING": "string", "ENUM": "string"}
_BOOLEANS: Final = frozenset({"0", "1", "on", "off", "true", "false", "yes", "no"})
_RDS_DEFAULTS: Final = {"rds.force_ssl": "1", "rds.logical_replication": "0"}


def family_of(major: int) -> str:
    """Name of the parameter group family of a major version."""
    return f"postgres{major}"


def major_of(family: str | None) -> int:
    """Major version of a family.

    Raises:
        InvalidParameterValue: the sandbox has no such family.
    """
    for major in binaries.MAJORS:
        if family == family_of(major):
            return major
    known = ", ".join(family_of(major) for major in binaries.MAJORS)
    raise InvalidParameterValue(
        f"DBParameterGroupFamily {family} is not a valid parameter group family. Valid: {known}"
    )


def is_static(major: int, name: str) -> bool:
    """Whether a parameter takes effect at a server's start only."""
    setting = binaries.settings(major).get(name)
    return name in RDS_STATIC or (setting is not None and setting.context == "postmaster")


class DBParameterGroup(models.DBParameterGroup):
    """A parameter group that knows its parameters."""

    @property
    def major(self) -> int:
        """PostgreSQL version the group is for."""
        return major_of(self.family)

    def values(self) -> dict[str, str]:
        """Every value that was set, by parameter name."""
        return {name: str(fields["ParameterValue"]) for name, fields in self.parameters.items()}

    def immediate(self, name: str) -> bool:
        """Whether a parameter's value takes effect without a reboot."""
        return not is_static(self.major, name) and self.parameters[name].get("ApplyMethod") != "pending-reboot"

    def update_parameters(self, new_parameters: Iterable[Mapping[str, Any]]) -> None:
        """Set values, all or none.

        Raises:
            InvalidParameterValue: no such parameter, not one to be modified, or a value it cannot have.
            InvalidParameterCombination: a static parameter is to take effect at once.
        """
        wanted = list(new_parameters)
        for parameter in wanted:
            self._check(parameter)
        for parameter in wanted:
            self.parameters[parameter["ParameterName"]] = {
                "ParameterName": parameter["ParameterName"],
                "ParameterValue": parameter.get("ParameterValue", ""),
                "ApplyMethod": parameter.get("ApplyMethod", "immediate"),
            }

    def reset_parameters(self, names: Iterable[str] | None) -> None:
        """Take values back; ``None`` means all of them."""
        for name in list(self.parameters) if names is None else list(names):
            self.parameters.pop(name, None)

    def describe(self, source: str | None) -> list[dict[str, Any]]:
        """Every parameter of the family as ``DescribeDBParameters`` tells it, or those of one source."""
        found: list[dict[str, Any]] = []
        if source in {None, "user"}:
            found += [self._described(name, fields) for name, fields in self.parameters.items()]
        if source in {None, "engine-default"}:
            known = binaries.settings(self.major)
            found += [self._described(name, None) for name in known if name not in self.parameters]
        if source in {None, "system"}:
            found += [self._described(name, None) for name in _RDS_DEFAULTS if name not in self.parameters]
        return sorted(found, key=lambda parameter: str(parameter["ParameterName"]))

    def _described(self, name: str, fields: Mapping[str, Any] | None) -> dict[str, Any]:
        setting = binaries.settings(self.major).get(name)
        static = is_static(self.major, name)
        told: dict[str, Any] = {
            "ParameterName": name,
            "Description": setting.description if setting else "",
            "Source": "user" if fields else "system" if name in _RDS_DEFAULTS else "engine-default",
            "ApplyType": "static" if static else "dynamic",
            "DataType": _DATA_TYPES[setting.kind] if setting else "string",
            "IsModifiable": name not in OWN and not (setting is not None and setting.context == "internal"),
            "ApplyMethod": (fields or {}).get("ApplyMethod", "pending-reboot" if static else "immediate"),
        }
        value = fields["ParameterValue"] if fields else _RDS_DEFAULTS.get(name)
        if value:
            told["ParameterValue"] = value
        if setting is not None and (allowed := _allowed(setting)):
            told["AllowedValues"] = allowed
        return told

    def _check(self, parameter: Mapping[str, Any]) -> None:
        name, value = parameter["ParameterName"], str(parameter.get("ParameterValue", ""))
        setting = binaries.settings(self.major).get(name)
        known = setting is not None or name in RDS_STATIC | RDS_DYNAMIC or name.startswith(EXTENSION_PREFIXES)
        if not known:
            raise InvalidParameterValue(f"Could not find parameter with name: {name}")
        if name in OWN or (setting is not None and setting.context == "internal"):
            raise InvalidParameterValue(f"The parameter {name} cannot be modified.")
        if parameter.get("ApplyMethod") == "immediate" and is_static(self.major, name):
            raise InvalidParameterCombination("cannot use immediate apply method for static parameter")
        if setting is not None and "{" not in value and not _fits(setting, value):
            raise InvalidParameterValue(
                f"Invalid parameter value: {value} for: {name} allowed values are: {_allowed(setting)}"
            )


def _allowed(setting: Setting) -> str:
    if setting.kind == "BOOLEAN":
        return "0,1"
    return f"{setting.least}-{setting.most}" if setting.least else ""


def _fits(setting: Setting, value: str) -> bool:
    if setting.kind == "BOOLEAN":
        return value.lower() in _BOOLEANS
    if setting.kind in {"INTEGER", "REAL"}:
        try:
            return float(setting.least) <= float(value) <= float(setting.most)
        except ValueError:
            return False
    return True
