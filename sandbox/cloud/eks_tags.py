"""EKS: tags of every resource that has an ARN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sandbox.cloud.eks_model import Eks, refuse
from sandbox.cloud.service_store import Operations, Parameters

operations: Final = Operations()


@operations("TagResource")
def tag_resource(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Add or change tags."""
    _tags(backend, parameters["resourceArn"]).update(parameters["tags"])
    return {}


@operations("UntagResource")
def untag_resource(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Take tags off."""
    tags = _tags(backend, parameters["resourceArn"])
    for key in parameters["tagKeys"]:
        tags.pop(key, None)
    return {}


@operations("ListTagsForResource")
def list_tags_for_resource(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """The tags of a resource."""
    return {"tags": dict(_tags(backend, parameters["resourceArn"]))}


def _tags(backend: Eks, arn: str) -> dict[str, str]:
    backend.prune()
    found = next((tags for known, tags in _resources(backend) if known == arn), None)
    if found is None:
        refuse("NotFound", f"The specified resource could not be found: {arn}")
    return found


def _resources(backend: Eks) -> Iterator[tuple[str, dict[str, str]]]:
    for cluster in backend.found.values():
        yield cluster.arn, cluster.tags
        for resources in (cluster.nodegroups, cluster.entries, cluster.addons, cluster.associations):
            for one in resources.values():
                yield one.arn, one.tags
