"""IAM Access Analyzer: analyzers as the model of the service describes them.

Analyzers are kept; nothing is analysed, so that there are no findings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NoReturn

from moto.core.base_backend import BaseBackend
from moto.core.utils import utcnow

from sandbox.cloud import added
from sandbox.cloud.service_store import Operations, Parameters, Refused, page

operations: Final = Operations()

LARGEST: Final = {"ACCOUNT": 1, "ACCOUNT_UNUSED_ACCESS": 1, "ACCOUNT_INTERNAL_ACCESS": 1}
"""Analyzers of a kind in an account and region (IAM User Guide, *IAM Access Analyzer quotas*). Those of organizations
need a delegated administrator's account, which none here is."""


@dataclass(slots=True)
class Analyzer:
    """An analyzer."""

    arn: str
    name: str
    type: str
    configuration: dict[str, Any]
    tags: dict[str, str]
    created: datetime = field(default_factory=utcnow)

    @property
    def summary(self) -> dict[str, Any]:
        """As the service describes it."""
        found: dict[str, Any] = {
            "arn": self.arn,
            "name": self.name,
            "type": self.type,
            "createdAt": self.created,
            "tags": dict(self.tags),
            "status": "ACTIVE",
        }
        return found | ({"configuration": self.configuration} if self.configuration else {})


class AccessAnalyzer(BaseBackend):
    """The analyzers of an account in a region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.analyzers: dict[str, Analyzer] = {}

    def named(self, name: str) -> Analyzer:
        """An analyzer by its name."""
        return self.analyzers.get(name) or _missing("analyzer", name)

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of what has an ARN."""
        found = next((one.tags for one in self.analyzers.values() if one.arn == arn), None)
        return _missing("resource", arn) if found is None else found


@operations("CreateAnalyzer")
def create_analyzer(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """Make an analyzer."""
    name, kind = parameters["analyzerName"], parameters["type"]
    if name in backend.analyzers:
        raise Refused(
            "ConflictException", f"Analyzer with name {name} exists.", resourceId=name, resourceType="ANALYZER"
        )
    if kind not in LARGEST:
        raise Refused("ValidationException", "You must create an organization.", reason="other")
    if sum(one.type == kind for one in backend.analyzers.values()) >= LARGEST[kind]:
        raise Refused(
            "ServiceQuotaExceededException",
            f"Maximum number of {kind} analyzers reached.",
            resourceId=name,
            resourceType="ANALYZER",
        )
    configuration = dict(parameters.get("configuration") or {})
    _check(kind, configuration)
    arn = f"arn:aws:access-analyzer:{backend.region_name}:{backend.account_id}:analyzer/{name}"
    backend.analyzers[name] = Analyzer(arn, name, kind, configuration, dict(parameters.get("tags") or {}))
    return {"arn": arn}


@operations("GetAnalyzer")
def get_analyzer(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """Describe an analyzer."""
    return {"analyzer": backend.named(parameters["analyzerName"]).summary}


@operations("ListAnalyzers")
def list_analyzers(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """Describe all analyzers, or those of a kind."""
    kind = parameters.get("type")
    found = [(one.name, one.summary) for one in backend.analyzers.values() if kind in {None, one.type}]
    return page(found, parameters, "analyzers", invalid="ValidationException")


@operations("UpdateAnalyzer")
def update_analyzer(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """Change an analyzer's configuration. The age of unused access cannot be changed."""
    analyzer = backend.named(parameters["analyzerName"])
    configuration = dict(parameters.get("configuration") or {})
    _check(analyzer.type, configuration)
    age, asked = (one.get("unusedAccess", {}).get("unusedAccessAge") for one in (analyzer.configuration, configuration))
    if asked is not None and asked != age:
        raise Refused("ValidationException", "unusedAccessAge cannot be changed", reason="other")
    analyzer.configuration = configuration
    return {"configuration": configuration}


@operations("DeleteAnalyzer")
def delete_analyzer(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """Delete an analyzer and its findings."""
    del backend.analyzers[backend.named(parameters["analyzerName"]).name]
    return {}


@operations("TagResource")
def tag_resource(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """Add or change tags."""
    backend.tags(parameters["resourceArn"]).update(parameters["tags"])
    return {}


@operations("UntagResource")
def untag_resource(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """Take tags off."""
    tags = backend.tags(parameters["resourceArn"])
    for key in parameters["tagKeys"]:
        tags.pop(key, None)
    return {}


@operations("ListTagsForResource")
def list_tags_for_resource(backend: AccessAnalyzer, parameters: Parameters) -> dict[str, Any]:
    """The tags of a resource."""
    return {"tags": dict(backend.tags(parameters["resourceArn"]))}


def install() -> None:
    """Serve IAM Access Analyzer."""
    added.add("accessanalyzer", "access-analyzer", AccessAnalyzer, operations)


def _check(kind: str, configuration: dict[str, Any]) -> None:
    fitting = {"ACCOUNT_UNUSED_ACCESS": "unusedAccess", "ACCOUNT_INTERNAL_ACCESS": "internalAccess"}.get(kind)
    for given in configuration:
        if given != fitting:
            raise Refused("ValidationException", f"{given} does not go with an analyzer of type {kind}", reason="other")


def _missing(kind: str, name: str) -> NoReturn:
    raise Refused("ResourceNotFoundException", f"{kind} {name} not found", resourceId=name, resourceType=kind.upper())
