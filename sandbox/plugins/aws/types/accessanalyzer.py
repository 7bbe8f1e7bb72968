"""IAM Access Analyzer."""

from __future__ import annotations

from typing import Final

from sandbox.plugins.aws.model import Call, Output, Property, Resource, Tagging, Update

_ANALYZER: Final = {"analyzerName": "{id}"}


def _needs_new(live: object, wanted: object) -> bool:
    """The age of unused access cannot be changed."""
    ages = [
        (one.get("unusedAccess") or {}).get("unusedAccessAge") if isinstance(one, dict) else None
        for one in (live, wanted)
    ]
    return ages[0] != ages[1]


ANALYZER: Final = Resource(
    type="aws:accessanalyzer/analyzer:Analyzer",
    service="accessanalyzer",
    identity="{analyzerName}",
    parse=("{analyzerName}",),
    properties={
        "analyzerName": Property(read="name", replace=True),
        "configuration": Property(replace=_needs_new),
        "type": Property(default="ACCOUNT", replace=True),
    },
    outputs={"arn": Output()},
    create=Call("CreateAnalyzer"),
    read=(Call("GetAnalyzer", _ANALYZER, "analyzer"),),
    update=(Update(("configuration",), Call("UpdateAnalyzer", _ANALYZER)),),
    delete=Call("DeleteAnalyzer", _ANALYZER),
    delete_first=True,
    tagging=Tagging(
        "TagResource", "UntagResource", ("resourceArn", "{arn}"), param="tags", style="map", keys="tagKeys", read="tags"
    ),
)

RESOURCES: Final = (ANALYZER,)
